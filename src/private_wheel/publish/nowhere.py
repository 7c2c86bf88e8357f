"""No publishing at all: a run that builds, connects and describes."""

from __future__ import annotations

from private_wheel.publish.route import Plan, Result, result_of
from private_wheel.wheels.wheel import Wheel


class Nowhere:
    """Stands where a route would."""

    at_once = 1
    warnings: tuple[str, ...] = ()

    def close(self) -> None:
        """Nothing is open."""

    def preflight(self) -> None:
        """Nothing is asked."""

    def plan(self, wheel: Wheel) -> Plan:
        reason = "is built and not published"
        return Plan(
            wheel=wheel,
            action="none",
            reason=reason,
            sha256=wheel.sha256,
            requirement=wheel.requirement,
        )

    def publish(self, plan: Plan) -> Result:
        return result_of(plan, requirement=plan.requirement)

    def verify(self, result: Result) -> Result:
        return result
