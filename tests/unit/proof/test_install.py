"""Which modules of a package are imported, and which interpreter of the host's tools is taken."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from private_wheel.errors import MissingPython
from private_wheel.proof.install import find_python, modules_to_import
from private_wheel.system.pip_configuration import read_pip_configuration
from private_wheel.wheels.build import Workshop
from private_wheel.wheels.wheel import Wheel

ARCHITECTURE = "arm64" if platform.machine().lower() in ("aarch64", "arm64") else "x64"


@pytest.mark.parametrize(
    ("modules", "imported"),
    [
        ((), ()),
        (("acme_forecast", "tools"), ("acme_forecast",)),
        (("tools", "Acme_Forecast"), ("Acme_Forecast",)),
        (("forecast", "plots"), ("forecast", "plots")),
        (("tests", "docs", "examples", "test", "forecast"), ("forecast",)),
        (("__pycache__", "tests"), ()),
    ],
)
def test_which_modules_are_imported(modules: tuple[str, ...], imported: tuple[str, ...]) -> None:
    wheel = Wheel(
        path=Path("x.whl"),
        name="Acme.Forecast",
        version="1.0",
        sha256="",
        requires_python="",
        modules=modules,
    )
    assert modules_to_import(wheel) == imported


@pytest.fixture
def find(tmp_path: Path) -> Callable[..., str]:
    """`find(version, *directories)` with these directories among the host's tools, and no uv."""

    def found(version: str, *directories: str) -> str:
        for directory in directories:
            path = tmp_path / "tools/Python" / directory / ARCHITECTURE / "bin"
            path.mkdir(parents=True)
            (path / "python").symlink_to(sys.executable)
        environ = {
            "RUNNER_TOOL_CACHE": str(tmp_path / "tools"),
            "PIP_CONFIG_FILE": os.devnull,
            "UV_CACHE_DIR": str(tmp_path / "cache"),
        }
        workshop = Workshop(
            scratch=tmp_path,
            environ=environ,
            secrets=(),
            pip=read_pip_configuration(environ),
            echo=print,
        )
        python = find_python(version, workshop)
        return python.relative_to(tmp_path / "tools/Python").parts[0]

    return found


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege")
@pytest.mark.parametrize("version", ["3.42", "3.42.1"])
def test_the_newest_tool_of_the_host(find: Callable[..., str], version: str) -> None:
    directories = ("3.42.9", "3.42.10", "3.42.x", "3.4.2", "3.421.0")
    assert find(version, *directories) == "3.42.10"


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege")
def test_a_python_that_is_not_installed(find: Callable[..., str]) -> None:
    with pytest.raises(MissingPython) as caught:
        find("3.42.7", "3.4.2", "3.421.0")
    assert str(caught.value) == (
        "PW116: verify: Python 3.42, which the environment needs, is not installed here. Install "
        "Python 3.42 with actions/setup-python or UsePythonVersion@0 in an earlier step, or set "
        "verify: resolve."
    )
