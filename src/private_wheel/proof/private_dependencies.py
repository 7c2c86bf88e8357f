"""The wheels of the private packages that an environment needs besides ours, for a directory of wheels."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from private_wheel.errors import DoesNotResolve
from private_wheel.proof.resolve import LockedPackage, Resolved
from private_wheel.publish.feed.index import IndexedFile, SimpleIndex
from private_wheel.wheels.compatibility import UBUNTU_GLIBC, supported_tags
from private_wheel.wheels.wheel import WheelFile

if TYPE_CHECKING:
    from packaging.tags import Tag

_MANYLINUX = re.compile(r"manylinux_2_(\d+)_")


def download_private_dependencies(
    resolved: Resolved,
    ours: Iterable[str],
    index: SimpleIndex,
    python_version: str,
    directory: Path,
) -> list[WheelFile]:
    """Fetch into `directory` the best wheel of every package that came from the private index.

    `ours` are the canonical names of the packages of this run.

    Raises:
        DoesNotResolve: a package has no wheel for the environment's Python on Linux.
        PrivateWheelError: as `SimpleIndex.open`.
    """
    left_out, tags = frozenset(ours), image_tags(python_version)
    wanted = [
        package
        for package in resolved.packages
        if package.is_private and package.name not in left_out
    ]
    chosen = [_best_wheel(package, index, tags, python_version) for package in wanted]
    return [_download(file, index, directory) for file in chosen]


def image_tags(python_version: str) -> dict[Tag, int]:
    """What an image of Ubuntu 22.04 takes, and how well it fits: 0 is the best."""
    found = supported_tags(python_version)
    return {tag: rank for tag, rank in found.items() if _glibc(tag.platform) <= UBUNTU_GLIBC}


def _glibc(platform: str) -> int:
    named = _MANYLINUX.match(platform)
    return int(named[1]) if named else 0


def _best_wheel(
    package: LockedPackage, index: SimpleIndex, tags: dict[Tag, int], python_version: str
) -> IndexedFile:
    fitting = []
    for file in index.files(package.name):
        place = _place(file, package.version, tags)
        if place is not None:
            fitting.append((place, file))
    if not fitting:
        raise DoesNotResolve(
            f"The private package {package.name} {package.version} has no wheel for Python {python_version} on Linux.",
            input="environment-formats",
            fix="Publish one to the feed, or leave out the format wheelhouse.",
        )
    return min(fitting, key=lambda pair: pair[0])[1]


def _place(file: IndexedFile, version: str, tags: dict[Tag, int]) -> tuple[int, ...] | None:
    """How well a wheel of `version` fits; of equal ones the higher build number is the better (PEP 427)."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename
    from packaging.version import Version

    try:
        _, found, build, wheel_tags = parse_wheel_filename(file.name)
    except (InvalidWheelFilename, ValueError):  # a number of thousands of digits
        return None
    places = [tags[tag] for tag in wheel_tags if tag in tags]
    if found != Version(version) or not places:
        return None
    return (min(places), -build[0] if build else 0)


def _download(file: IndexedFile, index: SimpleIndex, directory: Path) -> WheelFile:
    path, digest = directory / file.name, hashlib.sha256()
    with index.open(file) as content, path.open("wb") as target:
        for block in content.blocks:
            digest.update(block)
            target.write(block)
    return WheelFile(path=path, sha256=digest.hexdigest())
