"""Whether an environment resolves: uv finds a version of everything for its Python on Linux."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from private_wheel.errors import DoesNotResolve
from private_wheel.proof.check import Check
from private_wheel.proof.index_server import IndexServer
from private_wheel.proof.uv_part import UvPart
from private_wheel.wheels.compatibility import newest_release

# Azure's images are based on Ubuntu 22.04, which has glibc 2.35.
PLATFORM = "x86_64-manylinux_2_35"


@dataclass(frozen=True, kw_only=True)
class LockedPackage:
    """One package of a resolution; `is_private` if it came from the private index."""

    name: str
    version: str
    is_private: bool


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What pip would install."""

    packages: tuple[LockedPackage, ...]

    def __str__(self) -> str:
        """Return the number of packages, and the private ones with their versions."""
        plural = "" if len(self.packages) == 1 else "s"
        count = f"{len(self.packages)} package{plural}"
        private = [
            f"{package.name} {package.version}" for package in self.packages if package.is_private
        ]
        return f"{count}, of these from the feed: {', '.join(private)}" if private else count


def resolve(check: Check, python: Path, python_version: str) -> Resolved:
    """Find a version of everything in the pip part. Nothing is installed.

    Args:
        check: Has the pip part.
        python: The interpreter that builds packages without a wheel.
        python_version: The Python of the environment, X.Y or X.Y.Z.

    Raises:
        DoesNotResolve: With uv's explanation.
        PrivateWheelError: The private index refused.
    """
    lock = check.directory / "pylock.toml"
    options = {
        "--format": "pylock.toml",
        "--output-file": str(lock),
        "--python": str(python),
        "--python-version": newest_release(python_version),
        "--python-platform": PLATFORM,
    }
    arguments = [argument for option in options.items() for argument in option]
    ended = check.uv_on_part("pip", "compile", str(check.file), "--quiet", *arguments)
    if ended.status != 0:
        raise DoesNotResolve(
            f"The environment does not resolve for Python {python_version} on Linux.",
            input=check.input,
            fix=check.advice,
            said="\n".join(["", *ended.last_lines]),
        )
    locked = _read_lock(lock)
    if check.part.is_hashed:
        _check_hashes(check, locked)
    return Resolved(packages=tuple(_locked_package(package, check.server) for package in locked))


def _locked_package(package: Mapping[str, Any], server: IndexServer) -> LockedPackage:
    urls = [file["url"] for file in _files(package) if "url" in file]
    return LockedPackage(
        name=package["name"],
        version=package.get("version", ""),
        is_private=any(server.is_index_file(url) for url in urls),
    )


def _read_lock(lock: Path) -> list[dict[str, Any]]:
    """Return the packages of a lock.

    Source: https://packaging.python.org/en/latest/specifications/pylock-toml/
    """
    # Python 3.10 has no parser of its own.
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    content: dict[str, Any] = toml.loads(lock.read_text(encoding="utf-8"))
    packages: list[dict[str, Any]] = content.get("packages", [])
    return packages


def _files(package: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    single = [package[kind] for kind in ("sdist", "archive") if kind in package]
    return [*package.get("wheels", []), *single]


def _check_hashes(check: Check, locked: Iterable[Mapping[str, Any]]) -> None:
    """Require a hash and an exact version of every package, as pip does once one line has a hash.

    uv requires that only when it installs.
    Source: https://pip.pypa.io/en/stable/topics/secure-installs/#hash-checking-mode
    """
    for package in locked:
        if problem := hash_problem(package, check.part):
            title = f"{package['name']} {package.get('version', '')}".strip()
            raise DoesNotResolve(
                f"The environment does not resolve: {title} {problem}.",
                input=check.input,
                fix="Correct the hashes in environment-base.",
            )


def hash_problem(package: Mapping[str, Any], part: UvPart) -> str:
    """Return what is wrong with the hashes of a locked package, else an empty text."""
    name = package["name"]
    if name in part.unpinned:
        return "is not pinned with ==, which pip requires once a line has a hash"
    hashes = part.hashes.get(name)
    if not hashes:
        return "has no hash, which pip requires of all packages once a line has one"
    return "" if _is_offered(hashes, package) else "has another hash in the index"


def _is_offered(hashes: Iterable[tuple[str, str]], package: Mapping[str, Any]) -> bool:
    """Return whether the index has a file with one of the hashes.

    A hash by another algorithm than the index's is for pip to compare.
    """
    offered: set[tuple[str, str]] = set()
    for file in _files(package):
        offered |= set(file.get("hashes", {}).items())
    algorithms = {algorithm for algorithm, _ in offered}
    return any(pair in offered or pair[0] not in algorithms for pair in hashes)
