"""The processes of this machine, as tests ask for them; `ps` is not on every one."""

from __future__ import annotations

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
