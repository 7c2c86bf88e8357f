"""The pip part of an environment with the packages in it: which lines change, and how."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from private_wheel.environment.addition import Addition, Package
from private_wheel.environment.pip_lines import INDEXES, PipLine, Target
from private_wheel.environment.wrong_file import WrongFile


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line as it will be: `origin` is its place in the old part (None: it is new); `text` is without comment."""

    origin: int | None
    text: str


def extend_pip_part(lines: Sequence[PipLine], addition: Addition, path: str, directory: Path) -> list[Entry]:
    """The lines with each package named once and the index once; what else is there stays. Local paths in them are
    relative to `directory`.

    Raises:
        WrongFile: a line needs what an image build does not have, or speaks against the index.
    """
    entries = [Entry(origin=place, text=line.text) for place, line in enumerate(lines)]
    hashed = any(line.is_hashed for line in lines)
    taken: set[int] = set()
    packages: dict[str, Package] = {}
    for package in addition.packages:
        packages.setdefault(package.canonical_name, package)
    for package in packages.values():
        mentions = [place for place, line in enumerate(lines) if _is_mention(line, package, directory)]
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
        if line.target and line.target.path and place not in taken:
            what = f"{line.target.path!r} lies on this machine, where the image build cannot see it."
            raise WrongFile(path, line.line, f"{what} Publish it too, and name it by its package's name.")
    return _with_index(entries, lines, addition, path) if addition.index_url else entries


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


def _with_index(entries: list[Entry], lines: Sequence[PipLine], addition: Addition, path: str) -> list[Entry]:
    """`entries` with the index option, where it is not there already."""
    options = [place for place, line in enumerate(lines) if line.target is None]
    for place in options:
        if "--no-index" in dict(lines[place].options):
            raise WrongFile(
                path, lines[place].line, "--no-index keeps pip from the index of the packages. Take it out."
            )
    if addition.index_option == "--index-url":
        entries = _only_one_index(entries, [(place, lines[place]) for place in options], addition.index_url, path)
    named = [place for place in options if _has_index(lines[place], addition.index_url)]
    if named:
        return entries
    behind = [place for place in options if lines[place].values(*INDEXES)][-1:]
    behind = behind or [place for place in options if place == options.index(place)][-1:]
    at = next((at + 1 for at, entry in enumerate(entries) if [entry.origin] == behind), 0)
    new = Entry(origin=None, text=f"{addition.index_option} {addition.index_url}")
    return [*entries[:at], new, *entries[at:]]


def _has_index(line: PipLine, url: str) -> bool:
    return any(same_address(value, url) for value in line.values(*INDEXES))


def _only_one_index(entries: list[Entry], options: Sequence[tuple[int, PipLine]], url: str, path: str) -> list[Entry]:
    """The index of the packages as the one index, once; any other is refused."""
    seen = False
    for place, line in options:
        if any(not same_address(value, url) for value in line.values(*INDEXES, "--find-links")):
            what = "another index stands here, and with index-mode 'only' there is one."
            raise WrongFile(path, line.line, f"{what} Take the line out, or set index-mode to 'extra'.")
        if not line.values(*INDEXES):
            continue
        if seen and len(line.options) == len(line.values(*INDEXES)):
            entries = [entry for entry in entries if entry.origin != place]
        elif line.values("--extra-index-url"):
            entries = [
                replace(entry, text=_as_one_index(line)) if entry.origin == place else entry for entry in entries
            ]
        seen = True
    return entries


def _as_one_index(line: PipLine) -> str:
    """The line with `--index-url` in place of `--extra-index-url`."""
    words: dict[str, None] = {}
    for name, value in line.options:
        name = "--index-url" if name in INDEXES else name
        words[f"{name} {shlex.quote(value)}" if value else name] = None
    return " ".join(words)


def same_address(one: str, other: str) -> bool:
    """Whether two URLs are those of one index, in whatever spelling."""
    return _normal(one) == _normal(other)


def _normal(url: str) -> tuple[str, str, str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ("", "", url, "")
    user, at, host = parts.netloc.rpartition("@")
    return (parts.scheme.lower(), user + at + host.lower(), parts.path.rstrip("/"), parts.query)
