"""The routes by which a wheel is published: one module each, one protocol."""

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
    """What will be done with one wheel: `publish` and `replace` send it; the others leave what is there as it is."""

    wheel: Wheel
    action: Action
    reason: str
    sha256: str
    """Of the file that will be there: the wheel's own, unless another one is left alone."""
    replaces: str = ""
    """The ETag of what will be overwritten, where something will be."""
    workspace: str = ""
    """The workspace that it is about, when the route goes to workspaces."""
    requirement: str = ""
    """The line by which pip will install it."""

    @property
    def sends(self) -> bool:
        return self.action in ("publish", "replace")

    @property
    def title(self) -> str:
        return title(self.wheel, self.workspace)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What was done with one wheel. `url` is empty until the bytes behind it were seen."""

    wheel: Wheel
    outcome: Outcome
    sha256: str
    """Of the file that is there."""
    url: str = ""
    requirement: str = ""
    """The line by which pip installs it; empty as long as it cannot."""
    workspace: str = ""

    @property
    def title(self) -> str:
        return title(self.wheel, self.workspace)


def title(wheel: Wheel, workspace: str) -> str:
    """How a file is called in logs and summaries."""
    return f"{wheel.file_name} in workspace {workspace}" if workspace else wheel.file_name


def result_of(
    plan: Plan, *, outcome: Outcome | None = None, url: str = "", requirement: str = ""
) -> Result:
    """The plan as it was carried out, or would be."""
    return Result(
        wheel=plan.wheel,
        outcome=outcome or _OUTCOMES[plan.action],
        sha256=plan.sha256,
        url=url,
        requirement=requirement,
        workspace=plan.workspace,
    )


def unseen(result: Result) -> Result:
    """The result as far as it may be told before its bytes were read back."""
    return replace(result, url="", requirement="") if result.url else result


class Route(Protocol):
    """One place to publish to. Every step may be repeated; `plan`, `publish` and `verify` of different wheels may run
    at the same time, as far as `at_once` allows."""

    at_once: int
    warnings: tuple[str, ...]

    def preflight(self) -> None:
        """Find out, before anything is sent, whether this place can be used at all."""

    def plan(self, wheel: Wheel) -> Plan:
        """Look at what is there already, and decide. Changes nothing."""

    def publish(self, plan: Plan) -> Result:
        """Carry the plan out. The result has a URL if the service confirmed the bytes behind it."""

    def verify(self, result: Result) -> Result:
        """See the bytes that were published, and give their URL."""

    def close(self) -> None:
        """Let go of the network."""
