"""What only Linux can do: keep other processes out of our memory, and end what a child has left behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# <linux/prctl.h>
_SET_DUMPABLE, _SET_CHILD_SUBREAPER = 4, 36
# Seconds for the end of what is left: a process of another user's cannot be ended, and one may fork without end.
_PATIENCE = 5.0


@dataclass(frozen=True, kw_only=True)
class _Process:
    number: int
    parent: int
    session: int
    started: int  # clock ticks since the machine's start


def hide_memory() -> None:
    """Let no other process of this user read our memory, as a debugger would. Root can."""
    _prctl(_SET_DUMPABLE, 0)


def adopt_orphans() -> None:
    """Become the parent of those whose parent, a descendant of ours, has ended."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def start_time(number: int) -> int:
    """When a process started, for `end_orphans`."""
    process = _read(Path("/proc", str(number)))
    return process.started if process else 0


def end_orphans(since: int, spared: Collection[int]) -> None:
    """End the descendants that we have adopted, and their descendants, but not `spared`.

    They are those that started at `since` or later, and not in our session: our own children stay there, but for those
    that a `Children` runs.
    """
    deadline = time.monotonic() + _PATIENCE
    while (orphans := _orphans(since, spared)) and time.monotonic() < deadline:
        for number in orphans:
            with suppress(PermissionError, ProcessLookupError):
                os.kill(number, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(number, os.WNOHANG)
        time.sleep(0.01)


def _orphans(since: int, spared: Collection[int]) -> list[int]:
    if sys.platform != "linux":
        return []
    session = os.getsid(0)
    return [
        process.number
        for process in map(_read, Path("/proc").glob("[1-9]*"))
        if process
        and process.parent == os.getpid()
        and process.session != session
        and process.started >= since
        and process.number not in spared
    ]


def _read(directory: Path) -> _Process | None:
    """https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"""
    try:
        text = (directory / "stat").read_text(errors="replace")
    except OSError:  # it has ended
        return None
    fields = text.rpartition(")")[2].split()  # the name before may hold anything
    parent, session, started = (int(fields[at]) for at in (1, 3, 19))
    return _Process(number=int(directory.name), parent=parent, session=session, started=started)


def _prctl(option: int, value: int) -> None:
    """A kernel that refuses changes nothing: both are one more fence."""
    if sys.platform == "linux":
        with suppress(
            ImportError, OSError, AttributeError
        ):  # a Python without ctypes, a C library without prctl
            import ctypes

            ctypes.CDLL(None).prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0)))
