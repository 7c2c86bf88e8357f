"""Which tags stand for which version of a package."""

from __future__ import annotations

from pathlib import Path

import pytest

from private_wheel.errors import TagMismatch
from private_wheel.wheels.tag import check_tag, tag_matches
from private_wheel.wheels.wheel import Wheel


def wheel(version: str, name: str = "acme-forecast") -> Wheel:
    return Wheel(path=Path("a.whl"), name=name, version=version, sha256="", requires_python="")


MATCHING = [
    # The version alone.
    ("1.2.3", "1.2.3"),
    ("v1.2.3", "1.2.3"),
    ("V1.2.3", "1.2.3"),
    ("1.2", "1.2.0"),
    ("1.2.0", "1.2"),
    ("v1.2.3rc1", "1.2.3rc1"),
    ("v1.2.3-rc.1", "1.2.3rc1"),
    ("v1.2.3-rc1", "1.2.3rc1"),
    ("1.2.3.post1", "1.2.3.post1"),
    ("1.2.3-1", "1.2.3.post1"),
    ("1!1.2.3", "1!1.2.3"),
    ("v1.2.3+local.1", "1.2.3+local.1"),
    # The name, spelled in any way, and the version.
    ("acme-forecast-1.2.3", "1.2.3"),
    ("acme-forecast-v1.2.3", "1.2.3"),
    ("acme_forecast-1.2.3", "1.2.3"),
    ("Acme.Forecast-1.2.3", "1.2.3"),
    ("acme-forecast/1.2.3", "1.2.3"),
    ("acme-forecast/v1.2.3", "1.2.3"),
    ("acme-forecast@1.2.3", "1.2.3"),
    ("acme-forecast_1.2.3", "1.2.3"),
    ("acme-forecast-1.2.3-rc1", "1.2.3rc1"),
]

OTHER = [
    ("1.2.4", "1.2.3"),
    ("v1.2", "1.2.3"),
    ("1.2.3rc1", "1.2.3"),
    ("1.2.3", "1.2.3rc1"),
    ("1.2.3", "1.2.3.post1"),
    ("1.2.3", "1.2.3.dev1"),
    ("1.2.3", "1.2.3+local"),
    ("1.2.3+local", "1.2.3"),
    ("1.2.3", "1!1.2.3"),
    ("acme-1.2.3", "1.2.3"),
    ("other-forecast-1.2.3", "1.2.3"),
    ("my-acme-forecast-1.2.3", "1.2.3"),
    ("acme-forecast-extra-1.2.3", "1.2.3"),
    ("acme-forecast1.2.3", "1.2.3"),
    ("acme-forecast 1.2.3", "1.2.3"),
    ("release/1.2.3", "1.2.3"),
    ("release-1.2.3", "1.2.3"),
    ("vv1.2.3", "1.2.3"),
    ("v", "1.2.3"),
    ("", "1.2.3"),
    ("latest", "1.2.3"),
    ("acme-forecast", "1.2.3"),
]


@pytest.mark.parametrize(("tag", "version"), MATCHING)
def test_a_tag_of_the_version(tag: str, version: str) -> None:
    assert tag_matches(tag, wheel(version))


@pytest.mark.parametrize(("tag", "version"), OTHER)
def test_a_tag_of_something_else(tag: str, version: str) -> None:
    assert not tag_matches(tag, wheel(version))


def test_a_name_that_ends_like_a_version() -> None:
    assert tag_matches("acme-2-1.0", wheel("1.0", name="acme-2"))
    assert not tag_matches("acme-2-1.0", wheel("1.0", name="acme"))
    assert tag_matches("acme-2", wheel("2", name="acme"))
    assert not tag_matches("acme-2", wheel("1.0", name="acme-2"))


@pytest.mark.parametrize(
    ("tag", "match_tag", "words"),
    [
        ("v1.2.3", "auto", ""),
        ("v1.2.3", "always", ""),
        ("v1.2.3", "never", ""),
        ("v9.9", "auto", "The tag is v9.9, but the wheel says acme-forecast 1.2.3."),
        ("v9.9", "always", "The tag is v9.9, but the wheel says acme-forecast 1.2.3."),
        ("v9.9", "never", ""),
        (None, "auto", ""),
        (None, "always", "This run was not started by the push of a tag."),
        (None, "never", ""),
    ],
)
def test_when_the_tag_is_checked(tag: str | None, match_tag: str, words: str) -> None:
    try:
        check_tag(wheel("1.2.3"), tag, match_tag)
    except TagMismatch as error:
        message = str(error)
    else:
        message = ""
    assert words in message
    assert bool(words) == bool(message)
