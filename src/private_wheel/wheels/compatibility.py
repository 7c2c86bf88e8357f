"""Which wheels the Python of an environment accepts (PEP 425, PEP 600).

Azure ML's images are Linux on x86_64.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from private_wheel.errors import PythonNotSatisfied, WrongPlatform
from private_wheel.wheels.wheel import Wheel

if TYPE_CHECKING:
    from packaging.tags import Tag

_MACHINE = "x86_64"
# The base image is the user's choice and its glibc unknown, so future versions are accepted.
_NEWEST_GLIBC = 60
# The minor version of glibc in the default image.
UBUNTU_GLIBC = 35
_GLIBC = re.compile(r"manylinux_2_(\d+)_")
_LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_HOST_LINUX = f"linux_{_MACHINE}"
_FOR_LINUX = re.compile(rf"any|(many)?linux\w*_{_MACHINE}")


@cache
def supported_tags(python_version: str) -> dict[Tag, int]:
    """Return the tags that a CPython accepts in such an image, with their ranks: 0 is the best.

    Args:
        python_version: For instance `3.11`.
    """
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
    """Return the one of several wheels of a package that an installer would take.

    Raises:
        PythonNotSatisfied: No wheel is for this Python.
        WrongPlatform: No wheel is for Linux on x86_64.
    """
    supported = supported_tags(python_version)
    ranks = {}
    for wheel in wheels:
        wheel_ranks = [supported[tag] for tag in wheel.tags if tag in supported]
        if wheel_ranks:
            ranks[wheel] = min(wheel_ranks)
    if not ranks:
        raise _misfit(wheels, python_version)
    best = min(ranks, key=lambda wheel: ranks[wheel])
    check_python(best, python_version)
    return best


def newest_release(python_version: str) -> str:
    """Return a release that counts as the newest of a series: conda takes that for `3.11`."""
    return python_version if python_version.count(".") == 2 else f"{python_version}.99"


def check_python(wheel: Wheel, python_version: str) -> None:
    """Check that the package supports a Python version (PEP 345).

    Raises:
        PythonNotSatisfied: It does not.
    """
    from packaging.specifiers import SpecifierSet

    release = newest_release(python_version)
    if not SpecifierSet(wheel.requires_python).contains(release, prereleases=True):
        raise PythonNotSatisfied(
            f"{wheel.name} {wheel.version} requires Python {wheel.requires_python};"
            f" the environment has {python_version}.",
            input="python-version",
            fix="Set python-version to one that the package supports.",
        )


def platform_warning(wheel: Wheel) -> str:
    """Return a warning about a wheel that may not load in the image, or an empty text."""
    needed = min((_needed_glibc(tag) for tag in wheel.tags), default=0)
    if needed > UBUNTU_GLIBC:
        return (
            f"{wheel.file_name} needs glibc 2.{needed}. Images with Ubuntu 22.04, such as the"
            f" default one, have 2.{UBUNTU_GLIBC}."
        )
    if not wheel.tags or any(tag.platform != _HOST_LINUX for tag in wheel.tags):
        return ""
    return (
        f"{wheel.file_name} was built for the Linux of one machine ({_HOST_LINUX}) and may not load"
        " in an image with an older one. Build a manylinux wheel, for instance with cibuildwheel:"
        " https://cibuildwheel.pypa.io"
    )


def _needed_glibc(tag: Tag) -> int:
    """Return the minor version of glibc that a tag asks for, or 0 for none."""
    match = _GLIBC.match(tag.platform)
    return int(match[1]) if match else 0


def _misfit(wheels: Sequence[Wheel], python_version: str) -> PythonNotSatisfied | WrongPlatform:
    names = ", ".join(wheel.file_name for wheel in wheels)
    tags = list(itertools.chain.from_iterable(wheel.tags for wheel in wheels))
    for_linux = [tag for tag in tags if _FOR_LINUX.fullmatch(tag.platform)]
    if not for_linux:
        platforms = sorted({tag.platform for tag in tags})
        return WrongPlatform(
            f"{names} is for {', '.join(platforms)}; Azure ML's images are Linux on {_MACHINE}.",
            input="package",
            fix="Build a manylinux wheel and publish that, for instance with cibuildwheel:"
            " https://cibuildwheel.pypa.io",
        )
    made_for = sorted({f"{tag.interpreter}-{tag.abi}" for tag in for_linux})
    return PythonNotSatisfied(
        f"{names} is for {', '.join(made_for)}; the environment has Python {python_version}.",
        input="python-version",
        fix="Set python-version to the one that it was built with, or build a wheel for each"
        " Python with cibuildwheel: https://cibuildwheel.pypa.io",
    )
