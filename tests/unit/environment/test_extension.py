"""What changes in a file of the user's when the packages are put in, and that nothing else does."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from private_wheel.environment.addition import DEFAULT_IMAGE
from private_wheel.environment.extension import extend
from tests.unit.environment.extending import (
    ADDITION,
    INDEX,
    LINE,
    Make,
    lines_of,
    refused,
)


def test_without_a_base(checkout: Path) -> None:
    fresh = extend(None, dataclasses.replace(ADDITION, python_version="3.8", version="1.2"))
    assert fresh.conda == (
        "name: acme-forecast\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.8\n  - pip=25.0.1\n"
        f"  - pip:\n      - {INDEX}\n      - {LINE}\n"
    )
    assert fresh.definition == (
        "$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json\n"
        f'name: acme-forecast\nversion: "1.2"\nimage: {DEFAULT_IMAGE}\nconda_file:\n'
        + "".join(f"  {line}\n" for line in fresh.conda.splitlines())
    )
    assert fresh.requirements == f"{INDEX}\n{LINE}\n"
    assert lines_of(fresh) == (INDEX, LINE)
    assert (fresh.name, fresh.image, fresh.python_version, fresh.extra) == (
        "acme-forecast",
        DEFAULT_IMAGE,
        "3.8",
        {},
    )


@pytest.mark.parametrize(
    ("python", "pip"),
    [
        ("3.6", "21.3.1"),
        ("3.7", "24.0"),
        ("3.8", "25.0.1"),
        ("3.9", "25.2"),
        ("3.8.10", "25.0.1"),
        ("3.13", "25.2"),
    ],
)
def test_the_last_pip_of_a_python(checkout: Path, python: str, pip: str) -> None:
    assert (
        f"- python={python}\n  - pip={pip}\n"
        in extend(None, dataclasses.replace(ADDITION, python_version=python)).conda
    )


@pytest.mark.parametrize("name", ["a" * 300, "/".join(["a" * 200] * 30)])
@pytest.mark.parametrize(
    ("text", "file"), [("six\n./{}\n", "base.txt"), ("dependencies:\n- pip: [./{}]\n", "base.yml")]
)
def test_a_local_path_that_no_machine_can_have(make: Make, name: str, text: str, file: str) -> None:
    error = refused(make, text.format(name), file)
    assert (error.path, error.line) == (file, 2)
    assert "is a local path" in str(error)
