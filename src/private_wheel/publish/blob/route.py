"""The blob route: a private container, and environments that name wheels by their full URLs."""

from __future__ import annotations

from dataclasses import replace

from private_wheel.publish.blob.address import ContainerAddress
from private_wheel.publish.blob.storage import FILES_AT_ONCE, Blob, BlobStorage, Credential
from private_wheel.publish.blob.wheel import ExistingRules, plan_blob, see_wheel, send_wheel
from private_wheel.publish.route import Plan, Result, result_of
from private_wheel.wheels.wheel import Wheel


class BlobRoute:
    """Publishes to one container, below one prefix."""

    at_once = FILES_AT_ONCE

    def __init__(
        self,
        address: ContainerAddress,
        storage: BlobStorage,
        credential: Credential,
        rules: ExistingRules,
    ) -> None:
        self._address, self._storage, self._rules = address, storage, rules
        self._container = storage.container(address.account_url, address.container, credential)
        self.warnings: tuple[str, ...] = ()

    def close(self) -> None:
        """Do nothing: the connections are the storage's."""

    def preflight(self) -> None:
        """Check that the container can be used, and warn if it is public.

        Raises:
            PrivateWheelError: One of those of `blob_errors`.
        """
        self._container.check(self._address.prefix)
        if self._container.is_public:
            self.warnings = (
                f"Everybody may read the {self._address.title}: it allows anonymous access.",
            )

    def plan(self, wheel: Wheel) -> Plan:
        """Compare a wheel with what the container has.

        Raises:
            PrivateWheelError: One of those of `plan_blob` and `blob_errors`.
        """
        blob, location = self._blob(wheel), self._address.title
        stored = blob.look()
        if stored:
            kept = self._container.keeps_all
            plan = plan_blob(blob, stored, wheel, self._rules, location, kept=kept)
        else:
            plan = Plan(
                wheel=wheel,
                action="publish",
                reason=f"is not in {location} yet",
                sha256=wheel.sha256,
            )
        return replace(plan, requirement=_requirement(wheel, blob.url, plan.sha256))

    def publish(self, plan: Plan) -> Result:
        """Carry out a plan.

        Raises:
            PrivateWheelError: One of those of `send_wheel` and `blob_errors`.
        """
        blob = self._blob(plan.wheel)
        if not plan.sends:
            return _with_requirement(result_of(plan, url=blob.url))
        with self._storage.turn(plan.wheel.path.stat().st_size):
            return _with_requirement(send_wheel(blob, plan))

    def verify(self, result: Result) -> Result:
        """Read back a wheel.

        Raises:
            PrivateWheelError: One of those of `see_wheel` and `blob_errors`.
        """
        return _with_requirement(see_wheel(self._blob(result.wheel), result))

    def _blob(self, wheel: Wheel) -> Blob:
        return self._container.blob(self._address.prefix + wheel.file_name)


def _with_requirement(result: Result) -> Result:
    return replace(result, requirement=_requirement(result.wheel, result.url, result.sha256))


def _requirement(wheel: Wheel, url: str, sha256: str) -> str:
    """Return the line for pip, which checks its download by the hash in it (PEP 508, PEP 610)."""
    return f"{wheel.name} @ {url}#sha256={sha256}"
