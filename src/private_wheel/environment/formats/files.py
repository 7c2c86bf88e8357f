"""Writing the environment files: one writer a format."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from private_wheel.environment.formats.azureml_v1 import azureml_v1_files
from private_wheel.environment.formats.directory import UNFINISHED, check_directory, write_whole
from private_wheel.environment.formats.wheelhouse import wheelhouse_files
from private_wheel.environment.model import Environment
from private_wheel.errors import BrokenWheel, InvalidInputs, Problem
from private_wheel.wheels.wheel import WheelFile

_NAMES = {
    "conda": "conda.yml",
    "azureml": "environment.yml",
    "azureml-v1": "azureml-v1",
    "requirements": "requirements.txt",
    "wheelhouse": "wheelhouse",
}


def write_environment(
    environment: Environment,
    formats: Sequence[str],
    directory: Path,
    dependencies: Sequence[WheelFile] = (),
) -> dict[str, Path]:
    """Write the files and return the path of each format. Whatever stands there under the same names is replaced.

    `dependencies` are the wheels of private packages that a wheelhouse needs beside the environment's own.
    """
    try:
        check_directory(str(directory))  # again: since the start, foreign code has run
    except ValueError as error:
        raise InvalidInputs([Problem(input="environment-dir", what=str(error))]) from None
    directory.mkdir(parents=True, exist_ok=True)
    for left in directory.glob(f"{UNFINISHED}*"):  # of a run that was killed
        shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
    content = environment.content
    texts = {
        "conda": content.conda,
        "azureml": content.definition,
        "requirements": content.requirements,
    }
    written = {}
    for name in formats:
        written[name] = directory / _NAMES[name]
        if name in texts:
            write_whole(written[name], texts[name])
        elif name == "azureml-v1":
            _write_directory(written[name], azureml_v1_files(environment))
        else:
            _write_directory(written[name], wheelhouse_files(environment, dependencies))
    return written


def _write_directory(directory: Path, files: Mapping[str, str | WheelFile]) -> None:
    """Write a directory that is there as a whole or not at all: of an earlier one nothing stays."""
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
    """Raises:
    BrokenWheel: it is another file than it was.
    """
    digest = hashlib.sha256()
    try:
        # A link in its place is not followed: it could lead to any file of this user's.
        source = os.open(
            wheel.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        )
        with open(source, "rb") as file, target.open("wb") as copy:  # noqa: PTH123  # a descriptor
            while block := file.read(2**20):
                digest.update(block)
                copy.write(block)
    except OSError:
        digest = hashlib.sha256()
    if digest.hexdigest() != wheel.sha256:
        raise BrokenWheel(
            f"{wheel.path.name} was changed on this machine while the environment was checked.",
            fix="What was published is right. Look into the packages that were built or imported, and run again.",
        )
