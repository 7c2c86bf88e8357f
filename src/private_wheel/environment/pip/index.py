"""The index of the packages in the pip part: there once, and without a login, as pip finds the connection for it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from private_wheel.environment.addition import Addition
from private_wheel.environment.pip.lines import INDEXES, Entry, PipLine, read_pip_line
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.publish.feed.address import same_index

# Those that pip puts values in place of, and those of other programs where a login stands.
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}|\$(?:\w+|\{[^}]*\}|\([^)]*\))(?=[^\s/]*@)")


def with_index(
    entries: list[Entry], lines: Sequence[PipLine], addition: Addition, path: str
) -> list[Entry]:
    """`entries`, which `lines` were read as, with the index option where pip would not look at the index without it.

    Raises:
        WrongFile: an index needs a variable of this machine, or an option speaks against the index.
    """
    url = addition.index_url
    options = {place: line for place, line in enumerate(lines) if line.target is None}
    if url:
        options = {place: _with_plain_url(line, url) for place, line in options.items()}
    if url and addition.index_option != "--index-url":
        options = _named_once(options, lines, url)
    changed: dict[int | None, str] = {
        place: line.text for place, line in options.items() if line.text != lines[place].text
    }
    entries = [
        replace(entry, text=changed.get(entry.origin, entry.text))
        for entry in entries
        if changed.get(entry.origin) != ""
    ]
    _check_variables(list(options.items()), url, path)
    return _with_option(entries, list(options.items()), addition, path) if url else entries


def without_index(lines: Sequence[PipLine], url: str) -> tuple[list[str], list[PipLine]]:
    """The lines without the index, and the options that they need then, so that pip looks at the other indexes that
    they named, and at no more: without the one that stood in the place of its default, it would take the default."""
    first, *more = indexes_of(lines) or [""]
    if not same_index(first, url):
        kept = [_without_options(line, lambda value: same_index(value, url)) for line in lines]
        return [], [line for line in kept if line.text]
    others = [value for value in more if not same_index(value, url)]
    options = [
        ("--extra-index-url" if place else "--index-url", value)
        for place, value in enumerate(others)
    ]
    kept = [_without_options(line, lambda _: True) for line in lines]
    return [_text_of([option]) for option in options] or ["--no-index"], [
        line for line in kept if line.text
    ]


def indexes_of(lines: Iterable[PipLine]) -> list[str]:
    """Those that pip looks at, once it has read all lines: each `--index-url` puts away what stands before it. An empty
    one is its default."""
    found = [""]
    for line in lines:
        if line.target:
            continue
        if "--no-index" in dict(line.options):
            return []
        found = [*(line.values("--index-url")[-1:] or found), *line.values("--extra-index-url")]
    return found


def _without_options(line: PipLine, is_gone: Callable[[str], bool]) -> PipLine:
    """The line without these indexes. On a package's line, pip looks at none."""
    left = [
        (name, value) for name, value in line.options if name not in INDEXES or not is_gone(value)
    ]
    return line if line.target or len(left) == len(line.options) else _with_options(line, left)


def _with_options(line: PipLine, options: Sequence[tuple[str, str]]) -> PipLine:
    return replace(line, text=_text_of(options), options=tuple(options))


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
    if any(same_index(value, url) for value in indexes_of(line for _, line in options)):
        return entries
    behind = [place for place, line in options if line.values(*INDEXES)][-1:]
    behind = behind or [place for at, (place, _) in enumerate(options) if place == at][-1:]
    at = next((at + 1 for at, entry in enumerate(entries) if [entry.origin] == behind), 0)
    new = Entry(origin=None, text=f"{addition.index_option} {url}")
    return [*entries[:at], new, *entries[at:]]


def _named_once(
    options: dict[int, PipLine], lines: Sequence[PipLine], url: str
) -> dict[int, PipLine]:
    """`options`, in which other spellings of the index became `url`, with one mention of it; with none, if pip would
    discard all. Where none became it, what is there is the user's, however often."""
    ours = [
        (place, at)
        for place, line in options.items()
        for at, (name, value) in enumerate(line.options)
        if name in INDEXES and same_index(value, url)
    ]
    rewritten = {
        (place, at) for place, at in ours if options[place].options[at] != lines[place].options[at]
    }
    if not rewritten:
        return options
    first = _last_index_url(options)
    used = [
        (place, at)
        for place, at in ours
        if (place, at) == first
        or (place >= first[0] and options[place].options[at][0] == "--extra-index-url")
    ]
    # In place of the first index pip would take its default; of the others, the user's own spelling is best.
    stays = sorted(used, key=lambda mention: (mention != first, mention in rewritten))[:1]
    gone = {*ours} - {*stays}
    left = {
        place: [
            option for at, option in enumerate(options[place].options) if (place, at) not in gone
        ]
        for place in {place for place, _ in gone}
    }
    return {
        place: _with_options(line, left[place]) if place in left else line
        for place, line in options.items()
    }


def _last_index_url(options: Mapping[int, PipLine]) -> tuple[int, int]:
    """The line and the option of the `--index-url` that counts; before all if there is none."""
    found = [
        (place, at)
        for place, line in options.items()
        for at, (name, _) in enumerate(line.options)
        if name == "--index-url"
    ]
    return found[-1] if found else (-1, 0)


def _with_plain_url(line: PipLine, url: str) -> PipLine:
    """The line with `url` in place of spellings of it that the workspace's connection is not found for."""
    wrong = [
        value
        for value in line.values(*INDEXES)
        if same_index(value, url) and not _finds_connection(value, url)
    ]
    if not wrong:
        return line
    options = [
        (name, url if name in INDEXES and value in wrong else value) for name, value in line.options
    ]
    text = line.text
    for value in wrong:
        text = re.sub(re.escape(value) + r"(?=['\"\s]|$)", lambda _: url, text)
    if _options_of(text) != options:
        return _with_options(line, options)
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


def _only_one_index(
    entries: list[Entry], options: Sequence[tuple[int, PipLine]], url: str, path: str
) -> list[Entry]:
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
            options_of_one = [
                ("--index-url" if name in INDEXES else name, value) for name, value in line.options
            ]
            text = _text_of(list(dict.fromkeys(options_of_one)))
            entries = [
                replace(entry, text=text) if entry.origin == place else entry for entry in entries
            ]
        seen = True
    return entries


def _text_of(options: Sequence[tuple[str, str]]) -> str:
    return " ".join(f"{name} {shlex.quote(value)}" if value else name for name, value in options)
