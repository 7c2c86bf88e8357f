"""Anchors of values that go, and of values that stay."""

from __future__ import annotations

import pytest

from tests.unit.environment.extending import (
    INDEX,
    LINE,
    Make,
    lines_of,
    refused,
)


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [
        ("name: a\ndependencies:\n- pip:\n  - &a acme-forecast\nvariables: {x: *a}\n", 4, "a"),
        ("name: &a x\nversion: *a\nimage: &b y\ndescription: *b\n", 3, "b"),
        ("dependencies: [&a python=3.10]\nvariables: {x: *a}\n", 1, "a"),
    ],
)
def test_an_anchor_that_is_used_elsewhere(make: Make, text: str, line: int, name: str) -> None:
    error = refused(make, text, python_version="3.9", image="z")
    assert error.line == line
    assert str(error).endswith(
        f": the anchor &{name} is used elsewhere in the file. Write its value there instead."
    )


def test_an_anchor_that_goes_with_its_alias(make: Make) -> None:
    text = "dependencies:\n- python\n- pip\n- pip:\n  - &a acme-forecast\n  - *a\nvariables: {x: &a b, y: *a}\n"
    assert lines_of(make(text)) == (INDEX, LINE)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "image: a\nconda_file:\n  dependencies: &d\n  - &a python=3.10\n  variables: {x: *a}\n",
            3,
        ),
    ],
)
def test_what_is_written_too_unusually(make: Make, text: str, line: int) -> None:
    """The anchor goes with the item, and another place needs it."""
    error = refused(make, text, python_version="3.9")
    assert error.line == line
    assert "cannot be extended" in str(error)
