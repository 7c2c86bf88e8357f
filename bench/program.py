"""A whole run of the program, watched from outside."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PYTHON = getattr(sys, "_base_executable", sys.executable)
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_SECONDS_BETWEEN_LOOKS = 0.02


@dataclass(frozen=True, kw_only=True)
class Ended:
    """`peak` is the most memory in bytes that the process ever held at once."""

    seconds: float
    peak: int


def run_program(
    arguments: Sequence[str | Path], directory: Path, environ: Mapping[str, str]
) -> Ended:
    """Run an entrypoint with its arguments to its end, which has to be a good one. On Linux only.

    The entrypoint becomes the program in the same process. What wait4 tells of a process includes
    what its parent held when it was started, so the kernel's own mark is read, again and again
    until the process is gone.
    """
    peak, start = 0, time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        command = [PYTHON, *arguments]
        process = subprocess.Popen(  # noqa: S603  # our own program
            command,
            cwd=directory,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        while process.poll() is None:
            found = _PEAK.search(Path(f"/proc/{process.pid}/status").read_text())
            peak = int(found[1]) * 1024 if found else peak
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        seconds = time.perf_counter() - start
        if process.returncode:
            log.seek(0)
            raise SystemExit(f"{command} failed:\n{log.read()}")
    return Ended(seconds=seconds, peak=peak)
