"""The workspace route: a wheel in the workspace's own storage.

SDK v1's `add_private_pip_wheel` stores wheels there too.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from private_wheel.errors import NotPublished
from private_wheel.publish.blob.storage import FILES_AT_ONCE, Blob, BlobStorage
from private_wheel.publish.blob.wheel import (
    ExistingRules,
    is_cut_short,
    plan_blob,
    see_wheel,
    send_wheel,
)
from private_wheel.publish.route import Plan, Result, result_of
from private_wheel.publish.workspace.artifacts import ArtifactService
from private_wheel.wheels.wheel import Wheel

_ONLY_V1 = (
    "Microsoft documents for SDK v1 environments only that a workspace replaces the URL of a"
    " private wheel by a signed one. If other image builds cannot read it, publish to a feed."
)
# Where the service has always stored them. The URL of a wheel is certain once it is registered.
PRIVATE_PACKAGES = "azureml/Environment/azureml-private-packages"
# A name to ask for, to see whether the service answers this identity at all.
_NOT_REGISTERED = "private-wheel-permission-check"


class WorkspaceRoute:
    """Publishes into one workspace.

    `name` tells it from the others of the run. `folder` is the URL below which new wheels will be,
    as far as it is known before.
    """

    at_once = FILES_AT_ONCE
    warnings: tuple[str, ...] = (_ONLY_V1,)

    def __init__(
        self,
        name: str,
        artifacts: ArtifactService,
        storage: BlobStorage,
        rules: ExistingRules,
        folder: str,
    ) -> None:
        self._name, self._artifacts, self._storage, self._rules = name, artifacts, storage, rules
        self._folder = folder

    def close(self) -> None:
        """Close the connection to the artifact service."""
        self._artifacts.close()

    def preflight(self) -> None:
        """Check that the artifact service answers this identity.

        Raises:
            PrivateWheelError: One of those of `ArtifactService.find`.
        """
        self._artifacts.find(_NOT_REGISTERED)

    def plan(self, wheel: Wheel) -> Plan:
        """Compare a wheel with what the workspace has.

        Raises:
            PrivateWheelError: One of those of `ArtifactService.find`, `plan_blob` and
                `blob_errors`.
        """
        location = f"workspace {self._name}"
        link = self._artifacts.find(wheel.file_name)
        if not link:
            url = f"{self._folder}/{quote(wheel.file_name)}"
            return self._plan_to_publish(wheel, f"is not in {location} yet", url)
        blob = self._blob(link)
        stored = blob.look()
        if not stored:
            reason = f"is registered in {location} without its content"
            return self._plan_to_publish(wheel, reason, blob.url)
        if is_cut_short(blob, stored, wheel):
            plan = self._plan_to_publish(wheel, f"is cut short in {location}", blob.url)
            return replace(plan, replaces=stored.etag)
        plan = plan_blob(blob, stored, wheel, self._rules, location, kept=False)
        return replace(plan, workspace=self._name, requirement=blob.url)

    def _plan_to_publish(self, wheel: Wheel, reason: str, url: str) -> Plan:
        return Plan(
            wheel=wheel,
            action="publish",
            reason=reason,
            sha256=wheel.sha256,
            workspace=self._name,
            requirement=url,
        )

    def publish(self, plan: Plan) -> Result:
        """Carry out a plan.

        Raises:
            PrivateWheelError: One of those of `ArtifactService.register`, `send_wheel` and
                `blob_errors`.
        """
        file_name = plan.wheel.file_name
        if not plan.sends:
            return _with_bare_url(result_of(plan, url=self._registered(file_name).url))
        with self._storage.turn(plan.wheel.path.stat().st_size):
            return _with_bare_url(send_wheel(self._blob(self._artifacts.register(file_name)), plan))

    def verify(self, result: Result) -> Result:
        """Read back a wheel.

        Raises:
            NotPublished: It is not registered any more.
            PrivateWheelError: One of those of `see_wheel` and `blob_errors`.
        """
        with self._storage.turn(result.wheel.path.stat().st_size):
            return _with_bare_url(see_wheel(self._registered(result.wheel.file_name), result))

    def _registered(self, file_name: str) -> Blob:
        link = self._artifacts.find(file_name)
        if not link:
            raise NotPublished(
                f"{file_name} is no longer registered in workspace {self._name}.",
                input="workspace",
                fix="Run again.",
            )
        return self._blob(link)

    def _blob(self, link: str) -> Blob:
        return self._storage.linked(link, "workspace")


def _with_bare_url(result: Result) -> Result:
    """Set the bare URL as the line for pip: only that is documented to be replaced by a link."""
    return replace(result, requirement=result.url)
