"""The directory of the environment files, checked at the start and again when they are written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from private_wheel.secrets.quoting import quoted

UNFINISHED = ".unfinished-"


def check_directory(value: str) -> str:
    """Return `value` if it is a directory below the working directory, or can become one.

    Raises:
        ValueError: It cannot, with the sentence for the user.
    """
    for flavour in (PurePosixPath(value), PureWindowsPath(value)):
        if flavour.is_absolute() or flavour.drive or flavour.root or ".." in flavour.parts:
            raise ValueError(
                f"{quoted(value)} is outside the working directory. Specify a directory below it."
            )
    try:
        working_directory, directory = Path.cwd().resolve(), Path(value).resolve()
        is_broken_link = Path(value).is_symlink() and not Path(value).exists()
    except (OSError, RuntimeError) as error:  # a loop of links, before Python 3.13
        raise ValueError(f"{quoted(value)} cannot be found: {error}.") from None
    if is_broken_link:
        raise ValueError(f"{quoted(value)} is a broken link.")
    if not directory.is_relative_to(working_directory):
        raise ValueError(f"{quoted(value)} is a link to outside the working directory.")
    if directory == working_directory:
        raise ValueError("it cannot be the working directory. Specify a directory below it.")
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    if not existing.is_dir():
        raise ValueError(
            f"{quoted(value)} cannot be a directory: {quoted(existing.name)} is a file."
        )
    if not os.access(existing, os.W_OK):
        raise ValueError(f"{quoted(value)} is not writable by this user.")
    return value


def write_whole(path: Path, text: str) -> None:
    """Write a file as a whole or not at all. A link of that name is replaced, not followed."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=UNFINISHED, delete=False) as file:
        file.write(text.encode())
    unfinished = Path(file.name)
    try:
        unfinished.chmod(0o644)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
