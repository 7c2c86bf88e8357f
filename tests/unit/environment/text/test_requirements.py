"""Requirements files that are refused, and comments that stay."""

from __future__ import annotations

import time

import pytest

from private_wheel.environment.wrong_file import WrongFile
from tests.unit.environment.extending import (
    INDEX,
    LINE,
    Make,
    Reader,
    unreadable,
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n-r other.txt\n", 2),
        ("a\n\n  --requirement=other.txt # why\n", 3),
        ("a\n-rother.txt\n", 2),
        ("a\n--requirem x.txt\n-c c.txt\n", 2),
        ("a\n--requir x.txt\n", 2),
        ("", 1),
        ("\n \n", 1),
        ("a\nb \\\n", 2),
        ("a\nb \\\nc \\", 3),
        ("# -r no.txt\na \\\n  --hash=sha256:1\n--constr c.txt\n", 4),
        ("a\n--extra-index-url 'https://x\n", 2),
    ],
)
def test_requirements_that_are_unreadable(read: Reader, text: str, line: int) -> None:
    assert unreadable(read, text, "requirements.txt").line == line


@pytest.mark.parametrize(
    "unit", ["\\", "[", "(", '"', " ", "a @ ", "a; (", "--hash=a ", "a-", "./", "://", "eyJ"]
)
@pytest.mark.parametrize("head", ["", "a; ", "-i "])
def test_hostile_requirements_are_read_soon(read: Reader, unit: str, head: str) -> None:
    start = time.process_time()
    for count in (90_000,) if head else (90_000, 2_000_000):
        try:
            read(head + unit * (count // len(unit)), "requirements.txt")
        except WrongFile as error:
            assert error.line == 1  # noqa: PT017  # short ones are only strange
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    ("below", "left"),
    [
        ("    # via six\nattrs\n", "attrs\n"),
        ("# of attrs\nattrs\n", "# of attrs\nattrs\n"),
        ("\n    # of attrs\nattrs\n", "\n    # of attrs\nattrs\n"),
        ("    # via six\n\n    # of attrs\nattrs\n", "\n    # of attrs\nattrs\n"),
        ("    # via six\n# of attrs\n    # more\nattrs\n", "# of attrs\n    # more\nattrs\n"),
    ],
)
def test_the_comments_below_a_second_mention(make: Make, below: str, left: str) -> None:
    """pip-compile tells beneath a line what needs it."""
    text = f"acme-forecast==1\nsix\nacme-forecast>=1\n{below}"
    assert make(text, "base.txt").requirements == f"{INDEX}\n{LINE}\nsix\n{left}"
