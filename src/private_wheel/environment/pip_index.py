"""The index of the packages in the pip part: there once, and without a login, as pip finds the connection for it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from private_wheel.environment.addition import Addition
from private_wheel.environment.pip_lines import INDEXES, Entry, PipLine, read_pip_line
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.publish.feed_address import same_index

# Those that pip puts values in place of, and those of other programs where a login stands.
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}|\$(?:\w+|\{[^}]*\}|\([^)]*\))(?=[^\s/]*@)")


def with_index(entries: list[Entry], lines: Sequence[PipLine], addition: Addition, path: str) -> list[Entry]:
    """`entries`, which `lines` were read as, with the index option where it is not there already.

    Raises:
        WrongFile: an index needs a variable of this machine, or an option speaks against the index.
    """
    url = addition.index_url
    options = [(place, line) for place, line in enumerate(lines) if line.target is None]
    plain = {place: _with_plain_url(line, url) for place, line in options if url}
    entries = [replace(entry, text=plain[entry.origin].text) if entry.origin in plain else entry for entry in entries]
    options = [(place, plain.get(place, line)) for place, line in options]
    _check_variables(options, url, path)
    return _with_option(entries, options, addition, path) if url else entries


def _with_option(
    entries: list[Entry], options: Sequence[tuple[int, PipLine]], addition: Addition, path: str
) -> list[Entry]:
    url = addition.index_url
    for _, line in options:
        if "--no-index" in dict(line.options):
            what = "--no-index keeps pip from the index of the packages. Take it out."
            raise WrongFile(path, line.line, what)
    if addition.index_option == "--index-url":
        entries = _only_one_index(entries, options, url, path)
    if any(same_index(value, url) for _, line in options for value in line.values(*INDEXES)):
        return entries
    behind = [place for place, line in options if line.values(*INDEXES)][-1:]
    behind = behind or [place for at, (place, _) in enumerate(options) if place == at][-1:]
    at = next((at + 1 for at, entry in enumerate(entries) if [entry.origin] == behind), 0)
    new = Entry(origin=None, text=f"{addition.index_option} {url}")
    return [*entries[:at], new, *entries[at:]]


def _with_plain_url(line: PipLine, url: str) -> PipLine:
    """The line with `url` in place of spellings of it that the workspace's connection is not found for."""
    wrong = [value for value in line.values(*INDEXES) if same_index(value, url) and not _finds_connection(value, url)]
    if not wrong:
        return line
    options = [(name, url if name in INDEXES and value in wrong else value) for name, value in line.options]
    text = line.text
    for value in wrong:
        text = re.sub(re.escape(value) + r"(?=['\"\s]|$)", lambda _: url, text)
    if _options_of(text) != options:
        text = _text_of(options)
    return replace(line, text=text, options=tuple(options))


def _options_of(text: str) -> list[tuple[str, str]]:
    try:
        return list(read_pip_line(text, 0).options)
    except ValueError:
        return []


def _finds_connection(value: str, url: str) -> bool:
    """Whether they differ in what pip makes equal before it looks for a login."""
    return _normal(value) == _normal(url)


def _normal(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return (parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/"))


def _check_variables(options: Sequence[tuple[int, PipLine]], url: str, path: str) -> None:
    for _, line in options:
        for value in line.values(*INDEXES, "--find-links"):
            if variable := _VARIABLE.search(value):
                what = f"{variable[0]} is a variable of your machine, and an image build has none of it."
                fix = "Write the URL without it, and give the workspace a connection for it."
                raise WrongFile(path, line.line, f"{what} {fix}")


def _only_one_index(entries: list[Entry], options: Sequence[tuple[int, PipLine]], url: str, path: str) -> list[Entry]:
    """The index of the packages as the one index, once; any other is refused."""
    seen = False
    for place, line in options:
        if any(not same_index(value, url) for value in line.values(*INDEXES, "--find-links")):
            what = "another index stands here, and with index-mode: only there is one."
            raise WrongFile(path, line.line, f"{what} Take the line out, or set index-mode: extra.")
        if not line.values(*INDEXES):
            continue
        if seen and len(line.options) == len(line.values(*INDEXES)):
            entries = [entry for entry in entries if entry.origin != place]
        elif line.values("--extra-index-url"):
            options_of_one = [("--index-url" if name in INDEXES else name, value) for name, value in line.options]
            text = _text_of(options_of_one)
            entries = [replace(entry, text=text) if entry.origin == place else entry for entry in entries]
        seen = True
    return entries


def _text_of(options: Sequence[tuple[str, str]]) -> str:
    """The options as a line, each once."""
    return " ".join(dict.fromkeys(f"{name} {shlex.quote(value)}" if value else name for name, value in options))
