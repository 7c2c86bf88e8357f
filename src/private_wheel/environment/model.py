"""The model of an environment, and what has to be true of it before anything is sent."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from private_wheel.config import EnvironmentConfig
from private_wheel.errors import InvalidInputs, Problem, PythonNotSatisfied, SeveralWheels
from private_wheel.publish import Result
from private_wheel.wheel import Wheel


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What an Azure ML image is built from. `pip_lines` are as pip's requirements file has them, options first."""

    name: str
    version: str
    image: str
    python_version: str
    pip_lines: tuple[str, ...]


def environment_of(config: EnvironmentConfig, results: Sequence[Result], index_url: str) -> Environment:
    """The environment that installs what was published, pinned; from the index if one is given. The first result gives
    name and version."""
    option = "--index-url" if config.index_mode == "only" else "--extra-index-url"
    first = results[0].wheel
    return Environment(
        name=config.name or first.canonical_name,
        version=config.version or first.version,
        image=config.image,
        python_version=python_version(config),
        pip_lines=(
            *([f"{option} {index_url}"] if index_url else ()),
            *dict.fromkeys(result.requirement for result in results),
        ),
    )


def check_environment(config: EnvironmentConfig, wheels: Sequence[Wheel], *, by_url: bool = False) -> None:
    """Whether one environment can have all these wheels, under its name. `by_url`: it names each of them by its URL.

    Raises:
        SeveralWheels: two versions of one package; two files of one, if no index chooses between them.
        InvalidInputs: the name is the package's, and Azure ML keeps such names for itself.
        PythonNotSatisfied: the environment's Python is not among those that a package supports.
    """
    first: dict[str, Wheel] = {}
    for wheel in wheels:
        check_python(config, wheel)
        other = first.setdefault(wheel.canonical_name, wheel)
        if other.version != wheel.version or (by_url and other is not wheel):
            what = f"There are two wheels of {wheel.name}, {other.file_name} and {wheel.file_name}."
            raise SeveralWheels(
                what, input="package", fix="An environment can have only one: publish them in two runs."
            )
    name = config.name or (wheels[0].canonical_name if wheels else "")
    if name.lower().startswith(("microsoft", "azureml")):
        what = f"is not given, and the package's name {name!r} begins as only Azure ML's own environments may."
        raise InvalidInputs([Problem(input="environment-name", what=what, fix="Give another name.")])


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
