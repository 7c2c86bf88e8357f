"""The check of what was written: it is read again, once, before anything is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from private_wheel.environment.text.nodes import Document, plain_data
from private_wheel.environment.text.requirements import Requirements, read_requirements
from private_wheel.environment.text.yaml import read_yaml
from private_wheel.environment.wrong_file import WrongFile

_UNSUPPORTED = "this is written in a way that cannot be extended."


def check_yaml(text: str, expected: Mapping[str, Any], path: str, line: int) -> Document:
    """Read what was written, which must say what was meant.

    This catches whatever the splices do not foresee in the ways to write YAML.

    Raises:
        WrongFile: It says something else, or cannot be read.
    """
    try:
        document = read_yaml(text, path)
        is_right = plain_data(document.root) == expected
    except WrongFile:
        is_right = False
    if not is_right:
        raise WrongFile(path, line, f"{_UNSUPPORTED} Write each item on its own line.")
    return document


def check_requirements(text: str, file: Requirements, expected: list[str]) -> Requirements:
    """Read what was written, which must have the expected lines.

    Raises:
        WrongFile: It has other lines, or cannot be read.
    """
    try:
        written = read_requirements(text, file.path, file.directory)
        is_right = [line.text for line in written.lines] == expected
    except WrongFile:
        is_right = False
    if not is_right:
        line = file.lines[0].line if file.lines else 1
        raise WrongFile(file.path, line, f"{_UNSUPPORTED} Write each package on one line.")
    return written
