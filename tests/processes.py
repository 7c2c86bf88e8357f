"""The processes of this machine, as tests ask for them; `ps` is not on every one."""

from __future__ import annotations

import os
from contextlib import suppress

import psutil


def command_lines() -> str:
    """Return a line for each running process: its arguments, separated by blanks.

    A process whose arguments an ordinary user may not read has an empty line.
    """
    lines = []
    for process in psutil.process_iter(["cmdline"]):
        arguments = process.info["cmdline"] or []  # None: they may not be read
        lines.append(" ".join(arguments))
    return "\n".join(lines)


def running(session: int, *marks: str) -> list[str]:
    """Return the command lines of processes of a session, or with a mark in their arguments.

    Those that have ended and were not waited for do not count.
    """
    lines = []
    for process in psutil.process_iter(["pid", "cmdline", "status"]):
        if process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        line = " ".join(process.info["cmdline"] or [])
        with suppress(ProcessLookupError):  # it has ended meanwhile
            of_session = os.getsid(process.info["pid"]) == session
            if of_session or any(mark in line for mark in marks):
                lines.append(line)
    return lines
