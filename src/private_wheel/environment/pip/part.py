"""The pip part of an environment with the packages: which lines change, and how."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from private_wheel.environment.addition import Addition, Package
from private_wheel.environment.pip.index import with_index
from private_wheel.environment.pip.lines import Entry, Option, PipLine, Target
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import quoted, shown

# A directory with one of them is another package, and not a slip.
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
_AFTER_NAME = re.compile(r"[^\w.-]")


def extend_pip_part(
    lines: Sequence[PipLine], addition: Addition, path: str, directory: Path
) -> list[Entry]:
    """Name each package once, and the index where pip reads it. Other lines stay as they are.

    Args:
        lines: The lines of the old part.
        addition: The packages and the index.
        path: The file of the lines, for errors.
        directory: What local paths in the lines are relative to.

    Raises:
        WrongFile: pip cannot read a line, or it needs what an image build does not have, or it
            contradicts the index.
    """
    is_hashed = any(line.is_hashed for line in lines)
    packages: dict[str, Package] = {}
    for package in addition.packages:
        packages.setdefault(package.canonical_name, package)
    entries = [Entry(origin=position, line=line) for position, line in enumerate(lines)]
    for package in packages.values():
        entries = _with_package(entries, package, directory, is_hashed=is_hashed)
    for entry in entries:
        _check_target(entry.line, packages.values(), path, directory)
    return with_index(entries, addition, path)


def _with_package(
    entries: Sequence[Entry], package: Package, directory: Path, *, is_hashed: bool
) -> list[Entry]:
    """Return the entries with the package in place of its first mention, and without the others."""
    kept: list[Entry] = []
    mentions: list[Target] = []
    position = len(entries)
    for entry in entries:
        target = entry.line.target
        if not target or not _is_mention(target, package, directory):
            kept.append(entry)
            continue
        if not mentions:
            position = len(kept)
            kept.append(entry)
        mentions.append(target)
    line = _package_line(package, mentions, is_hashed=is_hashed)
    if not mentions:
        return [*kept, Entry(origin=None, line=line)]
    old = kept[position]
    line = replace(line, comment=old.line.comment, line=old.line.line)
    kept[position] = replace(old, line=line)
    return kept


def _is_mention(target: Target, package: Package, directory: Path) -> bool:
    if target.name:
        return target.name == package.canonical_name
    return bool(target.path) and str(_resolved(directory, target.path)) in package.directories


def _resolved(directory: Path, path: str) -> Path | None:
    try:
        return (directory / path).resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def _check_target(line: PipLine, packages: Iterable[Package], path: str, directory: Path) -> None:
    """Refuse a path on this machine, and what pip cannot read."""
    target = line.target
    if target and target.path:
        problem = _local_path_problem(target, packages, directory)
        raise WrongFile(path, line.line, problem)
    if target and target.problem:
        raise WrongFile(path, line.line, target.problem)


def _local_path_problem(target: Target, packages: Iterable[Package], directory: Path) -> str:
    problem = f"{quoted(target.path)} is a local path, which the image build cannot read."
    if target.written:
        return f"{problem} Write {shown(target.written)}==VERSION."
    meant = _meant_directory(target.path, packages, directory)
    return meant or f"{problem} Publish it too, and specify it by its package name."


def _meant_directory(path: str, packages: Iterable[Package], directory: Path) -> str:
    """Return the sentence for a path that would mean a package's source if read from elsewhere.

    That is a directory above or below the source which is no package itself.
    """
    meant = _resolved(directory, path)
    if meant is None or not _is_plain_directory(meant):
        return ""
    sources = [Path(source) for package in packages for source in package.directories]
    related = [source for source in sources if meant in source.parents or source in meant.parents]
    if not related:
        return ""
    relative = os.path.relpath(meant)
    name = f"the directory {shown(Path(relative).as_posix())}/"
    if relative == ".":
        name = "the working directory"
    fix = shown(Path(os.path.relpath(related[0], directory.resolve())).as_posix())
    problem = (
        f"relative to this file, {quoted(path)} is {name}, which is not a package of this run."
    )
    return f"{problem} Write '{fix}' or the package name."


def _is_plain_directory(path: Path) -> bool:
    """Return whether the path is a directory that holds no package itself."""
    try:
        return path.is_dir() and not any((path / name).exists() for name in _PROJECT_FILES)
    except (OSError, ValueError):  # a name that is too long, a directory without permission
        return False


def _package_line(package: Package, mentions: Sequence[Target], *, is_hashed: bool) -> PipLine:
    """Return the package's line with the extras of all mentions, and the marker that all share."""
    extras: list[str] = []
    for mention in mentions:
        extras += [extra for extra in mention.extras if extra not in extras]
    markers = {mention.marker for mention in mentions}
    marker = markers.pop() if len(markers) == 1 else ""
    bracketed = f"[{','.join(extras)}]" if extras else ""
    text, written = package.line, ""
    if not text.startswith(("https:", "http:")):
        written = _AFTER_NAME.split(text, maxsplit=1)[0]
        text = f"{written}{bracketed}{text.removeprefix(written)}"
    elif extras or marker:
        written = package.name
        text = f"{written}{bracketed} @ {text}"
    if marker:
        text += f" ; {marker}"
    options: list[Option] = []
    if is_hashed and "#sha256=" not in text:
        options = [Option("--hash", f"sha256:{digest}") for digest in package.sha256]
    target = Target(
        name=package.canonical_name, extras=tuple(extras), marker=marker, written=written
    )
    text += "".join(f" {option.name}={option.value}" for option in options)
    return PipLine(text=text, options=tuple(options), target=target)
