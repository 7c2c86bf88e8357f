"""The pip part of an environment as uv can take it: pip's rules about options kept, addresses replaced."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from private_wheel.environment.pip_lines import PipLine, read_pip_line

# They tune pip alone, or would loosen what uv demands.
_LEFT_OUT = frozenset({"--prefer-binary", "--trusted-host", "--use-feature"})
# pip puts in the value of a variable: https://pip.pypa.io/en/stable/reference/requirements-file-format/
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_FOR_UV = frozenset({"--no-binary", "--only-binary"})
_UNDERSTOOD = frozenset(
    {"--editable", "--extra-index-url", "--find-links", "--hash", "--index-url", "--no-index", "--pre"}
)
_KNOWN = _FOR_UV | _LEFT_OUT | _UNDERSTOOD | {"--require-hashes"}


class NotForUvError(Exception):
    """What uv cannot take, and `fix`, how to write it so that it can."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


@dataclass(frozen=True, kw_only=True)
class UvPart:
    """What uv is given: `requirements` for its file, and what the other options said.

    `indexes` are in the order in which pip prefers them: the first of those that have the same version. `of_machine`
    tells whether the machine's own count; behind an `--index-url` of the part's they do not.
    """

    indexes: tuple[str, ...]
    of_machine: bool
    requirements: tuple[str, ...]
    find_links: tuple[str, ...]
    prereleases: bool
    hashes: bool


def uv_part(
    lines: Sequence[str],
    machine_indexes: Sequence[str],
    replaced_index: Callable[[str], str],
    replaced_line: Callable[[str], str],
) -> UvPart:
    """The two functions give the address that stands in for an index, and the line for a line.

    Raises:
        NotForUvError: an option is pip's alone, or a variable that of another machine.
    """
    read = [_read(text) for text in lines]
    options = [option for line in read for option in line.options]
    names = {name for name, _ in options}
    indexes = _indexes(read, machine_indexes, replaced_index)
    return UvPart(
        indexes=tuple(dict.fromkeys(indexes)),
        of_machine=not names & {"--index-url", "--no-index"},
        requirements=tuple(_requirements(zip(lines, read, strict=True), replaced_line)),
        find_links=tuple(value for name, value in options if name == "--find-links"),
        prereleases="--pre" in names,
        hashes=any(line.is_hashed for line in read),
    )


def _read(text: str) -> PipLine:
    if variable := _VARIABLE.search(text):
        what = f"{variable[0]} in it is a variable, whose value here is not the one of an image build."
        raise NotForUvError(what, "Write what it stands for")
    line = read_pip_line(text, 0)
    for name, _ in line.options:
        if name not in _KNOWN:
            raise NotForUvError(f"only pip knows what {name} in it does.", "Take the option out")
    return line


def _indexes(read: Iterable[PipLine], machine_indexes: Sequence[str], replaced: Callable[[str], str]) -> list[str]:
    """As pip collects them line by line: a new first one puts away those before it, `--no-index` its own line's too."""
    found = list(machine_indexes)
    for line in read:
        first, without_any = line.values("--index-url")[-1:], any(name == "--no-index" for name, _ in line.options)
        if first or without_any:
            found = []
        if not without_any:
            found += [replaced(url) for url in [*first, *line.values("--extra-index-url")]]
    return found


def _requirements(lines: Iterable[tuple[str, PipLine]], replaced: Callable[[str], str]) -> Iterator[str]:
    for text, line in lines:
        yield from (f"{name} {value}" for name, value in line.options if name in _FOR_UV)
        if line.target:
            # uv has no editable repositories. The same source, installed as it is, needs and holds the same.
            source = "".join(line.values("--editable")) or text
            if line.target.extras and source.startswith("git+"):  # those of `#egg=` it does not see
                source = f"{line.target.name}[{','.join(line.target.extras)}] @ {source}"
            yield replaced(source)
