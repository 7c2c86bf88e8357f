"""Which files can be extended, and the line that says why one cannot."""

from __future__ import annotations

import pytest

from tests.unit.environment.extending import (
    Reader,
    unreadable,
)


def test_the_kinds(read: Reader) -> None:
    assert read("dependencies: [numpy]\n").kind == "conda"
    assert read("dependencies: [numpy]\n", "base.yaml").kind == "conda"
    assert read("image: a\n").kind == "azureml"
    assert read("conda_file: {dependencies: [numpy]}\n").kind == "azureml"
    assert read("numpy\n", "requirements.txt").kind == "requirements"
    assert read("numpy\n", "sub/requirements-dev.in").kind == "requirements"
    assert read("# none yet\n", "requirements.txt").text == "# none yet\n"


def test_line_ends_and_byte_order_marks(read: Reader) -> None:
    for text in (b"a\r\nb\r\n", b"a\rb", b"\xef\xbb\xbfa\nb\n", b"a\nb"):
        assert read(text, "requirements.txt").text == "a\nb\n"
    assert read(b"\xef\xbb\xbfdependencies:\r\n- \xc3\xa4\r\n").text == "dependencies:\n- \u00e4\n"


@pytest.mark.parametrize(
    "name", ["base.toml", "requirements", "Pipfile", "base.yml.j2", "environment.json"]
)
def test_names_of_other_kinds(read: Reader, name: str) -> None:
    text = str(unreadable(read, "dependencies: []\n", name))
    assert text == (
        f"{name} has an unsupported file extension. Use .yml or .yaml for a conda file or an "
        "environment YAML, or .txt or .in for a requirements file."
    )
