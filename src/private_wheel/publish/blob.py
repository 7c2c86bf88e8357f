"""The blob route: a private container, and environments that name the wheels by their full URLs."""

from __future__ import annotations

from dataclasses import replace

from private_wheel.azure.blobs import FILES_AT_ONCE, Blob, BlobStorage, Credential
from private_wheel.config import IfExists
from private_wheel.publish import Plan, Result, result_of
from private_wheel.publish.container_address import ContainerAddress
from private_wheel.publish.wheel_blob import plan_blob, see_wheel, send_wheel
from private_wheel.wheel import Wheel


class BlobRoute:
    """One container, below one prefix."""

    at_once = FILES_AT_ONCE
    warnings: tuple[str, ...] = ()

    def __init__(
        self, address: ContainerAddress, storage: BlobStorage, credential: Credential, if_exists: IfExists
    ) -> None:
        self._address, self._if_exists = address, if_exists
        self._container = storage.container(address.account_url, address.container, credential)

    def close(self) -> None:
        """The connections are the storage's."""

    def preflight(self) -> None:
        """Raises as `Container.check`."""
        self._container.check(self._address.prefix)

    def plan(self, wheel: Wheel) -> Plan:
        """Raises as `plan_blob`."""
        blob, place = self._blob(wheel), self._address.title
        there = blob.look()
        if there is None:
            return Plan(wheel=wheel, action="publish", reason=f"is not in {place} yet", sha256=wheel.sha256)
        return plan_blob(blob, there, wheel, self._if_exists, place, kept=self._container.keeps_all)

    def publish(self, plan: Plan) -> Result:
        """Raises as `send_wheel`."""
        blob = self._blob(plan.wheel)
        return _installable(send_wheel(blob, plan) if plan.sends else result_of(plan, url=blob.url))

    def verify(self, result: Result) -> Result:
        """Raises as `see_wheel`."""
        return _installable(see_wheel(self._blob(result.wheel), result))

    def _blob(self, wheel: Wheel) -> Blob:
        return self._container.blob(self._address.prefix + wheel.file_name)


def _installable(result: Result) -> Result:
    """With the line for pip, which checks what it downloads by the hash in it (PEP 508, PEP 610)."""
    return replace(result, requirement=f"{result.wheel.name} @ {result.url}#sha256={result.sha256}")
