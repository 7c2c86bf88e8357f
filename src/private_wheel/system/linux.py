"""Fences that only Linux has: around our memory, and around processes that a child left behind."""

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
# Seconds for the end of processes that are left: those of another user cannot be ended, and some
# may fork without end.
_PATIENCE = 5.0


@dataclass(frozen=True, kw_only=True)
class _Process:
    number: int
    parent: int
    session: int
    started: int  # clock ticks since the machine's start


def hide_memory() -> None:
    """Keep other processes of this user from reading our memory. Root still can."""
    _prctl(_SET_DUMPABLE, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def start_time(number: int) -> int:
    """Return when a process started, for `end_orphans`."""
    process = _read(Path("/proc", str(number)))
    return process.started if process else 0


def end_orphans(since: int, spared: Collection[int]) -> None:
    """End the processes that we have adopted, and their descendants.

    Those in our own session are our own children. `Children` starts each in another one.

    Args:
        since: The start time of the oldest to end.
        spared: Process ids that are left alone.
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
    own_session = os.getsid(0)
    orphans = []
    for directory in Path("/proc").glob("[1-9]*"):
        process = _read(directory)
        if not process or process.parent != os.getpid() or process.session == own_session:
            continue
        if process.started >= since and process.number not in spared:
            orphans.append(process.number)
    return orphans


def _read(directory: Path) -> _Process | None:
    """Read a process's directory, or return None if the process has ended.

    Source: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    """
    try:
        text = (directory / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The program's name before the last bracket may contain anything.
    fields = text.rpartition(")")[2].split()
    return _Process(
        number=int(directory.name),
        parent=int(fields[1]),
        session=int(fields[3]),
        started=int(fields[19]),
    )


def _prctl(option: int, value: int) -> None:
    """Set an option of this process, where the kernel allows it: each is one more fence."""
    if sys.platform != "linux":
        return
    # Some Pythons lack ctypes, and some C libraries prctl.
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0)))
