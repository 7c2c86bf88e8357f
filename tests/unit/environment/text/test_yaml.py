"""YAML that is refused, with the line and the reason."""

from __future__ import annotations

import time

import pytest

from private_wheel.environment.wrong_file import WrongFile
from tests.unit.environment.extending import (
    Reader,
    unreadable,
)

YAML = {
    "": (1, "the file is empty. Remove environment-base, or specify another file."),
    "# only\n---\n": (1, "empty"),
    "dependencies:\n\t- numpy\n": (2, "tab"),
    "dependencies:\n- a\n - b: c\n": (3, "invalid YAML"),
    "dependencies: [a\nname: x\n": (2, "invalid YAML"),
    "dependencies:\n- 'a\n": (2, "a quote is opened here and never closed"),
    'dependencies:\n- "a\n- b\nname: c\n': (2, "a quote is opened here and never closed"),
    "dependencies:\n  - a\n - b\n": (
        3,
        "the indentation of this line differs from the lines before it.",
    ),
    "dependencies:\n- pip:\n    - a\n   - b\n": (4, "the indentation of this line"),
    "dependencies:\n- 'a' b\n": (2, "invalid YAML"),
    "dependencies: []\n---\nname: x\n": (2, "second document"),
    "%YAML 1.1\n---\ndependencies: []\n": (2, "directive"),
    "dependencies: []\nname: a\nname: b\n": (
        3,
        "duplicate key 'name'. Remove one of them.",
    ),
    "dependencies: []\nvariables: {a: 1,\n a: 2}\n": (3, "duplicate key"),
    "a: &a {b: c}\ndependencies: []\nd:\n  <<: *a\n": (4, "merge key"),
    "a: &a [b]\ndependencies: *a\n": (2, r"\*a"),
    "dependencies:\n- &a [*a]\n": (2, r"\*a"),
    "dependencies:\n- *a\n": (2, "has no anchor before it"),
    "dependencies:\n- !!python/object/apply:os.system ['id']\n": (2, "tag"),
    "dependencies:\n- !!str a\n": (2, "tag"),
    "name: !x y\ndependencies: []\n": (1, "tag"),
    "? [a]\n: b\ndependencies: []\n": (1, "cannot be a key"),
}


@pytest.mark.parametrize("text", YAML)
def test_yaml_that_is_unreadable(read: Reader, text: str) -> None:
    line, what = YAML[text]
    error = unreadable(read, text)
    assert error.line == line, str(error)
    with pytest.raises(WrongFile, match=what):
        raise error


def test_an_alias_to_a_scalar_is_fine(read: Reader) -> None:
    assert read("x: &v numpy\ndependencies:\n- *v\n").kind == "conda"


def _filled(unit: str) -> str:
    return unit * (2 * 1024 * 1024 // len(unit) - 1)


HOSTILE = {
    "nested": "[" * 1_000_000,
    "nested mappings": "{a: " * 500_000,
    "anchors": "- &a x\n" * 49_000,
    "anchors in a line": f"a: [{_filled('&a x, ')}]",
    "values": f"a: [{_filled('x,')}]"[: 2 * 1024 * 1024 - 1],
    "nested keys": _filled("? "),
    "nested alternately": "dependencies:\n- " + "[{a: " * 300_000,
    "bomb": "x0: &x0 [a]\n"
    + "".join(f"x{n}: &x{n} [{','.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 50)),
    "one word": "dependencies:\n- " + "a" * 2_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_is_refused_soon(read: Reader, name: str) -> None:
    start = time.process_time()
    try:
        read(HOSTILE[name])
    except WrongFile as error:
        assert error.line > 0  # noqa: PT017  # one of them is only large
        assert ("nested" in name) == ("nested too deeply" in str(error))  # noqa: PT017
    assert time.process_time() - start < 20
