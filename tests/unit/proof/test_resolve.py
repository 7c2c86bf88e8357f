"""What is said of a resolution, and pip's rules about hashes."""

from __future__ import annotations

from typing import Any

import pytest

from private_wheel.environment.pip.lines import read_pip_line
from private_wheel.proof.resolve import LockedPackage, Resolved, hash_problem
from private_wheel.proof.uv_part import UvPart, uv_part


def part(*lines: str) -> UvPart:
    return uv_part(
        [read_pip_line(line, 0) for line in lines],
        machine_indexes=[],
        reachable_index=str,
        local_requirement=lambda requirement, _: requirement,
    )


def locked(*hashes: str, kind: str = "wheels") -> dict[str, Any]:
    """Return the package six, with a file for each hash."""
    files = [{"hashes": dict([pair.split(":")])} for pair in hashes]
    return {"name": "six", "version": "1.0", kind: files if kind == "wheels" else files[0]}


@pytest.mark.parametrize(
    ("line", "package", "problem"),
    [
        ("six==1.0 --hash=sha256:0a", locked("sha256:0a"), ""),
        ("six==1.0 --hash=sha256:0a", locked("sha256:0b", "sha256:0a"), ""),
        ("six==1.0 --hash=sha256:0a --hash=sha256:0b", locked("sha256:0b"), ""),
        ("six==1.0 --hash=sha256:0A", locked("sha256:0a", kind="sdist"), ""),
        ("six @ https://a/six.zip#sha256=0a", locked("sha256:0a", kind="archive"), ""),
        # An algorithm that the index does not use is for pip to compare.
        ("six==1.0 --hash=sha512:0a", locked("sha256:0b"), ""),
        ("six==1.0 --hash=sha512:0a", locked(), ""),
        ("six==1.0 --hash=sha256:0a", locked("sha256:0b"), "has another hash in the index"),
        ("six==1.0 --hash=sha256:0a", locked("sha256:0b", kind="sdist"), "has another hash"),
        ("six>=1.0 --hash=sha256:0a", locked("sha256:0a"), "is not pinned with =="),
        ("six --hash=sha256:0a", locked("sha256:0a"), "is not pinned with =="),
        ("six==1.0", locked("sha256:0a"), "has no hash"),
        ("other==1.0 --hash=sha256:0a", locked("sha256:0a"), "has no hash"),
    ],
)
def test_hashes(line: str, package: dict[str, Any], problem: str) -> None:
    text = hash_problem(package, part(line))
    assert text.startswith(problem)
    assert bool(text) == bool(problem)


@pytest.mark.parametrize(
    ("packages", "text"),
    [
        ([], "0 packages"),
        ([("six", False)], "1 package"),
        (
            [("six", False), ("acme-core", True)],
            "2 packages, of these from the feed: acme-core 1.0",
        ),
        (
            [("acme-b", True), ("acme-a", True)],
            "2 packages, of these from the feed: acme-b 1.0, acme-a 1.0",
        ),
    ],
)
def test_how_a_resolution_is_reported(packages: list[tuple[str, bool]], text: str) -> None:
    locked_packages = tuple(
        LockedPackage(name=name, version="1.0", is_private=is_private)
        for name, is_private in packages
    )
    assert str(Resolved(packages=locked_packages)) == text
