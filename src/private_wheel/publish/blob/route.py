"""The blob route: a private container, and environments that name the wheels by their full URLs."""

from __future__ import annotations

from dataclasses import replace

from private_wheel.publish.blob.address import ContainerAddress
from private_wheel.publish.blob.storage import FILES_AT_ONCE, Blob, BlobStorage, Credential
from private_wheel.publish.blob.wheel import ExistingRules, plan_blob, see_wheel, send_wheel
from private_wheel.publish.route import Plan, Result, result_of
from private_wheel.wheels.wheel import Wheel


class BlobRoute:
    """One container, below one prefix."""

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
        """The connections are the storage's."""

    def preflight(self) -> None:
        """Raises as `Container.check`."""
        self._container.check(self._address.prefix)
        if self._container.is_public:
            self.warnings = (
                f"Everybody may read the {self._address.title}: it allows anonymous access.",
            )

    def plan(self, wheel: Wheel) -> Plan:
        """Raises as `plan_blob`."""
        blob, place = self._blob(wheel), self._address.title
        there = blob.look()
        if there:
            plan = plan_blob(blob, there, wheel, self._rules, place, kept=self._container.keeps_all)
        else:
            plan = Plan(
                wheel=wheel, action="publish", reason=f"is not in {place} yet", sha256=wheel.sha256
            )
        return replace(plan, requirement=_requirement(wheel, blob.url, plan.sha256))

    def publish(self, plan: Plan) -> Result:
        """Raises as `send_wheel`."""
        blob = self._blob(plan.wheel)
        with self._storage.turn(plan.wheel.path.stat().st_size):
            return _with_url_and_hash(
                send_wheel(blob, plan) if plan.sends else result_of(plan, url=blob.url)
            )

    def verify(self, result: Result) -> Result:
        """Raises as `see_wheel`."""
        return _with_url_and_hash(see_wheel(self._blob(result.wheel), result))

    def _blob(self, wheel: Wheel) -> Blob:
        return self._container.blob(self._address.prefix + wheel.file_name)


def _with_url_and_hash(result: Result) -> Result:
    return replace(result, requirement=_requirement(result.wheel, result.url, result.sha256))


def _requirement(wheel: Wheel, url: str, sha256: str) -> str:
    """The line for pip, which checks what it downloads by the hash in it (PEP 508, PEP 610)."""
    return f"{wheel.name} @ {url}#sha256={sha256}"
