"""The workspace route: a wheel in the workspace's own storage, where SDK v1's `add_private_pip_wheel` puts it too."""

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
    "Microsoft documents for SDK v1 environments alone that a workspace replaces the URL of a private wheel by a signed"
    " one. Where other image builds cannot read it, publish to a feed."
)
# Where the service has always put them; which URL a wheel really has, it says when the wheel is registered.
PRIVATE_PACKAGES = "azureml/Environment/azureml-private-packages"
# Asked for to see whether the service answers this identity at all.
_NOT_REGISTERED = "private-wheel-permission-check"


class WorkspaceRoute:
    """One workspace. `name` tells it from the others of the run; `folder` is the URL below which new wheels will be,
    as far as anybody can know before."""

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
        self._artifacts.close()

    def preflight(self) -> None:
        """Raises as `ArtifactService.find`."""
        self._artifacts.find(_NOT_REGISTERED)

    def plan(self, wheel: Wheel) -> Plan:
        """Raises as `plan_blob`."""
        place = f"workspace {self._name}"
        link = self._artifacts.find(wheel.file_name)
        blob = self._blob(link) if link else None
        there = blob.look() if blob else None
        if not blob or not there:
            reason = (
                f"is registered in {place} without its content"
                if link
                else f"is not in {place} yet"
            )
            plan = Plan(
                wheel=wheel,
                action="publish",
                reason=reason,
                sha256=wheel.sha256,
                workspace=self._name,
            )
            return replace(
                plan, requirement=blob.url if blob else f"{self._folder}/{quote(wheel.file_name)}"
            )
        if is_cut_short(blob, there, wheel):
            reason = f"is cut short in {place}"
            plan = Plan(
                wheel=wheel,
                action="publish",
                reason=reason,
                sha256=wheel.sha256,
                replaces=there.etag,
            )
        else:
            plan = plan_blob(blob, there, wheel, self._rules, place, kept=False)
        return replace(plan, workspace=self._name, requirement=blob.url)

    def publish(self, plan: Plan) -> Result:
        """Raises as `ArtifactService.register` and `send_wheel`."""
        file_name = plan.wheel.file_name
        if not plan.sends:
            return _with_bare_url(result_of(plan, url=self._registered(file_name).url))
        with self._storage.turn(plan.wheel.path.stat().st_size):
            return _with_bare_url(send_wheel(self._blob(self._artifacts.register(file_name)), plan))

    def verify(self, result: Result) -> Result:
        """Raises as `see_wheel`."""
        with self._storage.turn(result.wheel.path.stat().st_size):
            return _with_bare_url(see_wheel(self._registered(result.wheel.file_name), result))

    def _registered(self, file_name: str) -> Blob:
        link = self._artifacts.find(file_name)
        if not link:
            what = f"{file_name} is not registered any more in workspace {self._name}."
            raise NotPublished(what, input="workspace", fix="Run again.")
        return self._blob(link)

    def _blob(self, link: str) -> Blob:
        return self._storage.linked(link, "workspace")


def _with_bare_url(result: Result) -> Result:
    """With the bare URL as the line for pip: in no other form is it documented to be replaced by a signed one."""
    return replace(result, requirement=result.url)
