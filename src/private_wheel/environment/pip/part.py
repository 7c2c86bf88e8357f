"""The pip part of an environment with the packages in it: which lines change, and how."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from private_wheel.environment.addition import Addition, Package
from private_wheel.environment.pip.index import with_index
from private_wheel.environment.pip.lines import Entry, PipLine, Target
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import quoted, shown

# A directory with one of them is another package, and not a slip.
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")


def extend_pip_part(
    lines: Sequence[PipLine], addition: Addition, path: str, directory: Path
) -> list[Entry]:
    """The lines with each package named once and the index once; what else is there stays. Local paths in them are
    relative to `directory`.

    Raises:
        WrongFile: a line is none that pip can read, needs what an image build does not have, or speaks against the
            index.
    """
    entries = [Entry(origin=place, text=line.text) for place, line in enumerate(lines)]
    hashed = any(line.is_hashed for line in lines)
    taken: set[int] = set()
    packages: dict[str, Package] = {}
    for package in addition.packages:
        packages.setdefault(package.canonical_name, package)
    for package in packages.values():
        mentions = [
            place for place, line in enumerate(lines) if _is_mention(line, package, directory)
        ]
        taken.update(mentions)
        text = _requirement(package, [lines[place].target for place in mentions], hashed=hashed)
        if not mentions:
            entries.append(Entry(origin=None, text=text))
        entries = [
            replace(entry, text=text) if mentions and entry.origin == mentions[0] else entry
            for entry in entries
            if entry.origin not in mentions[1:]
        ]
    for place, line in enumerate(lines):
        if line.target and place not in taken:
            _check_target(line, line.target, packages.values(), path, directory)
    return with_index(entries, lines, addition, path)


def _is_mention(line: PipLine, package: Package, directory: Path) -> bool:
    target = line.target
    if not target:
        return False
    if target.name:
        return target.name == package.canonical_name
    return bool(target.path) and str(_resolved(directory, target.path)) in package.directories


def _resolved(directory: Path, path: str) -> Path | None:
    try:
        return (directory / path).resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def _check_target(
    line: PipLine, target: Target, packages: Iterable[Package], path: str, directory: Path
) -> None:
    if target.path:
        what = f"{quoted(target.path)} lies on this machine, where the image build cannot see it."
        if target.written:
            what += f" Write {shown(target.written)}==VERSION."
        elif meant := _meant_directory(target.path, packages, directory):
            what = meant
        else:
            what += " Publish it too, and name it by its package's name."
        raise WrongFile(path, line.line, what)
    if target.problem:
        raise WrongFile(path, line.line, target.problem)


def _meant_directory(path: str, packages: Iterable[Package], directory: Path) -> str:
    """The sentence for a directory above or below a package's, which is written as seen from elsewhere."""
    there = _resolved(directory, path)
    if there is None or not _is_plain_directory(there):
        return ""
    sources = [Path(source) for package in packages for source in package.directories]
    related = [source for source in sources if there in source.parents or source in there.parents]
    if not related:
        return ""
    here = os.path.relpath(there)
    where = (
        "the working directory" if here == "." else f"the directory {shown(Path(here).as_posix())}/"
    )
    fix = shown(Path(os.path.relpath(related[0], directory.resolve())).as_posix())
    what = f"{quoted(path)} is {where} as seen from this file, and no package of this run."
    return f"{what} Write '{fix}', or the package's name."


def _is_plain_directory(there: Path) -> bool:
    """Whether it is a directory that holds no package of its own."""
    try:
        return there.is_dir() and not any((there / name).exists() for name in _PROJECT_FILES)
    except (OSError, ValueError):  # a name that is too long, a directory that may not be read
        return False


def _requirement(package: Package, mentions: Sequence[Target | None], *, hashed: bool) -> str:
    """The package's line with the extras of all mentions, and with the marker if all have the same."""
    targets = [target for target in mentions if target]
    names = [name for target in targets for name in target.extras]
    extras = f"[{','.join(dict.fromkeys(names))}]" if names else ""
    markers = {target.marker for target in targets}
    marker = markers.pop() if len(markers) == 1 else ""
    line = package.line
    if line.startswith(("https:", "http:")):
        line = f"{package.name}{extras} @ {line}" if extras or marker else line
    elif extras:
        line = re.sub(r"^[\w.-]+", lambda name: name[0] + extras, line)
    line += f" ; {marker}" if marker else ""
    if hashed and "#sha256=" not in line:
        line += "".join(f" --hash=sha256:{digest}" for digest in package.sha256)
    return line
