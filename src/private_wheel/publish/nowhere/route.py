"""The route of a run that publishes nothing."""

from __future__ import annotations

from private_wheel.publish.feed.index import SimpleIndex
from private_wheel.publish.route import Plan, Result, result_of
from private_wheel.wheels.wheel import Wheel


class Nowhere:
    """A run that builds, connects and describes. `index` is the feed as the workspace reads it."""

    at_once = 1
    warnings: tuple[str, ...] = ()

    def __init__(self, index: SimpleIndex | None = None) -> None:
        self._index = index

    def close(self) -> None:
        """Close the connection to the feed."""
        if self._index:
            self._index.close()

    def preflight(self) -> None:
        """Check that the workspace's token can read the feed.

        A rotation must not replace a token that can by one that cannot.
        """
        if self._index:
            self._index.check_access()

    def plan(self, wheel: Wheel) -> Plan:
        """Plan to leave the wheel where it was built."""
        return Plan(
            wheel=wheel,
            action="none",
            reason="is built and not published",
            sha256=wheel.sha256,
            requirement=wheel.requirement,
        )

    def publish(self, plan: Plan) -> Result:
        """Return the plan as its result."""
        return result_of(plan, requirement=plan.requirement)

    def verify(self, result: Result) -> Result:
        """Return the result as it is."""
        return result
