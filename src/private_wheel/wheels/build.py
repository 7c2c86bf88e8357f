"""From a source directory to one wheel: reproducible, in a child process without credentials."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from private_wheel.errors import BackendFailed, NoProject, NoWheel, SeveralWheels
from private_wheel.secrets.child_environ import foreign_environ, installer_environ
from private_wheel.system.children import Children, Ended
from private_wheel.system.pip_configuration import PipConfiguration, uv_environ
from private_wheel.wheels.sources import is_project

# As tomllib ends its errors.
_TOML_ERROR = re.compile(r"\(at line (\d+), column \d+\)")
# The earliest time that a zip file can hold, for a source that no commit dates.
_EARLIEST = "315532800"
_SOURCE_ROOT = str(Path(__file__).resolve().parents[2])
_RUN = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from private_wheel.wheels.isolated_build import main; sys.exit(main())"
)


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What the children of a run share.

    They work in `scratch`; `environ` without `secrets` is their environment, `pip` the machine's
    configuration of package indexes, and `echo` is called with every line that they print.
    """

    scratch: Path
    environ: Mapping[str, str] = field(repr=False)
    secrets: Iterable[str] = field(repr=False)
    pip: PipConfiguration
    echo: Callable[[str], None]


class Builder:
    """Builds one source after the other. It may be cancelled from another thread."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._children = Children("build", workshop.echo)

    def cancel(self) -> None:
        """End the build that runs, and refuse every later one."""
        self._children.cancel()

    def build(self, source: Path) -> Path:
        """Build `source` and return the path of its wheel.

        Raises:
            NoProject: It has neither pyproject.toml nor setup.py.
            BackendFailed: The build failed. The error has the backend's last 20 lines.
            NoWheel: The backend succeeded without a wheel.
            SeveralWheels: The backend made more than one wheel.
            Interrupted: `cancel` was called.
        """
        if not is_project(source):
            raise NoProject(
                f"{source} has neither pyproject.toml nor setup.py.",
                input="package",
                fix="Specify the directory that contains one, or a built .whl file.",
            )
        directory = Path(tempfile.mkdtemp(dir=self._workshop.scratch))
        (directory / "wheel").mkdir()
        ended = self._run(source, directory)
        if ended.status != 0:
            raise _failure(source, ended.last_lines)
        wheels = sorted((directory / "wheel").glob("*.whl"))
        if not wheels:
            raise NoWheel(
                f"The build backend of {source} made no wheel.",
                input="package",
                fix="See its output above.",
            )
        if len(wheels) > 1:
            names = ", ".join(wheel.name for wheel in wheels)
            raise SeveralWheels(
                f"The build backend of {source} made several wheels: {names}.",
                input="package",
                fix="A package is one wheel. To publish several, specify the .whl files"
                " themselves.",
            )
        return wheels[0]

    def _run(self, source: Path, directory: Path) -> Ended:
        environ, secrets = self._workshop.environ, tuple(self._workshop.secrets)
        # A child that is killed cannot clean up: its files are deleted with the scratch directory.
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(directory))
        request = {
            "source": str(source.resolve()),
            "directory": str(directory / "wheel"),
            "environ": {
                **foreign_environ(environ, secrets),
                **temporary,
                **_reproducible(source, directory, environ),
            },
        }
        return self._children.run(
            [sys.executable, "-I", *_interpreter_options(), "-c", _RUN, _SOURCE_ROOT],
            {
                **installer_environ(environ, secrets),
                **uv_environ(self._workshop.pip, environ),
                **own_uv(environ),
                **temporary,
            },
            text=json.dumps(request),
        )


def own_uv(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that choose the uv and its cache next to our own interpreter.

    Without a uv there, the one on PATH is used; the user may choose another cache.
    """
    variables = {"UV_CACHE_DIR": environ.get("UV_CACHE_DIR", "")}
    if not variables["UV_CACHE_DIR"]:
        variables["UV_CACHE_DIR"] = str(Path(sys.prefix).parent / "uv-cache")
    own = shutil.which("uv", path=str(Path(sys.executable).parent))
    if own:
        variables["UV"] = own  # the name that pypa/build reads
    return variables


def _failure(source: Path, last_lines: tuple[str, ...]) -> BackendFailed:
    """Return the error for a failed build, with the line of pyproject.toml if that is malformed."""
    malformed = _TOML_ERROR.search(last_lines[-1]) if last_lines else None
    return BackendFailed(
        f"{source} could not be built.",
        input="package",
        said="\n".join(["", *last_lines]),
        path=(source / "pyproject.toml").as_posix() if malformed else "",
        line=int(malformed[1]) if malformed else 0,
    )


def _interpreter_options() -> list[str]:
    """Return the option by which the child finds the bytecode of our modules in the runtime."""
    return ["-X", f"pycache_prefix={sys.pycache_prefix}"] if sys.pycache_prefix else []


def _reproducible(source: Path, directory: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which rebuilding a commit gives the same bytes.

    The source directory stays unchanged: setuptools' DIST_EXTRA_CONFIG keeps `build/` and
    `*.egg-info` out of it, where a stale one would get into the next wheel.

    Source: https://reproducible-builds.org/specs/source-date-epoch/
    """
    scratch = directory / "setuptools"
    scratch.mkdir()
    settings = directory / "setuptools.cfg"
    settings.write_text(
        f"[build]\nbuild_base = {scratch}\n[egg_info]\negg_base = {scratch}\n", encoding="utf-8"
    )
    return {
        "SOURCE_DATE_EPOCH": environ.get("SOURCE_DATE_EPOCH") or _commit_time(source, environ),
        "DIST_EXTRA_CONFIG": str(settings),
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
    }


def _commit_time(source: Path, environ: Mapping[str, str]) -> str:
    """Return the time of the last commit in seconds since 1970, or the earliest in a zip file."""
    git = shutil.which("git", path=environ.get("PATH"))
    if not git:
        return _EARLIEST
    command = [git, "-C", str(source), "-c", "log.showSignature=false", "log", "-1", "--format=%ct"]
    time = (Children.output_of(command, foreign_environ(environ)) or "").strip()
    return time if time.isdigit() else _EARLIEST
