"""Does it resolve: uv finds a version of everything, for the environment's Python on Linux. Nothing is installed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from private_wheel.errors import DoesNotResolve
from private_wheel.proof.check import Check
from private_wheel.wheels.compatibility import newest_release

# What Azure's images are made of: Ubuntu 22.04 has glibc 2.35.
PLATFORM = "x86_64-manylinux_2_35"


@dataclass(frozen=True, kw_only=True)
class LockedPackage:
    """One package of a resolution. `is_private`: it came from the private index."""

    name: str
    version: str
    is_private: bool


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What pip would install."""

    packages: tuple[LockedPackage, ...]

    def __str__(self) -> str:
        private = ", ".join(
            f"{package.name} {package.version}" for package in self.packages if package.is_private
        )
        count = f"{len(self.packages)} package" + ("s" if len(self.packages) != 1 else "")
        return count + (f", of these from the feed: {private}" if private else "")


def resolve(check: Check, python: Path, python_version: str) -> Resolved:
    """`python` makes packages that have no wheel.

    Raises:
        DoesNotResolve: with uv's explanation.
        PrivateWheelError: what the private index refused with.
    """
    lock = check.directory / "pylock.toml"
    ended = check.uv_on_part(
        *(
            "pip",
            "compile",
            str(check.file),
            "--quiet",
            "--format",
            "pylock.toml",
            "--output-file",
            str(lock),
        ),
        *(
            "--python",
            str(python),
            "--python-version",
            newest_release(python_version),
            "--python-platform",
            PLATFORM,
        ),
    )
    if ended.status != 0:
        raise DoesNotResolve(
            f"The environment does not resolve for Python {python_version} on Linux.",
            input=check.input,
            fix=check.advice,
            said="\n".join(["", *ended.last_lines]),
        )
    locked = _packages(lock)
    if check.part.is_hashed:
        _check_hashes(check, locked)
    return Resolved(
        packages=tuple(
            LockedPackage(
                name=package["name"],
                version=package.get("version", ""),
                is_private=any(
                    check.server.is_index_file(file["url"])
                    for file in _files(package)
                    if "url" in file
                ),
            )
            for package in locked
        )
    )


def _packages(lock: Path) -> list[dict[str, Any]]:
    """https://packaging.python.org/en/latest/specifications/pylock-toml/"""
    # Python 3.10 has no parser of its own.
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    found: list[dict[str, Any]] = toml.loads(lock.read_text(encoding="utf-8")).get("packages", [])
    return found


def _files(package: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    single = [package[kind] for kind in ("sdist", "archive") if kind in package]
    return [*package.get("wheels", []), *single]


def _check_hashes(check: Check, locked: Iterable[Mapping[str, Any]]) -> None:
    """As pip does once one line has a hash: every package needs one, and an exact version.

    uv asks for that only when it installs.
    Source: https://pip.pypa.io/en/stable/topics/secure-installs/#hash-checking-mode
    """
    for package in locked:
        hashes = check.part.hashes.get(package["name"])
        if package["name"] in check.part.unpinned:
            raise _wrong_hash(
                check,
                package,
                "is not pinned there with ==, and pip wants that once one has a hash",
            )
        if not hashes:
            raise _wrong_hash(
                check,
                package,
                "has no hash there, and pip wants one of every package once one has it",
            )
        offered = {pair for file in _files(package) for pair in file.get("hashes", {}).items()}
        # Another algorithm than the index's is for pip to compare.
        known = {algorithm for algorithm, _ in offered}
        if all(algorithm in known for algorithm, _ in hashes) and not hashes & offered:
            raise _wrong_hash(check, package, "has another hash there than the index")


def _wrong_hash(check: Check, package: Mapping[str, Any], what: str) -> DoesNotResolve:
    title = f"{package['name']} {package.get('version', '')}".strip()
    return DoesNotResolve(
        f"The environment does not resolve: {title} {what}.",
        input=check.input,
        fix="Correct the hashes in environment-base.",
    )
