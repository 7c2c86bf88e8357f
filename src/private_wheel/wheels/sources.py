"""The projects and wheels that a line of the input `package` stands for."""

from __future__ import annotations

import glob
from pathlib import Path

from private_wheel.secrets.quoting import quoted


def find_sources(pattern: str, checkout: Path) -> tuple[Path, ...]:
    """Return the projects and `.whl` files that a path or a glob stands for, sorted.

    A directory that is not a project stands for the wheels in it.

    Args:
        pattern: The path or glob.
        checkout: The directory that they must be in, with links followed.

    Raises:
        ValueError: The message is a sentence for the user.
    """
    try:
        exists = Path(pattern).exists()
    except OSError as error:
        raise ValueError(f"{quoted(pattern)} cannot be found: {error.strerror}.") from None
    if exists:
        sources = _sources_at(Path(pattern), pattern)
    elif glob.has_magic(pattern):
        sources = _sources_matching(pattern)
    else:
        raise ValueError(f"{quoted(pattern)} does not exist.")
    for source in sources:
        if not source.resolve().is_relative_to(checkout):
            raise ValueError(
                f"{quoted(str(source))} is outside the checkout."
                " Only files of the checkout are published."
            )
    return tuple(sources)


def _sources_at(path: Path, pattern: str) -> list[Path]:
    if path.is_dir() and not is_project(path):
        wheels = sorted(file for file in path.iterdir() if file.suffix == ".whl")
        # Without wheels it is left to the build, whose error says what a project needs.
        return wheels or [path]
    if not path.is_dir() and not is_wheel(path):
        raise ValueError(f"{quoted(pattern)} is neither a directory nor a .whl file.")
    return [path]


def _sources_matching(pattern: str) -> list[Path]:
    sources = []
    for match in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207  # absolute ones too
        path = Path(match)
        if is_wheel(path) or (path.is_dir() and is_project(path)):
            sources.append(path)
    if not sources:
        raise ValueError(f"{quoted(pattern)} matches no project directory and no .whl file.")
    return sources


def is_wheel(path: Path) -> bool:
    """Return whether a path is a wheel file, by its name."""
    return path.suffix == ".whl" and path.is_file()


def is_project(directory: Path) -> bool:
    """Return whether a build front end can build a directory (PEP 517, or a legacy setup.py)."""
    return any((directory / name).is_file() for name in ("pyproject.toml", "setup.py"))
