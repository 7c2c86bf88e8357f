"""What was measured, beside what is allowed, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limit:
    """`limit` is None for what is only told."""

    name: str
    measured: float
    limit: float | None
    at_least: bool = False

    @property
    def kept(self) -> bool:
        return self.limit is None or (
            self.measured >= self.limit if self.at_least else self.measured <= self.limit
        )

    @property
    def row(self) -> tuple[str, ...]:
        allowed = (
            ""
            if self.limit is None
            else f"{'at least' if self.at_least else 'at most'} {self.limit:.2f}"
        )
        return self.name, f"{self.measured:.2f}", allowed, "" if self.kept else "missed"


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print(
        "\n" + "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)),
        flush=True,
    )
