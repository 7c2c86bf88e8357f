"""What is read from the service's word about a blob, and how a wheel is judged beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from private_wheel.errors import BlobProtected
from private_wheel.publish.blob.storage import Blob
from private_wheel.publish.blob.stored import StoredBlob, read_properties
from private_wheel.publish.blob.wheel import ExistingRules, believed_sha256, is_cut_short, plan_blob
from private_wheel.wheels.wheel import Wheel, read_wheel

NOW = datetime.now(timezone.utc)
OTHER = "ab" * 32


def properties(**changed: Any) -> Any:
    found = {
        "size": 5,
        "etag": '"1"',
        "content_settings": SimpleNamespace(content_md5=bytearray(b"\1\2")),
        "metadata": {"SHA256": OTHER.upper()},
        "has_legal_hold": None,
        "immutability_policy": SimpleNamespace(expiry_time=None),
        "lease": SimpleNamespace(status="unlocked"),
    }
    return SimpleNamespace(**{**found, **changed})


@pytest.mark.parametrize(
    ("changed", "immutable", "leased"),
    [
        ({}, False, False),
        ({"has_legal_hold": True}, True, False),
        (
            {"immutability_policy": SimpleNamespace(expiry_time=NOW + timedelta(days=1))},
            True,
            False,
        ),
        (
            {"immutability_policy": SimpleNamespace(expiry_time=NOW - timedelta(days=1))},
            False,
            False,
        ),
        ({"lease": SimpleNamespace(status="locked")}, False, True),
    ],
)
def test_what_protects_a_blob(changed: dict[str, Any], immutable: bool, leased: bool) -> None:
    stored = read_properties(properties(**changed))
    assert (stored.immutable, stored.leased) == (immutable, leased)
    assert (stored.length, stored.etag, stored.md5, stored.sha256) == (5, '"1"', "0102", OTHER)


@pytest.mark.parametrize("told", ["abc", "x" * 64, f"{OTHER} ", f"{OTHER[:-1]}\n", ""])
def test_metadata_that_is_no_hash_says_nothing(told: str) -> None:
    assert read_properties(properties(metadata={"sha256": told})).sha256 == ""


class ReadBlob:
    """A blob whose bytes are known, and whether they were asked for."""

    def __init__(self, content: bytes) -> None:
        self.content, self.was_read = content, False

    def sha256(self, stored: StoredBlob) -> str:
        self.was_read = True
        return hashlib.sha256(self.content).hexdigest()


@pytest.fixture
def wheel(tiny_wheel: Callable[..., Path]) -> Wheel:
    return read_wheel(tiny_wheel())


@pytest.fixture
def twin(wheel: Wheel) -> StoredBlob:
    """The service's word about the wheel itself."""
    content = wheel.path.read_bytes()
    return StoredBlob(
        length=len(content),
        etag='"1"',
        md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        sha256=wheel.sha256,
        immutable=False,
        leased=False,
    )


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, "own"),
        ({"sha256": OTHER}, OTHER),
        ({"length": 1}, ""),
        ({"length": 1, "sha256": ""}, ""),
        ({"sha256": ""}, "own"),
        ({"sha256": "", "md5": "00" * 16}, ""),
        ({"sha256": "", "md5": ""}, ""),
    ],
)
def test_what_the_service_tells_of_the_content(
    wheel: Wheel, twin: StoredBlob, changed: Any, told: str
) -> None:
    assert believed_sha256(replace(twin, **changed), wheel) == (
        wheel.sha256 if told == "own" else told
    )


@pytest.mark.parametrize(
    ("if_exists", "reads_back", "read"),
    [
        ("verify", True, False),
        ("skip", True, False),
        ("verify", False, True),
        ("replace", True, True),
    ],
)
def test_when_the_bytes_are_read_in_the_plan(
    wheel: Wheel, twin: StoredBlob, if_exists: Any, reads_back: bool, read: bool
) -> None:
    blob = ReadBlob(wheel.path.read_bytes())
    rules = ExistingRules(if_exists=if_exists, reads_back=reads_back)
    plan = plan_blob(cast(Blob, blob), twin, wheel, rules, "here", kept=False)
    assert (plan.action, blob.was_read) == ("identical", read)


@pytest.mark.parametrize("protection", ["immutable", "leased", "kept"])
def test_what_is_protected_is_not_planned_to_be_replaced(
    wheel: Wheel, twin: StoredBlob, protection: str
) -> None:
    blob, rules = ReadBlob(b"other"), ExistingRules(if_exists="replace", reads_back=True)
    assert plan_blob(cast(Blob, blob), twin, wheel, rules, "here", kept=False).action == "replace"
    there = replace(twin, immutable=protection == "immutable", leased=protection == "leased")
    with pytest.raises(BlobProtected, match="lease" if protection == "leased" else "immutable"):
        plan_blob(cast(Blob, blob), there, wheel, rules, "here", kept=protection == "kept")


def test_a_blob_with_the_hash_of_something_else_is_not_cut_short(
    wheel: Wheel, twin: StoredBlob
) -> None:
    blob = ReadBlob(wheel.path.read_bytes()[:10])
    assert is_cut_short(cast(Blob, blob), replace(twin, length=10), wheel)
    assert not is_cut_short(cast(Blob, blob), replace(twin, length=10, sha256=OTHER), wheel)
    assert not is_cut_short(cast(Blob, blob), twin, wheel)
