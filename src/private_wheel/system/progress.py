"""The progress of a long transfer: logged like a message, and shown by each host in its own way."""

from __future__ import annotations

from dataclasses import dataclass

_MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The state of a transfer. `title` names the file; `done` and `total` are bytes."""

    title: str
    done: int
    total: int

    @property
    def finished(self) -> bool:
        """Whether all bytes are transferred."""
        return self.done >= self.total

    @property
    def share(self) -> float:
        """The part that is transferred, between 0 and 1."""
        return self.done / self.total if self.total else 1.0

    def __str__(self) -> str:
        done, total = self.done / _MIB, self.total / _MIB
        return f"{self.title}: {done:.0f} of {total:.0f} MiB ({self.share:.0%})"
