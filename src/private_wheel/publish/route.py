"""The protocol of a route, and the plan and result of publishing one wheel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol

from private_wheel.wheels.wheel import Wheel

Action = Literal["publish", "replace", "identical", "skip", "none"]
Outcome = Literal["published", "identical", "skipped", "replaced", "dry-run", "built"]
_OUTCOMES: dict[Action, Outcome] = {
    "publish": "published",
    "replace": "replaced",
    "identical": "identical",
    "skip": "skipped",
    "none": "built",
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be done with one wheel.

    Attributes:
        wheel: The wheel.
        action: `publish` and `replace` send it; the others change nothing.
        reason: Why, as the end of a sentence about the file.
        sha256: Of the file that the destination will have: the wheel's own, unless another file
            is left alone.
        replaces: The ETag of the file that will be overwritten, or empty.
        workspace: The name of the workspace, for a route into workspaces.
        requirement: The line by which pip will install it.
    """

    wheel: Wheel
    action: Action
    reason: str
    sha256: str
    replaces: str = ""
    workspace: str = ""
    requirement: str = ""

    @property
    def sends(self) -> bool:
        """Whether anything is sent."""
        return self.action in ("publish", "replace")

    @property
    def title(self) -> str:
        """The file as logs and summaries name it."""
        return _title(self.wheel, self.workspace)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What was done with one wheel.

    Attributes:
        wheel: The wheel.
        outcome: What was done.
        sha256: Of the file that the destination has.
        url: Empty until the bytes behind it are confirmed.
        requirement: The line by which pip installs it; empty as long as pip cannot.
        workspace: The name of the workspace, for a route into workspaces.
    """

    wheel: Wheel
    outcome: Outcome
    sha256: str
    url: str = ""
    requirement: str = ""
    workspace: str = ""

    @property
    def title(self) -> str:
        """The file as logs and summaries name it."""
        return _title(self.wheel, self.workspace)


def _title(wheel: Wheel, workspace: str) -> str:
    return f"{wheel.file_name} in workspace {workspace}" if workspace else wheel.file_name


def result_of(
    plan: Plan, *, outcome: Outcome | None = None, url: str = "", requirement: str = ""
) -> Result:
    """Return the result of a plan that was carried out, or would be."""
    return Result(
        wheel=plan.wheel,
        outcome=outcome or _OUTCOMES[plan.action],
        sha256=plan.sha256,
        url=url,
        requirement=requirement,
        workspace=plan.workspace,
    )


def unseen(result: Result) -> Result:
    """Return a result without what is only known when its bytes were read back."""
    return replace(result, url="", requirement="") if result.url else result


class Route(Protocol):
    """Publishes to one destination.

    Every step may be repeated. `at_once` is how many wheels may be planned, published or verified
    at the same time. `warnings` are known after `preflight`.
    """

    at_once: int
    warnings: tuple[str, ...]

    def preflight(self) -> None:
        """Check, before anything is sent, that the destination can be used at all."""

    def plan(self, wheel: Wheel) -> Plan:
        """Look at what exists, and decide. Changes nothing."""

    def publish(self, plan: Plan) -> Result:
        """Carry out a plan. The result has a URL if the service confirmed the bytes behind it."""

    def verify(self, result: Result) -> Result:
        """Read back the bytes that were published, and return the result with their URL."""

    def close(self) -> None:
        """Close the connections."""
