"""Does it install: an empty virtual environment gets it, and what was published can be imported there."""

from __future__ import annotations

import logging
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from private_wheel.errors import DoesNotInstall, MissingPython
from private_wheel.proof.check import Check
from private_wheel.secrets.child_environ import foreign_environ
from private_wheel.system.children import Ended
from private_wheel.wheels.build import Workshop, own_uv
from private_wheel.wheels.wheel import Wheel

_LOG = logging.getLogger(__name__)
# The directories in which GitHub's runner and Azure's agent keep tools.
_TOOL_CACHES = ("RUNNER_TOOL_CACHE", "AGENT_TOOLSDIRECTORY")
_ARCHITECTURES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
# Seconds in which uv starts every Python that it finds.
_SEARCH = 60.0
_NOT_THE_PACKAGE = frozenset({"docs", "examples", "test", "tests"})
_IMPORT = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except SystemExit as ended:
        sys.exit(f"{name} ends the interpreter when it is imported ({ended.code})")
"""


def find_python(version: str, workshop: Workshop) -> Path:
    """An interpreter of Python X.Y on this machine, one that uv finds or a tool of the host. A third part of `version`
    does not count.

    Raises:
        MissingPython: there is none.
    """
    version = ".".join(version.split(".")[:2])
    environ = workshop.environ
    uv = own_uv(environ).get("UV") or shutil.which("uv", path=environ.get("PATH")) or "uv"
    with suppress(subprocess.TimeoutExpired):
        found = subprocess.run(  # noqa: S603  # our own uv with fixed arguments
            [
                uv,
                "python",
                "find",
                "--no-config",
                "--no-project",
                "--system",
                "--no-python-downloads",
                version,
            ],
            env={**foreign_environ(environ), "UV_CACHE_DIR": own_uv(environ)["UV_CACHE_DIR"]},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SEARCH,
        )
        if found.returncode == 0 and found.stdout.strip():
            return Path(found.stdout.strip())
    for python in _tools(version, environ):
        return python
    raise MissingPython(
        f"There is no Python {version} on this machine, which the environment is for.",
        input="verify",
        fix=f"Let actions/setup-python or UsePythonVersion@0 add {version} in a step before, or set verify: resolve.",
    )


def install(check: Check, python: Path, wheels: Sequence[Wheel]) -> None:
    """Raises:
    DoesNotInstall: with the last 20 lines of uv, or of the import.
    PrivateWheelError: what the private index refused with.
    """
    venv = check.directory / "venv"
    ended = check.uv("venv", "--quiet", "--no-project", "--python", str(python), str(venv))
    _require(ended, "A virtual environment cannot be made.", "See what uv said.")
    inside = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    arguments = ["pip", "install", "--python", str(inside), "--requirement", str(check.file)]
    arguments += ["--require-hashes"] if check.part.is_hashed else []
    _require(check.uv_on_part(*arguments), "The environment does not install.", check.advice)
    for wheel in wheels:
        modules = modules_to_import(wheel)
        if not modules:
            _LOG.info("%s holds no module, so nothing of it is imported", wheel.file_name)
            continue
        imports = f"import {', '.join(modules)}"
        ended = check.foreign(imports, str(inside), "-I", "-c", _IMPORT, *modules)
        what = f"{wheel.name} {wheel.version} installs, but {imports} fails."
        _require(
            ended,
            what,
            "Declare what it needs, in the package or in environment-base. The log has all of it.",
        )
        _LOG.info("%s installs, and is imported: %s", wheel.file_name, ", ".join(modules))


def modules_to_import(wheel: Wheel) -> tuple[str, ...]:
    """The module of the package's own name, else all at its top but tests and documentation."""
    own = wheel.canonical_name.replace("-", "_")
    found = [module for module in wheel.modules if module.lower() == own]
    others = [
        module
        for module in wheel.modules
        if module not in _NOT_THE_PACKAGE and not module.startswith("__")
    ]
    return tuple(found[:1] or others)


def _tools(version: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """The interpreters of the host's tool caches, newest first: Python/3.11.9/x64/bin/python."""
    from packaging.version import InvalidVersion, Version

    architecture = _ARCHITECTURES.get(platform.machine().lower(), "")
    name = "python.exe" if sys.platform == "win32" else "bin/python"
    found: dict[Version, Path] = {}
    for cache in filter(None, map(environ.get, _TOOL_CACHES)):
        for directory in Path(cache, "Python").glob(f"{version}*"):
            python = directory / architecture / name
            try:
                number = Version(directory.name)
            except InvalidVersion:
                continue
            if f"{directory.name}.".startswith(f"{version}.") and os.access(python, os.X_OK):
                found[number] = python
    yield from (found[number] for number in sorted(found, reverse=True))


def _require(ended: Ended, what: str, fix: str) -> None:
    if ended.status != 0:
        raise DoesNotInstall(
            what, input="verify", fix=fix, said="\n".join(["", *_to_the_point(ended.last_lines)])
        )


def _to_the_point(lines: Sequence[str]) -> Sequence[str]:
    """The end of a traceback, or uv's error without what it did before."""
    if any(line.startswith("Traceback ") for line in lines):
        return lines[-1:]
    start = next((at for at, line in enumerate(lines) if line.startswith("error")), 0)
    return lines[start:]
