"""Writing the environment files: a table of the formats, each with its own writer."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from private_wheel.environment.formats.azureml_v1 import azureml_v1_files
from private_wheel.environment.formats.directory import UNFINISHED, check_directory, write_whole
from private_wheel.environment.formats.wheelhouse import wheelhouse_files
from private_wheel.environment.model import Environment
from private_wheel.errors import BrokenWheel, InvalidInputs, Problem
from private_wheel.wheels.wheel import WheelFile

# The text of a file; or the files of a directory, by path: their text, or the wheel to copy.
Content = str | Mapping[str, str | WheelFile]


@dataclass(frozen=True, kw_only=True)
class Format:
    """A format: its file or directory, and what is in it.

    `content` gets the environment, and the wheels of the private packages that it depends on.
    """

    path: str
    content: Callable[[Environment, Sequence[WheelFile]], Content]


_FORMATS = {
    "conda": Format(path="conda.yml", content=lambda environment, _: environment.content.conda),
    "azureml": Format(
        path="environment.yml", content=lambda environment, _: environment.content.definition
    ),
    "azureml-v1": Format(
        path="azureml-v1", content=lambda environment, _: azureml_v1_files(environment)
    ),
    "requirements": Format(
        path="requirements.txt", content=lambda environment, _: environment.content.requirements
    ),
    "wheelhouse": Format(path="wheelhouse", content=wheelhouse_files),
}


def write_environment(
    environment: Environment,
    formats: Sequence[str],
    directory: Path,
    dependencies: Sequence[WheelFile] = (),
) -> dict[str, Path]:
    """Write the files, and return the path of each format. Existing files are replaced.

    Args:
        environment: What to write.
        formats: The names of the formats.
        directory: Where to write; it is created if it does not exist.
        dependencies: The wheels of the private packages that the environment depends on.

    Raises:
        InvalidInputs: The directory cannot be written to any more.
        BrokenWheel: A wheel was changed since it was read.
    """
    try:
        check_directory(str(directory))  # again: foreign code has run since the first time
    except ValueError as error:
        raise InvalidInputs([Problem(input="environment-dir", what=str(error))]) from None
    directory.mkdir(parents=True, exist_ok=True)
    _remove_unfinished(directory)
    written = {}
    for name in formats:
        path = directory / _FORMATS[name].path
        content = _FORMATS[name].content(environment, dependencies)
        if isinstance(content, str):
            write_whole(path, content)
        else:
            _write_directory(path, content)
        written[name] = path
    return written


def _remove_unfinished(directory: Path) -> None:
    """Remove what a run that was killed has left."""
    for path in directory.glob(f"{UNFINISHED}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _write_directory(directory: Path, files: Mapping[str, str | WheelFile]) -> None:
    """Write a directory as a whole or not at all. Nothing of an earlier one remains."""
    unfinished = Path(tempfile.mkdtemp(dir=directory.parent, prefix=UNFINISHED))
    try:
        for name, content in files.items():
            file = unfinished / name
            file.parent.mkdir(exist_ok=True)
            if isinstance(content, WheelFile):
                _copy(content, file)
            else:
                file.write_bytes(content.encode())
        unfinished.chmod(0o755)
        if directory.is_symlink() or directory.is_file():
            directory.unlink()
        elif directory.exists():
            shutil.rmtree(directory)
        unfinished.replace(directory)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _copy(wheel: WheelFile, target: Path) -> None:
    """Copy a wheel, which must still be the file that was read.

    Raises:
        BrokenWheel: It is another file.
    """
    digest = hashlib.sha256()
    try:
        # A link is not followed: it could lead to any file of this user.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        source = os.open(wheel.path, flags)
        with open(source, "rb") as file, target.open("wb") as copy:  # noqa: PTH123  # a descriptor
            while block := file.read(2**20):
                digest.update(block)
                copy.write(block)
    except OSError:
        digest = hashlib.sha256()
    if digest.hexdigest() != wheel.sha256:
        raise BrokenWheel(
            f"{wheel.path.name} was changed on this machine while the environment was checked.",
            fix="What was published is correct. Check the packages that were built or imported, "
            "and run again.",
        )
