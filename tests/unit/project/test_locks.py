"""The locks: every package by hash, and no index or download address, so that every machine uses
its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from scripts.lock import requirements
from scripts.set_up import package_locks

ROOT = Path(__file__).resolve().parents[3]
REQUIREMENTS = [source.with_suffix(".txt") for source, _ in requirements()]


@pytest.mark.parametrize("lock", REQUIREMENTS, ids=lambda lock: f"{lock.parent.name}/{lock.name}")
def test_requirements_are_pinned_by_hash_and_name_no_index(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert lock.with_suffix(".in").exists()
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash=sha256:[0-9a-f]{64})", text, re.MULTILINE)
    requirements = re.split(r"\n(?=\S)", text.strip())
    for requirement in requirements:
        assert re.match(r"[a-z0-9][a-z0-9._-]*==\S+", requirement), requirement
        assert "--hash=sha256:" in requirement


def test_the_installer_is_one_package() -> None:
    text = (ROOT / "requirements" / "installer.txt").read_text(encoding="utf-8")
    assert re.findall(r"^(\S+)==", text, re.MULTILINE) == ["uv"]


@pytest.mark.parametrize("lock", list(package_locks()), ids=lambda lock: lock.parent.name)
def test_npm_locks_have_a_hash_for_each_package_and_no_address(lock: Path) -> None:
    packages: dict[str, Any] = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    assert (lock.parent / ".npmrc").read_text(encoding="utf-8").splitlines()[-1] == (
        "omit-lockfile-registry-resolved=true"
    )
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name
