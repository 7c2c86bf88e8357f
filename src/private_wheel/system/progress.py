"""How far a long transfer is: logged like any other message, and shown by each host in its own way."""

from __future__ import annotations

from dataclasses import dataclass

_MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What is logged: `title` is a file, `done` and `total` are bytes."""

    title: str
    done: int
    total: int

    @property
    def finished(self) -> bool:
        return self.done >= self.total

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return self.done / self.total if self.total else 1.0

    def __str__(self) -> str:
        return f"{self.title}: {self.done / _MIB:.0f} of {self.total / _MIB:.0f} MiB ({self.share:.0%})"
