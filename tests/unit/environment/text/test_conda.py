"""Conda files that are refused, with the line and the reason."""

from __future__ import annotations

import pytest

from private_wheel.environment.wrong_file import WrongFile
from tests.unit.environment.extending import (
    Reader,
    unreadable,
)

CONDA = {
    "- dependencies\n": (1, "must be a conda file .* It contains a list."),
    "name: x\nchannels: []\n": (1, "must be a conda file .* Existing keys: name, channels.$"),
    "name: x\nchannels: []\ndependancies: []\n": (
        1,
        "Existing keys: name, channels, dependancies. Did you mean dependencies?",
    ),
    "name: x\nimages: y\n": (1, "Existing keys: name, images. Did you mean image?"),
    "".join(f"k{n}: 1\n" for n in range(20)): (
        1,
        "Existing keys: k0, k1, k2, k3, k4, k5, k6, k7 and others.$",
    ),
    "# c\ntext\n": (2, "It contains only text"),
    "name: x\ndependencies:\n  numpy: 1\n": (3, "must be a list"),
    "name: x\ndependencies:\n": (
        2,
        "dependencies must be a list. Write each package on its own line, starting with '- '.",
    ),
    "dependencies:\n- numpy\n- 1.0\n": (3, "is not text"),
    "dependencies:\n- numpy\n- true\n": (3, "is not text"),
    "dependencies:\n- numpy\n-\n": (3, "empty item"),
    "dependencies:\n- numpy\n- [a]\n": (3, "list or mapping"),
    "dependencies:\n- a\n- pip:\n  - b\n- pip:\n  - c\n": (5, "second pip section"),
    "dependencies:\n- a\n- npm:\n  - b\n": (3, "only mapping allowed"),
    "dependencies:\n- pip: [a]\n  npm: [b]\n": (2, "only mapping allowed"),
    "dependencies:\n- pip:\n    a: b\n": (3, "must be a list"),
    "dependencies:\n- pip: numpy\n": (
        2,
        "pip must be a list. Write each package on its own line, starting with '- '.",
    ),
    "dependencies:\n- pip:\n  - a\n  - b: c\n": (4, "list or mapping"),
    "dependencies:\n- pip:\n  - a\n  - 2\n": (4, "is not text"),
    "dependencies:\n- pip:\n  - |\n    a\n    b\n": (3, "several lines"),
    "dependencies:\n- pip:\n  - a \\\n  - b\n": (3, "continues in the next one"),
    "dependencies:\n- pip:\n  - 'six \\ # c'\n  - b\n": (3, "continues in the next one"),
    "dependencies:\n- pip:\n  - a\n  - -r requirements.txt\n": (
        4,
        "--requirement refers to another file",
    ),
    "dependencies:\n- pip:\n  - --constraint=c.txt\n": (3, "--constraint refers to another file"),
    "dependencies:\n- pip:\n  - --find-links 'a\n": (3, "a quote in the options"),
}


@pytest.mark.parametrize("text", CONDA)
def test_conda_files_that_are_unreadable(read: Reader, text: str) -> None:
    line, what = CONDA[text]
    error = unreadable(read, text)
    assert error.line == line, str(error)
    with pytest.raises(WrongFile, match=what):
        raise error
