"""Our environment files, loaded by SDK v1."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from private_wheel.environment.formats.files import write_environment
from private_wheel.environment.model import Environment
from tests.contract.environment_bases import CASES, LINES, addition_of, extended

from .conftest import SdkV1

LOADER = Path(__file__).with_name("loader.py")
# The SDK does not read a Python with a build, as `conda env export` writes it, nor one behind a
# blank, and takes one of its own. `load_from_directory` leaves them as they are.
NOT_READ = {"08-exported-on-windows.yml", "15-mixed-indentation.yml"}


def test_every_environment_loads(
    sdk_v1: SdkV1, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one process: the SDK takes longer to start than to load them all."""
    monkeypatch.chdir(tmp_path)
    cases = (*CASES, *(("", route) for route in LINES))
    for case in cases:
        environment = Environment(
            content=extended(*case), addition=addition_of(case[1]), index_url="", results=()
        )
        write_environment(environment, ("conda", "azureml-v1"), directory_of(case))
    loaded = dict(
        zip(cases, load(sdk_v1, *(directory_of(case).resolve() for case in cases)), strict=True)
    )
    for case, found in loaded.items():
        result = extended(*case)
        conda = YAML(typ="safe").load(result.conda)
        assert found["conda"] == conda, case
        assert (found["name"], found["version"]) == (result.name, "1.2.3"), case
        assert (found["image"], found["user_managed"]) == (result.image, False), case
        assert without_python(case, found["from_conda"]) == without_python(case, conda), case
        assert (found["from_conda"] != conda) == (case[0] in NOT_READ), case


def without_python(case: tuple[str, str], conda: dict[str, Any]) -> dict[str, Any]:
    if case[0] not in NOT_READ:
        return conda
    others = [one for one in conda["dependencies"] if not str(one).startswith("python")]
    return {**conda, "dependencies": others}


def directory_of(case: tuple[str, str]) -> Path:
    return Path("-".join(case))


def load(sdk_v1: SdkV1, *directories: Path) -> list[dict[str, Any]]:
    command: list[str | Path] = [sdk_v1.python, "-W", "ignore", LOADER, *directories]
    done = subprocess.run(
        command, cwd=sdk_v1.home, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
