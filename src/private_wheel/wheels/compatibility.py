"""Which wheels the Python of an environment takes: Azure ML's images are Linux on x86_64 (PEP 425, PEP 600)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from private_wheel.errors import PythonNotSatisfied, WrongPlatform
from private_wheel.wheels.wheel import Wheel

if TYPE_CHECKING:
    from packaging.tags import Tag

_MACHINE = "x86_64"
# The base image is the user's choice, and its glibc is not known: those of a long time to come are let through.
_NEWEST_GLIBC = 60
# Of the default image.
UBUNTU_GLIBC = 35
_GLIBC = re.compile(r"manylinux_2_(\d+)_")
_LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_HOST_LINUX = f"linux_{_MACHINE}"


@cache
def supported_tags(python_version: str) -> dict[Tag, int]:
    """The tags that CPython `python_version` (as `3.11`) takes on such an image, each with its rank: 0 is the best."""
    from packaging.tags import compatible_tags, cpython_tags

    major, minor, *_ = map(int, python_version.split("."))
    number, platforms = f"{major}{minor}", list(_platforms())
    abi = f"cp{number}m" if (major, minor) < (3, 8) else f"cp{number}"
    tags = [
        *cpython_tags((major, minor), abis=[abi], platforms=platforms),
        *compatible_tags((major, minor), interpreter=f"cp{number}", platforms=platforms),
    ]
    return {tag: rank for rank, tag in enumerate(tags)}


def _platforms() -> Iterator[str]:
    for minor in range(_NEWEST_GLIBC, 4, -1):
        yield f"manylinux_2_{minor}_{_MACHINE}"
        if minor in _LEGACY:
            yield f"{_LEGACY[minor]}_{_MACHINE}"
    yield _HOST_LINUX


def best_wheel(wheels: Sequence[Wheel], python_version: str) -> Wheel:
    """The one of `wheels`, all of one package, that an installer would take.

    Raises:
        PythonNotSatisfied: none of them is for this Python.
        WrongPlatform: none of them is for Linux on x86_64.
    """
    ranks = supported_tags(python_version)
    fitting = {
        wheel: min((ranks[tag] for tag in wheel.tags if tag in ranks), default=-1)
        for wheel in wheels
    }
    found = [wheel for wheel in wheels if fitting[wheel] >= 0]
    if not found:
        raise _misfit(wheels, python_version)
    best = min(found, key=lambda wheel: fitting[wheel])
    check_python(best, python_version)
    return best


def newest_release(python_version: str) -> str:
    """A two-part version stands for its whole series, as conda takes it: the newest release of it decides."""
    return python_version if python_version.count(".") == 2 else f"{python_version}.99"


def check_python(wheel: Wheel, python_version: str) -> None:
    """Raises:
    PythonNotSatisfied: `python_version` is not among those that the package supports (PEP 345).
    """
    from packaging.specifiers import SpecifierSet

    if not SpecifierSet(wheel.requires_python).contains(
        newest_release(python_version), prereleases=True
    ):
        raise PythonNotSatisfied(
            f"{wheel.name} {wheel.version} requires Python {wheel.requires_python}; the environment has"
            f" {python_version}.",
            input="python-version",
            fix="Set python-version to one that the package supports.",
        )


def platform_warning(wheel: Wheel) -> str:
    """What is to be said of a wheel that may not load in the image; empty for all others."""
    found = [_GLIBC.match(tag.platform) for tag in wheel.tags]
    needs = min((int(match[1]) if match else 0 for match in found), default=0)
    if needs > UBUNTU_GLIBC:
        return (
            f"{wheel.file_name} needs glibc 2.{needs}, and images of Ubuntu 22.04, as the default one, have"
            f" 2.{UBUNTU_GLIBC}."
        )
    if not wheel.tags or any(tag.platform != _HOST_LINUX for tag in wheel.tags):
        return ""
    return (
        f"{wheel.file_name} was built for the Linux of one machine ({_HOST_LINUX}), and may not load in an image with"
        " an older one. cibuildwheel builds manylinux wheels, which do: https://cibuildwheel.pypa.io"
    )


def _misfit(wheels: Sequence[Wheel], python_version: str) -> PythonNotSatisfied | WrongPlatform:
    names = ", ".join(wheel.file_name for wheel in wheels)
    tags = [tag for wheel in wheels for tag in wheel.tags]
    for_linux = [
        tag for tag in tags if re.fullmatch(rf"any|(many)?linux\w*_{_MACHINE}", tag.platform)
    ]
    if not for_linux:
        platforms = sorted({tag.platform for tag in tags})
        return WrongPlatform(
            f"{names} is for {', '.join(platforms)}; Azure ML's images are Linux on {_MACHINE}.",
            input="package",
            fix="Build a manylinux wheel and publish that: cibuildwheel does it, https://cibuildwheel.pypa.io",
        )
    made_for = sorted({f"{tag.interpreter}-{tag.abi}" for tag in for_linux})
    return PythonNotSatisfied(
        f"{names} is for {', '.join(made_for)}; the environment has Python {python_version}.",
        input="python-version",
        fix="Set python-version to the one that it was built with, or build a wheel for each Python with cibuildwheel:"
        " https://cibuildwheel.pypa.io",
    )
