"""Writing the environment files: one writer a format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from private_wheel.environment.azureml import azureml_yaml
from private_wheel.environment.conda import conda_yaml
from private_wheel.environment.directory import check_directory, write_whole
from private_wheel.environment.model import Environment
from private_wheel.errors import InvalidInputs, Problem

_WRITERS = {"conda": ("conda.yml", conda_yaml), "azureml": ("environment.yml", azureml_yaml)}


def write_environment(environment: Environment, formats: Sequence[str], directory: Path) -> dict[str, Path]:
    """Write the files and return the path of each format. Whatever stands there under the same names is replaced."""
    try:
        check_directory(str(directory))  # again: since the start, foreign code has run
    except ValueError as error:
        raise InvalidInputs([Problem(input="environment-dir", what=str(error))]) from None
    directory.mkdir(parents=True, exist_ok=True)
    written = {}
    for name in formats:
        file_name, writer = _WRITERS[name]
        written[name] = directory / file_name
        write_whole(written[name], writer(environment))
    return written
