"""The Python that a conda file asks for.

Source: https://docs.conda.io/projects/conda-build/en/stable/resources/package-spec.html#package-match-specifications
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from private_wheel.environment.addition import Addition
from private_wheel.environment.text.yaml import Node
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import quoted

SPEC = re.compile(
    r"^(?P<channel>[^\s:]+::)?(?P<name>[A-Za-z0-9_][\w.-]*)\s*(?P<rest>.*)$", re.DOTALL
)
_OLDEST_MINOR, _NEWEST_MINOR = 6, 14  # Python 3.6 and 3.14
_MOST_RELEASES = 40  # of one minor version there have been 20
_TERM = re.compile(
    r"(?P<operator>[=!<>~]=|=|<|>)?(?P<version>\d+(?:\.\d+){0,2})(?:(?:a|b|rc)\d+)?(?P<star>\.?\*)?"
)
_EXACT = re.compile(r"={0,2}(?P<version>\d+\.\d+(?:\.\d+)?)(?:\.?\*)?")


@dataclass(frozen=True, kw_only=True)
class AskedPython:
    """`exact` is the version if there is one. Otherwise `series` are those that the file leaves to choose from, newest
    first; `is_open` says so."""

    exact: str = ""
    series: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return not self.exact


def read_python(spec: str) -> AskedPython:
    """`spec` is what stands behind the name.

    Raises:
        ValueError: it is no version and no range.
    """
    version = _version(spec)
    if exact := _EXACT.fullmatch(version):
        return AskedPython(exact=exact["version"])
    choices = [_specifiers(choice) for choice in version.split("|")]
    known = (f"3.{minor}" for minor in range(_NEWEST_MINOR, _OLDEST_MINOR - 1, -1))
    return AskedPython(
        series=tuple(series for series in known if any(_has(choice, series) for choice in choices))
    )


def _version(spec: str) -> str:
    """Without the build, and without the blanks that conda takes around operators."""
    spec = spec.strip()
    if bracketed := re.fullmatch(r"(?P<plain>[^\[]*)\[(?P<keys>.*)\]", spec):
        named = re.search(
            r"version\s*=\s*(['\"]?)(?P<version>.*?)\1\s*(?:,\s*\w+\s*=|$)", bracketed["keys"]
        )
        spec = named["version"] if named else bracketed["plain"]
    spec = re.sub(r"\s*([=!<>~]=|[=<>,|])\s*", r"\1", spec).strip()
    return re.split(r"\s|(?<=[\w*.])=(?!=)", spec, maxsplit=1)[0]


def _specifiers(choice: str) -> str:
    """A range as pip and PEP 440 write it."""
    parts = []
    for term in choice.split(","):
        match = _TERM.fullmatch(term)
        if term in ("", "*") and term == choice:
            return ""
        if not match:
            raise ValueError(f"{term} is no version")
        operator, version = match["operator"] or "=", match["version"]
        if operator in ("=", "=="):
            parts.append(f"=={version}.*")
        else:
            parts.append(f"{operator}{version}{'.*' if match['star'] and operator == '!=' else ''}")
    return ",".join(parts)


def _has(specifiers: str, series: str) -> bool:
    from packaging.specifiers import SpecifierSet

    those = SpecifierSet(specifiers)
    return any(f"{series}.{micro}" in those for micro in range(_MOST_RELEASES, -1, -1))


@dataclass(frozen=True, kw_only=True)
class Python:
    """The environment's Python. `line` is that of the file which says it, 0 if none does; `is_open` says that it is one
    of several which the file allows."""

    version: str
    line: int = 0
    is_open: bool = False


def set_python(
    wanted: list[tuple[int | None, Any]],
    names: Sequence[str],
    old: Sequence[Node],
    addition: Addition,
    path: str,
) -> Python:
    """Make `wanted` name the environment's Python, and return it. `old` are the dependencies as they are, `names` their
    canonical names; `wanted` has the place of each there, and its value.

    Raises:
        WrongFile: the Python that they ask for is none.
    """
    places = [
        at
        for at, (origin, _) in enumerate(wanted)
        if origin is not None and names[origin] == "python"
    ]
    if not places:
        version = addition.python_version or addition.default_python
        wanted.insert(0, (None, f"python={version}"))
        return Python(version=version)
    if not addition.python_version:
        return _own_python([old[wanted[at][0] or 0] for at in places], addition, path)
    asked = addition.python_version
    origin, value = wanted[places[0]]
    own = _exact_version(_rest(value)) if len(places) == 1 else ""
    if own == asked or own.startswith(f"{asked}."):
        return Python(version=own)
    spec = SPEC.match(value)
    wanted[places[0]] = (origin, f"{spec['channel'] or '' if spec else ''}python={asked}")
    for at in reversed(places[1:]):
        del wanted[at]
    return Python(version=asked)


def _own_python(items: Sequence[Node], addition: Addition, path: str) -> Python:
    """The Python that the file itself asks for: of several the builder's, else the newest."""
    item, *more = items
    if more:
        raise WrongFile(
            path, more[0].line, "python stands here a second time. Take one of them out."
        )
    default = addition.default_python
    fix = f"Write python={default}."
    try:
        python = read_python(_rest(item.value))
    except ValueError:
        raise WrongFile(path, item.line, f"{quoted(item.value)} names no Python. {fix}") from None
    if python.is_open and not python.series:
        what = f"no Python from 3.{_OLDEST_MINOR} to 3.{_NEWEST_MINOR} is in {quoted(item.value)}."
        raise WrongFile(path, item.line, f"{what} {fix}")
    version = python.exact or (default if default in python.series else python.series[0])
    return Python(version=version, line=item.line, is_open=python.is_open)


def _exact_version(spec: str) -> str:
    try:
        return read_python(spec).exact
    except ValueError:
        return ""


def _rest(value: str) -> str:
    spec = SPEC.match(value)
    return spec["rest"].strip() if spec else ""
