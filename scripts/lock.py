"""Lock every requirements file and every package-lock.json.

Versions stay as they are unless a *.in or package.json asks for others; `--upgrade` takes the
newest. The locks name no index and no download address, so that every machine uses its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from private_wheel.system.pip_configuration import read_pip_configuration, uv_environ
from scripts.set_up import ROOT, VENV, package_locks

_OLDEST_PYTHON = "3.10"
_PYTHON_OF_SDK_V1 = "3.11"  # the newest that it is made for


def main(arguments: Sequence[str]) -> int:
    from entrypoint import executable

    uv = executable(str(VENV), "uv")
    upgrade = ["--upgrade"] if "--upgrade" in arguments else []
    environ = {**os.environ, **uv_environ(read_pip_configuration(os.environ), os.environ)}
    for source, python in requirements():
        lock = source.with_suffix(".txt").name
        command = [
            uv,
            "pip",
            "compile",
            "--quiet",
            "--no-config",
            "--universal",
            "--python-version",
            python,
        ]
        command += ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url"]
        command += [*upgrade, "--output-file", lock, source.name]
        subprocess.run(command, cwd=source.parent, env=environ, check=True)  # noqa: S603  # fixed arguments
        print(f"locked {source.with_suffix('.txt').relative_to(ROOT).as_posix()}")
    for npm_lock in package_locks():
        command = [
            "npm",
            "update" if upgrade else "install",
            "--package-lock-only",
            "--ignore-scripts",
        ]
        command += ["--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=npm_lock.parent, check=True)  # noqa: S603  # fixed arguments
        print(f"locked {npm_lock.relative_to(ROOT).as_posix()}")
    return 0


def requirements() -> Iterator[tuple[Path, str]]:
    """What is written by hand, each with the oldest Python that its lock has to serve."""
    for source in sorted((ROOT / "requirements").glob("*.in")):
        yield source, _OLDEST_PYTHON
    yield ROOT / "tests" / "contract" / "sdk_v1" / "requirements.in", _PYTHON_OF_SDK_V1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
