"""The pip part of an environment as uv can take it: pip's rules about options, other addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from private_wheel.environment.pip.index import DEFAULT_INDEX, indexes_of
from private_wheel.environment.pip.lines import PipLine

# They tune pip alone, or would loosen what uv demands.
_LEFT_OUT = frozenset({"--prefer-binary", "--trusted-host", "--use-feature"})
# pip replaces it by a value: https://pip.pypa.io/en/stable/reference/requirements-file-format/
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_HASH = re.compile(r"(?:--hash[=\s]\s*|#)(sha\d+)[:=]([0-9a-f]+)")
_FOR_UV = frozenset({"--no-binary", "--only-binary"})
_TRANSLATED = frozenset(
    {
        *("--editable", "--extra-index-url", "--find-links", "--hash", "--index-url"),
        *("--no-index", "--pre", "--require-hashes"),
    }
)
_KNOWN = _FOR_UV | _LEFT_OUT | _TRANSLATED


class NotForUvError(Exception):
    """A line is not for uv. `fix` is how to write it, without a full stop."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.fix = fix


@dataclass(frozen=True, kw_only=True)
class UvPart:
    """What uv is given: `requirements` for its file, and what the other options mean.

    `indexes` are in pip's order of preference for equal versions. `of_machine` is whether the
    machine's own indexes are among them: an `--index-url` of the part replaces them. `hashes` are
    algorithms and digests by canonical name. Once one line has a hash (`is_hashed`), all lines
    need one, and none may leave the version open as those of `unpinned` do.
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
    *,
    machine_indexes: Sequence[str],
    reachable_index: Callable[[str], str],
    local_requirement: Callable[[str, PipLine], str],
) -> UvPart:
    """Translate a pip part for uv.

    Args:
        lines: The pip part.
        machine_indexes: The indexes that stand for pip's default.
        reachable_index: Returns the URL at which uv reads an index.
        local_requirement: Returns the requirement to give uv for that of a line.

    Raises:
        NotForUvError: A line has an option that only pip knows, or a variable.
    """
    for line in lines:
        _check(line)
    urls = indexes_of(lines)
    indexes: list[str] = []
    for url in urls:
        indexes += machine_indexes if url == DEFAULT_INDEX else [reachable_index(url)]
    targets = [(line.target, line.text) for line in lines if line.target]
    return UvPart(
        indexes=tuple(dict.fromkeys(indexes)),
        of_machine=DEFAULT_INDEX in urls,
        requirements=tuple(_requirements(lines, local_requirement)),
        find_links=tuple(_find_links(lines)),
        prereleases=any(line.has_option("--pre") for line in lines),
        is_hashed=any(line.is_hashed for line in lines),
        hashes=_hashes(lines),
        unpinned=frozenset(target.name for target, text in targets if not _is_pinned(text)),
    )


def _check(line: PipLine) -> None:
    if variable := _VARIABLE.search(line.text):
        problem = f"the variable {variable[0]} has another value here than in an image build."
        raise NotForUvError(problem, "Write its value")
    for option in line.options:
        if option.name not in _KNOWN:
            problem = f"only pip can apply the option {option.name}."
            raise NotForUvError(problem, "Remove it")


def _requirements(
    lines: Iterable[PipLine], local_requirement: Callable[[str, PipLine], str]
) -> Iterator[str]:
    for line in lines:
        for option in line.options:
            if option.name in _FOR_UV:
                yield f"{option.name} {option.value}"
        if line.target:
            yield local_requirement(_requirement(line), line)


def _requirement(line: PipLine) -> str:
    """Return what the line installs.

    uv has no editable repositories. The same source, not editable, needs and holds the same.
    """
    source = "".join(line.values("--editable")) or line.text
    target = line.target
    # uv does not see extras in `#egg=`.
    if target and target.extras and source.startswith("git+"):
        return f"{target.name}[{','.join(target.extras)}] @ {source}"
    return source


def _find_links(lines: Iterable[PipLine]) -> Iterator[str]:
    """Yield the first of each line: pip ignores the others."""
    for line in lines:
        yield from line.values("--find-links")[:1]


def _hashes(lines: Iterable[PipLine]) -> dict[str, frozenset[tuple[str, str]]]:
    """Return the hashes of all lines for one package: each line may be for other machines."""
    hashes: dict[str, frozenset[tuple[str, str]]] = {}
    for line in lines:
        if line.target:
            name = line.target.name
            own = frozenset(_HASH.findall(line.text.lower()))
            hashes[name] = hashes.get(name, frozenset()) | own
    return hashes


def _is_pinned(text: str) -> bool:
    requirement = text.partition(";")[0].partition(" --")[0]
    return any(sign in requirement for sign in ("@", "://", "=="))
