"""The SDK's own virtual environment, made once for each state of its lock: ours may be of too new a
Python for it.

`python -m tests.contract.sdk_v1.environment` makes it before tests that run side by side ask for it
at once.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from entrypoint import executable
from private_wheel.system.pip_configuration import locked_uv_environ, read_pip_configuration
from scripts.set_up import ROOT, VENV, WORKSHOP

PYTHON = "3.11"
LOCK = Path(__file__).with_name("requirements.txt")
MADE = WORKSHOP / "sdk-v1"
_STAMP = WORKSHOP / "sdk-v1.stamp"


class Unavailable(Exception):
    """Python 3.11 or one of the packages cannot be had here; the text is what uv said."""


def sdk_python() -> Path:
    """The Python that has the SDK. Raises Unavailable."""
    python = Path(executable(str(MADE), "python"))
    digest = hashlib.sha256(
        f"{ROOT}\n".encode() + LOCK.read_bytes() + Path(__file__).read_bytes()
    ).hexdigest()
    if not python.exists() or not _STAMP.exists() or _STAMP.read_text(encoding="ascii") != digest:
        _STAMP.unlink(missing_ok=True)
        shutil.rmtree(MADE, ignore_errors=True)
        _uv(["venv", "--quiet", "--no-config", "--no-project", "--python", PYTHON, str(MADE)])
        install = ["pip", "install", "--quiet", "--no-config", "--require-hashes", "--no-deps"]
        _uv(
            [
                *install,
                "--only-binary",
                ":all:",
                "--python",
                str(python),
                "--requirements",
                str(LOCK),
            ]
        )
        _STAMP.write_text(digest, encoding="ascii")
    return python


def _uv(arguments: Sequence[str]) -> None:
    done = subprocess.run(
        [executable(str(VENV), "uv"), *arguments],
        env=locked_uv_environ(read_pip_configuration(os.environ), os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise Unavailable(done.stdout.strip())


if __name__ == "__main__":
    with suppress(Unavailable):  # the tests say so
        sdk_python()
