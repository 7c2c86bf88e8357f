"""The wheels of the private packages that the packages of a run need, for a directory of wheels."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from private_wheel.errors import DoesNotResolve
from private_wheel.proof.resolve import Resolved
from private_wheel.publish.feed.index import SimpleIndex
from private_wheel.publish.feed.page import IndexedFile
from private_wheel.wheels.compatibility import UBUNTU_GLIBC, supported_tags
from private_wheel.wheels.wheel import WheelFile

if TYPE_CHECKING:
    from packaging.tags import Tag

_MANYLINUX = re.compile(r"manylinux_2_(\d+)_")


def download_private_dependencies(
    resolved: Resolved,
    *,
    left_out: Collection[str],
    index: SimpleIndex,
    python_version: str,
    directory: Path,
) -> list[WheelFile]:
    """Download the best wheel of every package that came from the private index.

    Args:
        resolved: The packages of the environment.
        left_out: Canonical names of packages that are not downloaded.
        index: The private index.
        python_version: The environment's Python.
        directory: Where the wheels are put.

    Raises:
        DoesNotResolve: A package has no wheel for this Python on Linux.
        PrivateWheelError: The index refused.
    """
    ranks = image_tags(python_version)
    files = []
    for package in resolved.packages:
        if not package.is_private or package.name in left_out:
            continue
        file = best_file(index.files(package.name), package.version, ranks)
        if not file:
            title = f"{package.name} {package.version}"
            raise DoesNotResolve(
                f"The private package {title} has no wheel for Python {python_version} on Linux.",
                input="environment-formats",
                fix="Publish one to the feed, or leave out the format wheelhouse.",
            )
        files.append(file)
    return [_download(file, index, directory) for file in files]


def image_tags(python_version: str) -> dict[Tag, int]:
    """Return the tags that an image of Ubuntu 22.04 takes, each with its rank; 0 is the best."""
    ranks = supported_tags(python_version)
    return {tag: rank for tag, rank in ranks.items() if _glibc(tag.platform) <= UBUNTU_GLIBC}


def _glibc(platform: str) -> int:
    match = _MANYLINUX.match(platform)
    return int(match[1]) if match else 0


def best_file(
    files: Iterable[IndexedFile], version: str, ranks: Mapping[Tag, int]
) -> IndexedFile | None:
    """Return the wheel of `version` with the best tag, and of those the last build (PEP 427)."""
    best, best_rank = None, None
    for file in files:
        rank = _rank(file, version, ranks)
        if rank is not None and (best_rank is None or rank < best_rank):
            best, best_rank = file, rank
    return best


def _rank(file: IndexedFile, version: str, ranks: Mapping[Tag, int]) -> tuple[int, int] | None:
    """Return how well a wheel of `version` fits: less is better. None if it does not."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename
    from packaging.version import Version

    try:
        _, file_version, build, tags = parse_wheel_filename(file.name)
    except (InvalidWheelFilename, ValueError):  # a number of thousands of digits
        return None
    fitting = [ranks[tag] for tag in tags if tag in ranks]
    if file_version != Version(version) or not fitting:
        return None
    return min(fitting), -build[0] if build else 0


def _download(file: IndexedFile, index: SimpleIndex, directory: Path) -> WheelFile:
    path = directory / file.name
    digest = hashlib.sha256()
    with index.open(file) as content, path.open("wb") as target:
        for block in content.blocks:
            digest.update(block)
            target.write(block)
    return WheelFile(path=path, sha256=digest.hexdigest())
