"""Whether an environment installs into an empty virtual environment and its packages import."""

from __future__ import annotations

import logging
import os
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from private_wheel.errors import DoesNotInstall, MissingPython
from private_wheel.proof.check import Check
from private_wheel.secrets.child_environ import foreign_environ
from private_wheel.system.children import Children, Ended
from private_wheel.wheels.build import Workshop, own_uv
from private_wheel.wheels.wheel import Wheel

_LOG = logging.getLogger(__name__)
# The directories in which GitHub's runner and Azure's agent keep tools.
_TOOL_CACHES = ("RUNNER_TOOL_CACHE", "AGENT_TOOLSDIRECTORY")
_ARCHITECTURES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
# Seconds in which uv starts every Python that it finds.
_SEARCH = 60.0
# Top-level modules that some packages install by mistake.
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
    """Find an interpreter of a Python on this machine: one that uv finds, or a tool of the host.

    Args:
        version: X.Y, or X.Y.Z of which the last part does not count.
        workshop: Has the machine's environment.

    Raises:
        MissingPython: The Python is not installed here.
    """
    version = ".".join(version.split(".")[:2])
    python = _known_to_uv(version, workshop.environ) or _tool(version, workshop.environ)
    if python:
        return python
    raise MissingPython(
        f"Python {version}, which the environment needs, is not installed here.",
        input="verify",
        fix=(
            f"Install Python {version} with actions/setup-python or UsePythonVersion@0 in an "
            "earlier step, or set verify: resolve."
        ),
    )


def install(check: Check, python: Path, wheels: Sequence[Wheel]) -> None:
    """Install the pip part into an empty virtual environment, and import the packages there.

    Args:
        check: Has the pip part.
        python: The interpreter of the virtual environment.
        wheels: The packages to import.

    Raises:
        DoesNotInstall: With the last lines of uv or of the import.
        PrivateWheelError: The private index refused.
    """
    venv = check.directory / "venv"
    ended = check.uv("venv", "--quiet", "--no-project", "--python", str(python), str(venv))
    _require(ended, "uv cannot create a virtual environment.", "See the error of uv.")
    venv_python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    arguments = ["--python", str(venv_python), "--requirement", str(check.file)]
    if check.part.is_hashed:
        arguments.append("--require-hashes")
    ended = check.uv_on_part("pip", "install", *arguments)
    _require(ended, "The environment does not install.", check.advice)
    for wheel in wheels:
        _import(check, venv_python, wheel)


def modules_to_import(wheel: Wheel) -> tuple[str, ...]:
    """Return the module with the package's name, else all others but tests and documentation."""
    own_name = wheel.canonical_name.replace("-", "_")
    modules = []
    for module in wheel.modules:
        if module.lower() == own_name:
            return (module,)
        if module not in _NOT_THE_PACKAGE and not module.startswith("__"):
            modules.append(module)
    return tuple(modules)


def _import(check: Check, python: Path, wheel: Wheel) -> None:
    modules = modules_to_import(wheel)
    if not modules:
        _LOG.info("%s has no module, so nothing is imported", wheel.file_name)
        return
    statement = f"import {', '.join(modules)}"
    ended = check.foreign(statement, str(python), "-I", "-c", _IMPORT, *modules)
    fix = "Declare the missing dependency in the package or in environment-base."
    _require(
        ended,
        f"{wheel.name} {wheel.version} installs, but {statement} fails.",
        f"{fix} The log has the full output.",
    )
    _LOG.info("%s installs, and %s works", wheel.file_name, statement)


def _known_to_uv(version: str, environ: Mapping[str, str]) -> Path | None:
    own = own_uv(environ)
    uv = own.get("UV") or shutil.which("uv", path=environ.get("PATH")) or "uv"
    options = ["--no-config", "--no-project", "--system", "--no-python-downloads"]
    path = Children.output_of(
        [uv, "python", "find", *options, version],
        {**foreign_environ(environ), "UV_CACHE_DIR": own["UV_CACHE_DIR"]},
        limit=_SEARCH,
    )
    return Path(path.strip()) if path and path.strip() else None


def _tool(version: str, environ: Mapping[str, str]) -> Path | None:
    """Return the newest interpreter in the host's tool caches: Python/3.11.9/x64/bin/python."""
    from packaging.version import InvalidVersion, Version

    architecture = _ARCHITECTURES.get(platform.machine().lower(), "")
    name = "python.exe" if sys.platform == "win32" else "bin/python"
    pythons: dict[Version, Path] = {}
    for cache in filter(None, map(environ.get, _TOOL_CACHES)):
        for directory in Path(cache, "Python").glob(f"{version}*"):
            python = directory / architecture / name
            try:
                number = Version(directory.name)
            except InvalidVersion:
                continue
            if f"{directory.name}.".startswith(f"{version}.") and os.access(python, os.X_OK):
                pythons[number] = python
    return pythons[max(pythons)] if pythons else None


def _require(ended: Ended, problem: str, fix: str) -> None:
    if ended.status != 0:
        said = "\n".join(["", *_error_lines(ended.last_lines)])
        raise DoesNotInstall(problem, input="verify", fix=fix, said=said)


def _error_lines(lines: Sequence[str]) -> Sequence[str]:
    """Return the end of a traceback, or uv's error without the lines before it."""
    if any(line.startswith("Traceback ") for line in lines):
        return lines[-1:]
    for position, line in enumerate(lines):
        if line.startswith("error"):
            return lines[position:]
    return lines
