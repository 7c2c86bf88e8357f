"""The pip part of an environment as uv can take it: pip's rules about options kept, addresses replaced."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from private_wheel.environment.pip.index import indexes_of
from private_wheel.environment.pip.lines import PipLine

# They tune pip alone, or would loosen what uv demands.
_LEFT_OUT = frozenset({"--prefer-binary", "--trusted-host", "--use-feature"})
# pip puts in the value of a variable: https://pip.pypa.io/en/stable/reference/requirements-file-format/
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_HASH = re.compile(r"(?:--hash[=\s]\s*|#)(sha\d+)[:=]([0-9a-f]+)")
_FOR_UV = frozenset({"--no-binary", "--only-binary"})
_UNDERSTOOD = frozenset(
    {
        "--editable",
        "--extra-index-url",
        "--find-links",
        "--hash",
        "--index-url",
        "--no-index",
        "--pre",
    }
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
    tells whether the machine's own count; behind an `--index-url` of the part's they do not. `hashes` are the
    algorithms and digests by canonical name; once one line has a hash, `is_hashed`, all need one, and no line may leave
    the version open, as those of `unpinned` do.
    """

    indexes: tuple[str, ...]
    of_machine: bool
    requirements: tuple[str, ...]
    find_links: tuple[str, ...]
    prereleases: bool
    is_hashed: bool
    hashes: Mapping[str, frozenset[tuple[str, str]]]
    unpinned: frozenset[str]


def uv_part(
    lines: Sequence[PipLine],
    machine_indexes: Sequence[str],
    replaced_index: Callable[[str], str],
    replaced_line: Callable[[str, PipLine], str],
) -> UvPart:
    """The two functions give the address that stands in for an index, and what stands in for the text of a line.

    Raises:
        NotForUvError: an option is pip's alone, or a variable that of another machine.
    """
    for line in lines:
        _check(line)
    options = [option for line in lines for option in line.options]
    urls = indexes_of(lines)
    of_machine = "" in urls  # pip's default
    indexes = [
        *(machine_indexes if of_machine else ()),
        *(replaced_index(url) for url in urls if url),
    ]
    return UvPart(
        indexes=tuple(dict.fromkeys(indexes)),
        of_machine=of_machine,
        requirements=tuple(_requirements(lines, replaced_line)),
        find_links=tuple(value for line in lines for value in line.values("--find-links")[:1]),
        prereleases="--pre" in dict(options),
        is_hashed=any(line.is_hashed for line in lines),
        hashes=_hashes(lines),
        unpinned=frozenset(
            line.target.name for line in lines if line.target and not _is_pinned(line.text)
        ),
    )


def _check(line: PipLine) -> None:
    if variable := _VARIABLE.search(line.text):
        what = (
            f"{variable[0]} in it is a variable, whose value here is not the one of an image build."
        )
        raise NotForUvError(what, "Write what it stands for")
    for name, _ in line.options:
        if name not in _KNOWN:
            raise NotForUvError(f"only pip knows what {name} in it does.", "Take the option out")


def _hashes(lines: Iterable[PipLine]) -> dict[str, frozenset[tuple[str, str]]]:
    """Of all lines for one package: each may be for other machines."""
    found: dict[str, frozenset[tuple[str, str]]] = {}
    for line in lines:
        if line.target:
            name = line.target.name
            found[name] = found.get(name, frozenset()) | frozenset(_HASH.findall(line.text.lower()))
    return found


def _is_pinned(text: str) -> bool:
    requirement = text.partition(";")[0].partition(" --")[0]
    return "@" in requirement or "://" in requirement or "==" in requirement


def _requirements(
    lines: Iterable[PipLine], replaced: Callable[[str, PipLine], str]
) -> Iterator[str]:
    for line in lines:
        yield from (f"{name} {value}" for name, value in line.options if name in _FOR_UV)
        if line.target:
            # uv has no editable repositories. The same source, installed as it is, needs and holds the same.
            source = "".join(line.values("--editable")) or line.text
            if line.target.extras and source.startswith("git+"):  # those of `#egg=` it does not see
                source = f"{line.target.name}[{','.join(line.target.extras)}] @ {source}"
            yield replaced(source, line)
