"""The table of `if-exists`: what happens to an existing file."""

from __future__ import annotations

import pytest

from private_wheel.errors import ContentDiffers, FileExists, PrivateWheelError
from private_wheel.publish.if_exists import IfExists, plan_for_existing
from private_wheel.publish.route import Plan
from private_wheel.wheels.wheel import Wheel

OTHER = "ab" * 32


def plan(wheel: Wheel, sha256: str, if_exists: IfExists) -> Plan:
    return plan_for_existing(
        wheel, lambda: sha256, if_exists, location="the feed", advice="Raise it.", etag='"1"'
    )


@pytest.mark.parametrize("if_exists", ["verify", "skip", "replace"])
def test_the_same_content_is_left_alone(wheel: Wheel, if_exists: IfExists) -> None:
    planned = plan(wheel, wheel.sha256, if_exists)
    assert (planned.action, planned.sha256, planned.replaces) == ("identical", wheel.sha256, "")
    assert not planned.sends


def test_other_content_is_skipped(wheel: Wheel) -> None:
    planned = plan(wheel, OTHER, "skip")
    assert (planned.action, planned.sha256) == ("skip", OTHER)
    assert not planned.sends


def test_other_content_is_replaced_if_it_has_not_changed_since(wheel: Wheel) -> None:
    planned = plan(wheel, OTHER, "replace")
    assert (planned.action, planned.sha256, planned.replaces) == ("replace", wheel.sha256, '"1"')
    assert planned.sends


@pytest.mark.parametrize(
    ("if_exists", "sha256", "kind"),
    [("verify", OTHER, ContentDiffers), ("fail", OTHER, FileExists), ("fail", "", FileExists)],
)
def test_a_conflict(
    wheel: Wheel, if_exists: IfExists, sha256: str, kind: type[PrivateWheelError]
) -> None:
    with pytest.raises(kind) as caught:
        plan(wheel, sha256 or wheel.sha256, if_exists)
    assert caught.value.input == "if-exists"
    assert "the feed" in caught.value.what


def test_fail_does_not_read_the_file(wheel: Wheel) -> None:
    def sha256() -> str:
        raise AssertionError("asked")

    with pytest.raises(FileExists):
        plan_for_existing(wheel, sha256, "fail", location="the feed", advice="")


def test_the_conflict_names_both_hashes(wheel: Wheel) -> None:
    with pytest.raises(ContentDiffers) as caught:
        plan(wheel, OTHER, "verify")
    assert OTHER in caught.value.what
    assert wheel.sha256 in caught.value.what
    assert caught.value.fix.startswith("Raise it.")
