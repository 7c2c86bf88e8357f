"""Where the environment files go: a directory below the working directory, at the start and when they are written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from private_wheel.secrets.quoting import quoted

UNFINISHED = ".unfinished-"


def check_directory(value: str) -> str:
    """Return `value` if files can be written there.

    Raises:
        ValueError: with the sentence for the user.
    """
    for flavour in (PurePosixPath(value), PureWindowsPath(value)):
        if flavour.is_absolute() or flavour.drive or flavour.root or ".." in flavour.parts:
            raise ValueError(
                f"{quoted(value)} leaves the working directory. Name a directory below it."
            )
    try:
        here, there = Path.cwd().resolve(), Path(value).resolve()
        leads_nowhere = Path(value).is_symlink() and not Path(value).exists()
    except (OSError, RuntimeError) as error:  # a loop of links, before Python 3.13
        raise ValueError(f"{quoted(value)} cannot be found: {error}.") from None
    if leads_nowhere:
        raise ValueError(f"{quoted(value)} is a link that leads nowhere.")
    if not there.is_relative_to(here):
        raise ValueError(f"{quoted(value)} is a link that leaves the working directory.")
    if there == here:
        raise ValueError("the working directory itself cannot be it. Name a directory below it.")
    existing = next(path for path in (there, *there.parents) if path.exists())
    if not existing.is_dir():
        raise ValueError(
            f"{quoted(value)} cannot be a directory: {quoted(existing.name)} is a file."
        )
    if not os.access(existing, os.W_OK):
        raise ValueError(f"{quoted(value)} may not be written by this user.")
    return value


def write_whole(path: Path, text: str) -> None:
    """Write a file that is there as a whole or not at all. A link of that name is replaced and not followed."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=UNFINISHED, delete=False) as file:
        file.write(text.encode())
    unfinished = Path(file.name)
    try:
        unfinished.chmod(0o644)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
