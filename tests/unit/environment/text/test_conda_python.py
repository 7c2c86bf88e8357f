"""Which Python a conda file asks for, and how its line changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from private_wheel.environment.base import read_base
from private_wheel.environment.extension import extend
from tests.unit.environment.extending import (
    ADDITION,
    Make,
    refused,
)

PYTHONS = {
    "python=3.10": ("3.10", "python=3.9"),
    "python==3.10.4": ("3.10.4", "python=3.9"),
    "python=3.10.*": ("3.10", "python=3.9"),
    "python 3.10": ("3.10", "python=3.9"),
    "'python =3.10.4=h12_0'": ("3.10.4", "'python=3.9'"),
    '"conda-forge::python=3.10"': ("3.10", '"conda-forge::python=3.9"'),
    "python>=3.8,<3.12": ("3.11", "python=3.9"),
    "python": ("3.11", "python=3.9"),
    "python=3": ("3.11", "python=3.9"),
    "python=3.9": ("3.9", "python=3.9"),
    "python=3.9.18": ("3.9.18", "python=3.9.18"),
    "python=3.90": ("3.90", "python=3.9"),
}


@pytest.mark.parametrize("item", PYTHONS)
def test_python(make: Make, item: str) -> None:
    text = f"dependencies:\n- numpy\n- {item} # p\n- pip\n- python-dateutil\n"
    own, asked = PYTHONS[item]
    left, changed = make(text), make(text, python_version="3.9")
    assert (left.python_version, f"- {item} # p\n" in left.conda) == (own, True)
    assert changed.conda == left.conda.replace(f"- {item} # p\n", f"- {asked} # p\n")
    assert changed.python_version == (own if asked == item else "3.9")


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["python"], "3.11"),
        (["python>=3.9,<3.12"], "3.11"),
        (["python >=3.12"], "3.14"),
        (["python<3.10"], "3.9"),
        (["python=3.9|3.10"], "3.10"),
        (["python=3.9|>=3.11,!=3.12.*"], "3.11"),
        (["python <=3.8"], "3.8"),
        (["python=3.*"], "3.11"),
        (["python *"], "3.11"),
        (["python >= 3.8, < 3.10"], "3.9"),
        (["python>=3.8,<3.10=*_cpython"], "3.9"),
        (["python[version='>=3.8,<3.10', build=x]"], "3.9"),
        (["python~=3.12"], "3.14"),
        (["python=3.13.0rc1"], "3.13"),
    ],
)
def test_a_range_of_pythons(make: Make, items: list[str], expected: str) -> None:
    text = "dependencies:\n- numpy\n" + "".join(
        f"- '{item}'\n".replace("'>", "''>").replace("',", "'',") for item in items
    )
    extended = make(text)
    assert (extended.python_version, extended.python_line, extended.python_is_open) == (
        expected,
        3,
        True,
    )


def test_where_the_python_is_said(make: Make, checkout: Path) -> None:
    def of(text: str, **changes: str) -> tuple[int, bool]:
        extended = make(text, **changes)
        return extended.python_line, extended.python_is_open

    assert of("dependencies:\n- a\n- python=3.10=x\n") == (3, False)
    assert of("dependencies:\n- a\n- python=3.10\n", python_version="3.9") == (0, False)
    assert of("dependencies:\n- a\n- python=3.10\n", python_version="3.10") == (0, False)
    assert of("dependencies:\n- a\n") == (0, False)
    assert of("image: x\nconda_file:\n  dependencies:\n  - python\n") == (4, True)
    (checkout / "conda.yml").write_text("dependencies:\n- python\n")
    assert of("image: x\nname: y\nconda_file: conda.yml\n") == (2, True)
    assert extend(None, ADDITION).python_line == 0
    (checkout / "base.txt").write_text("numpy\n")
    assert extend(read_base("base.txt", checkout), ADDITION).python_line == 0


@pytest.mark.parametrize(
    ("items", "line", "what"),
    [
        (["python=abc"], 2, "'python=abc' does not specify a Python version. Write python=3.11."),
        (["python=3.11,"], 2, "does not specify a Python version"),
        (["python=>3.8"], 2, "does not specify a Python version"),
        (["python~=3"], 2, "does not specify a Python version"),
        (["python>=4"], 2, "no Python from 3.6 to 3.14 matches 'python>=4'. Write python=3.11."),
        (["python>=3.10,<3.9"], 2, "no Python from"),
        (["python<3.6"], 2, "no Python from"),
        (
            ["python=3.10", "numpy", "python=3.11"],
            4,
            "python is listed twice. Remove one of them.",
        ),
        (["python=3.10", "python>=3.8"], 3, "listed twice"),
    ],
)
def test_pythons_that_are_none(make: Make, items: list[str], line: int, what: str) -> None:
    text = "dependencies:\n" + "".join(f"- {item}\n" for item in items)
    error = refused(make, text)
    assert error.line == line
    assert what in str(error)
    assert make(text, python_version="3.9").conda.startswith("dependencies:\n- python=3.9\n")
    assert make(text, python_version="3.9").conda.count("python=") == 1


def test_a_second_python_goes_when_one_is_asked_for(make: Make) -> None:
    text = "dependencies:\n- python>=3.8\n- python<4\n- pip\n"
    assert "- python=3.9\n- pip\n" in make(text, python_version="3.9").conda


def test_several_lines_for_python_become_one(make: Make) -> None:
    text = "dependencies:\n- python>=3.8\n- python<3.12\n- python!=3.9\n- six\n"
    assert make(text, python_version="3.11").conda.startswith(
        "dependencies:\n- python=3.11\n- six\n"
    )


def test_a_python_between_two_patches(make: Make) -> None:
    assert make("dependencies:\n- python>3.12.3,<3.13\n").python_version == "3.12"
