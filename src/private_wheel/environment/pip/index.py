"""The index of the packages in the pip part: where pip reads it, and without a login.

pip finds a workspace's connection by the URL of the index, so it must be the plain one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from private_wheel.environment.addition import Addition
from private_wheel.environment.pip.lines import INDEXES, Entry, Option, PipLine, option_line
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.publish.feed.address import same_index

# pip's default index, as `indexes_of` returns it.
DEFAULT_INDEX = ""
# Variables that pip replaces, and those of other programs where a login is expected.
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}|\$(?:\w+|\{[^}]*\}|\([^)]*\))(?=[^\s/]*@)")


def with_index(entries: Sequence[Entry], addition: Addition, path: str) -> list[Entry]:
    """Name the index of the packages where pip reads it.

    Options that name it in its plain form stay as they are.

    Args:
        entries: The lines of the pip part.
        addition: Has the URL of the index (empty for none) and the option that names it.
        path: The file of the lines, for errors.

    Raises:
        WrongFile: An option contradicts the index, or needs what an image build does not have.
    """
    url = addition.index_url
    _check_one_index_url(entries, path)
    if url:
        entries = _with_plain_url(entries, url)
    _check_variables(entries, path)
    if not url:
        return list(entries)
    _check_no_index(entries, path)
    if addition.index_option == "--index-url":
        _check_only_index(entries, url, path)
        entries = _as_index_url(entries)
    read_by_pip = indexes_of([entry.line for entry in entries])
    if any(same_index(index, url) for index in read_by_pip):
        return list(entries)
    position = _new_index_position(entries)
    line = option_line(Option(addition.index_option, url))
    return [*entries[:position], Entry(origin=None, line=line), *entries[position:]]


def without_index(lines: Sequence[PipLine], url: str) -> tuple[list[PipLine], list[PipLine]]:
    """Remove an index, so that pip reads the other indexes of the lines and no more.

    Without its `--index-url`, pip would read its default index, which the lines had replaced.

    Returns:
        The options to put before the lines, and the lines that are left.
    """
    named = [value for line in _option_lines(lines) for value in line.values(*INDEXES)]
    ours = [value for value in named if same_index(value, url)]
    replaced = [value for line in _option_lines(lines) for value in line.values("--index-url")]
    if not any(value in ours for value in replaced):
        return [], _without_indexes(lines, ours)
    others = [value for value in indexes_of(lines) if value not in ours]
    if not others:
        return [option_line(Option("--no-index"))], _without_indexes(lines, named)
    first, *extra = others
    options = [Option("--index-url", first)]
    options += [Option("--extra-index-url", value) for value in extra]
    return [option_line(option) for option in options], _without_indexes(lines, named)


def indexes_of(lines: Iterable[PipLine]) -> list[str]:
    """Return the URLs of the indexes that pip reads, with `DEFAULT_INDEX` for its own.

    The `--index-url`, of which a pip part has one at most, replaces all indexes of the lines before
    it. Source: `handle_option_line` in
    https://github.com/pypa/pip/blob/main/src/pip/_internal/req/req_file.py
    """
    urls = [DEFAULT_INDEX]
    for line in _option_lines(lines):
        if line.has_option("--no-index"):
            return []
        urls = line.values("--index-url") or urls
        urls = [*urls, *line.values("--extra-index-url")]
    return urls


def _option_lines(lines: Iterable[PipLine]) -> Iterator[PipLine]:
    """Yield the lines whose options name indexes: on a package's line, pip ignores them."""
    return (line for line in lines if not line.target)


def _without_indexes(lines: Iterable[PipLine], urls: Collection[str]) -> list[PipLine]:
    kept = []
    for line in lines:
        options = [
            option
            for option in line.options
            if line.target or option.name not in INDEXES or option.value not in urls
        ]
        if options or not line.options:
            kept.append(line.with_options(options))
    return kept


def _check_one_index_url(entries: Iterable[Entry], path: str) -> None:
    """Refuse a second `--index-url`: pip would silently ignore the first."""
    first: PipLine | None = None
    for line in _option_lines(entry.line for entry in entries):
        for _ in line.values("--index-url"):
            if first:
                where = "twice" if first.line == line.line else f"in line {first.line} already"
                problem = f"--index-url is set {where}, and pip uses only the last one."
                fix = "Keep one of them. Add further indexes with --extra-index-url."
                raise WrongFile(path, line.line, f"{problem} {fix}")
            first = line


def _with_plain_url(entries: Sequence[Entry], url: str) -> list[Entry]:
    """Replace other spellings of the index by its plain URL.

    One that repeats the index, or that pip does not read, is removed instead.
    """
    start = _index_url_position(entries)
    is_named = False
    for line in _option_lines([entry.line for entry in entries[start:]]):
        for option in line.options:
            if _is_index(option, url):
                is_named |= option.name == "--index-url" or _finds_connection(option.value, url)
    changed = []
    for position, entry in enumerate(entries):
        if entry.line.target:
            changed.append(entry)
            continue
        options = []
        for option in entry.line.options:
            if not _is_index(option, url) or _finds_connection(option.value, url):
                options.append(option)
            elif option.name == "--index-url" or (position >= start and not is_named):
                options.append(Option(option.name, url))
                is_named = True
        changed += _with_options(entry, options)
    return changed


def _as_index_url(entries: Iterable[Entry]) -> list[Entry]:
    """Let the first option that names the index be an `--index-url`, and remove the others."""
    is_named = False
    changed = []
    for entry in entries:
        if entry.line.target:
            changed.append(entry)
            continue
        options = []
        for option in entry.line.options:
            if option.name not in INDEXES:
                options.append(option)
            elif not is_named:
                options.append(Option("--index-url", option.value))
                is_named = True
        changed += _with_options(entry, options)
    return changed


def _with_options(entry: Entry, options: Sequence[Option]) -> list[Entry]:
    """Return the entry with these options; none if all options of its line are gone."""
    if entry.line.options and not options:
        return []
    return [replace(entry, line=entry.line.with_options(options))]


def _is_index(option: Option, url: str) -> bool:
    return option.name in INDEXES and same_index(option.value, url)


def _finds_connection(value: str, url: str) -> bool:
    """Return whether the two are equal in what pip compares when it looks for a login."""
    return _compared(value) == _compared(url)


def _compared(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/")


def _check_variables(entries: Iterable[Entry], path: str) -> None:
    for line in _option_lines(entry.line for entry in entries):
        for value in line.values(*INDEXES, "--find-links"):
            if variable := _VARIABLE.search(value):
                problem = f"{variable[0]} is a variable, and image builds do not have its value."
                fix = "Write the URL without it, and add a connection for it to the workspace."
                raise WrongFile(path, line.line, f"{problem} {fix}")


def _check_no_index(entries: Iterable[Entry], path: str) -> None:
    for line in _option_lines(entry.line for entry in entries):
        if line.has_option("--no-index"):
            problem = "--no-index keeps pip from the index of the packages. Remove it."
            raise WrongFile(path, line.line, problem)


def _check_only_index(entries: Iterable[Entry], url: str, path: str) -> None:
    for line in _option_lines(entry.line for entry in entries):
        values = line.values(*INDEXES, "--find-links")
        if not all(same_index(value, url) for value in values):
            problem = "index-mode: only allows no other index."
            fix = "Remove the line, or set index-mode: extra."
            raise WrongFile(path, line.line, f"{problem} {fix}")


def _index_url_position(entries: Sequence[Entry]) -> int:
    """Return the position of the `--index-url`, before which pip reads no index; 0 without one."""
    for position, entry in enumerate(entries):
        if not entry.line.target and entry.line.has_option("--index-url"):
            return position
    return 0


def _new_index_position(entries: Sequence[Entry]) -> int:
    """Return the position behind the last index, else behind the options at the beginning."""
    for position in range(len(entries), 0, -1):
        line = entries[position - 1].line
        if not line.target and line.has_option(*INDEXES):
            return position
    for position, entry in enumerate(entries):
        if entry.line.target:
            return position
    return len(entries)
