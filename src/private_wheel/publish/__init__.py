"""The routes by which a wheel is published: one module each, one protocol."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from private_wheel.wheel import Wheel

Action = Literal["publish", "identical", "skip", "none"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be done with one wheel: `publish` sends it; the others leave what is there as it is."""

    wheel: Wheel
    action: Action
    reason: str
    sha256: str
    """Of the file that will be there: the wheel's own, unless another one is left alone."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What was done with one wheel. `url` is empty until the bytes behind it were seen."""

    wheel: Wheel
    outcome: Literal["published", "identical", "skipped", "replaced", "dry-run", "built"]
    sha256: str
    """Of the file that is there."""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Account:
    """A user name and what gives its token, and the input that the token came from."""

    username: str
    token: Callable[[], str]
    input: str

    def authorization(self) -> str:
        """The Authorization header of RFC 7617."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.token()}".encode()).decode()


class Route(Protocol):
    """One way to publish. Every step may be repeated."""

    def preflight(self) -> None:
        """Find out, before anything is sent, whether this place can be used at all."""

    def plan(self, wheel: Wheel) -> Plan:
        """Look at what is there already, and decide. Changes nothing."""

    def publish(self, plan: Plan) -> Result:
        """Carry the plan out."""

    def verify(self, result: Result) -> Result:
        """See the bytes that were published, and give their URL."""

    def close(self) -> None:
        """Let go of the network."""
