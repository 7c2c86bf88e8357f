"""The environment files: one model, one writer a format."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from private_wheel.config import EnvironmentConfig
from private_wheel.errors import PythonNotSatisfied
from private_wheel.wheel import Wheel


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What an Azure ML image is built from. `pip_lines` are as pip's requirements file has them, options first."""

    name: str
    version: str
    image: str
    python_version: str
    pip_lines: tuple[str, ...]


def environment_of(config: EnvironmentConfig, wheels: Sequence[Wheel], index_url: str) -> Environment:
    """The environment that installs `wheels`, pinned, from the index. The first wheel gives name and version."""
    option = "--index-url" if config.index_mode == "only" else "--extra-index-url"
    first = wheels[0]
    return Environment(
        name=config.name or first.canonical_name,
        version=config.version or first.version,
        image=config.image,
        python_version=python_version(config),
        pip_lines=(f"{option} {index_url}", *(wheel.requirement for wheel in wheels)),
    )


def python_version(config: EnvironmentConfig) -> str:
    """The Python of the environment, as `3.11`."""
    return config.python_version or f"{sys.version_info.major}.{sys.version_info.minor}"


def check_python(config: EnvironmentConfig, wheel: Wheel) -> None:
    """Raises:
    PythonNotSatisfied: the environment's Python is not among those that the package supports.
    """
    from packaging.specifiers import SpecifierSet

    version = python_version(config)
    # A two-part version stands for its whole series, as conda takes it: the newest release of it decides.
    newest = version if version.count(".") == 2 else f"{version}.99"
    if not SpecifierSet(wheel.requires_python).contains(newest, prereleases=True):
        raise PythonNotSatisfied(
            f"{wheel.name} {wheel.version} requires Python {wheel.requires_python}; the environment has {version}.",
            input="python-version",
            fix="Set python-version to one that the package supports.",
        )


def write_environment(environment: Environment, formats: Sequence[str], directory: Path) -> dict[str, Path]:
    """Write the files and return the path of each format. Whatever stands there under the same names is replaced."""
    from private_wheel.environment.azureml import azureml_yaml
    from private_wheel.environment.conda import conda_yaml

    writers = {"conda": ("conda.yml", conda_yaml), "azureml": ("environment.yml", azureml_yaml)}
    directory.mkdir(parents=True, exist_ok=True)
    written = {}
    for name in formats:
        file_name, writer = writers[name]
        written[name] = directory / file_name
        unfinished = directory / f".{file_name}.unfinished"
        unfinished.write_bytes(writer(environment).encode())
        unfinished.replace(written[name])
    return written
