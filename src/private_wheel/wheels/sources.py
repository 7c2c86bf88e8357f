"""What one line of the input `package` stands for: directories to build and ready wheels."""

from __future__ import annotations

import glob
from pathlib import Path

from private_wheel.secrets.quoting import quoted


def find_sources(pattern: str, checkout: Path) -> tuple[Path, ...]:
    """The projects and `.whl` files that `pattern` names, sorted. All lie below `checkout`, links followed. A directory
    that is no project stands for the wheels in it.

    Raises:
        ValueError: with the sentence for the user.
    """
    try:
        exists = Path(pattern).exists()
    except OSError as error:
        raise ValueError(f"{quoted(pattern)} cannot be found: {error.strerror}.") from None
    if exists:
        found = [Path(pattern)]
        if not is_source(found[0]):
            raise ValueError(f"{quoted(pattern)} is neither a directory nor a .whl file.")
        if found[0].is_dir() and not is_project(found[0]):
            # Without wheels it is left to the build, whose error says what a project needs.
            found = sorted(path for path in found[0].iterdir() if path.suffix == ".whl") or found
    elif glob.has_magic(pattern):
        found = [Path(path) for path in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207  # absolute ones too
        found = [path for path in found if is_wheel(path) or (path.is_dir() and is_project(path))]
        if not found:
            raise ValueError(f"{quoted(pattern)} matches no project directory and no .whl file.")
    else:
        raise ValueError(f"{quoted(pattern)} does not exist.")
    for path in found:
        if not path.resolve().is_relative_to(checkout):
            raise ValueError(
                f"{quoted(str(path))} lies outside the checkout. Only what was checked out is published."
            )
    return tuple(found)


def is_source(path: Path) -> bool:
    return path.is_dir() or is_wheel(path)


def is_wheel(path: Path) -> bool:
    return path.suffix == ".whl" and path.is_file()


def is_project(directory: Path) -> bool:
    """Whether a build front end would know what to do with it (PEP 517, or a legacy setup.py)."""
    return any((directory / name).is_file() for name in ("pyproject.toml", "setup.py"))
