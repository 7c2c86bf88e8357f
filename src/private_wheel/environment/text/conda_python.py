"""The Python version that a conda file asks for.

Source: https://docs.conda.io/projects/conda-build/en/stable/resources/package-spec.html#package-match-specifications
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from private_wheel.environment.addition import Addition
from private_wheel.environment.text.conda import SPEC, canonical_name
from private_wheel.environment.text.nodes import Node
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import quoted

_OLDEST_MINOR, _NEWEST_MINOR = 6, 14  # Python 3.6 and 3.14
_MOST_RELEASES = 40  # more than any minor version has had
_TERM = re.compile(
    r"(?P<operator>[=!<>~]=|=|<|>)?(?P<version>\d+(?:\.\d+){0,2})(?:(?:a|b|rc)\d+)?(?P<star>\.?\*)?"
)
_EXACT = re.compile(r"={0,2}(?P<version>\d+\.\d+(?:\.\d+)?)(?:\.?\*)?")
_VERSION_KEY = re.compile(r"version\s*=\s*(['\"]?)(?P<version>.*?)\1\s*(?:,\s*\w+\s*=|$)")


@dataclass(frozen=True, kw_only=True)
class AskedPython:
    """What a specification asks for: one version, `exact`, or any of `series`, newest first."""

    exact: str = ""
    series: tuple[str, ...] = ()


def read_python(spec: str) -> AskedPython:
    """Read what follows the name in a conda dependency on Python.

    Raises:
        ValueError: It is neither a version nor a range.
    """
    version = _version(spec)
    if exact := _EXACT.fullmatch(version):
        return AskedPython(exact=exact["version"])
    choices = [_specifiers(choice) for choice in version.split("|")]
    series = []
    for minor in range(_NEWEST_MINOR, _OLDEST_MINOR - 1, -1):
        if any(_allows(choice, f"3.{minor}") for choice in choices):
            series.append(f"3.{minor}")
    return AskedPython(series=tuple(series))


def _version(spec: str) -> str:
    """Return the version without the build, and without the blanks that conda ignores."""
    spec = spec.strip()
    if bracketed := re.fullmatch(r"(?P<plain>[^\[]*)\[(?P<keys>.*)\]", spec):
        named = _VERSION_KEY.search(bracketed["keys"])
        spec = named["version"] if named else bracketed["plain"]
    spec = re.sub(r"\s*([=!<>~]=|[=<>,|])\s*", r"\1", spec).strip()
    return re.split(r"\s|(?<=[\w*.])=(?!=)", spec, maxsplit=1)[0]


def _specifiers(choice: str) -> str:
    """Return a conda range as PEP 440 writes it."""
    if choice in ("", "*"):
        return ""
    return ",".join(_specifier(term) for term in choice.split(","))


def _specifier(term: str) -> str:
    match = _TERM.fullmatch(term)
    if not match:
        raise ValueError(f"{term} is not a version")
    operator, version = match["operator"] or "=", match["version"]
    if operator in ("=", "=="):
        return f"=={version}.*"
    if operator == "!=" and match["star"]:
        return f"!={version}.*"
    return f"{operator}{version}"


def _allows(specifiers: str, series: str) -> bool:
    from packaging.specifiers import SpecifierSet

    allowed = SpecifierSet(specifiers)
    return any(f"{series}.{micro}" in allowed for micro in range(_MOST_RELEASES, -1, -1))


@dataclass(frozen=True, kw_only=True)
class Python:
    """The environment's Python.

    `line` is the line of the file that specifies it, 0 if none does. `is_open` tells that this
    line allows several versions.
    """

    version: str
    line: int = 0
    is_open: bool = False


@dataclass(frozen=True, kw_only=True)
class Dependency:
    """A conda dependency as it will be: `old` is its item in the file, or None if it is new."""

    old: int | None
    name: str
    value: Any


def with_python(
    dependencies: Sequence[Dependency], items: Sequence[Node], addition: Addition, path: str
) -> tuple[list[Dependency], Python]:
    """Return the dependencies with the environment's Python, and that Python.

    Args:
        dependencies: The dependencies of the file that stay.
        items: All dependencies of the file, which `Dependency.old` counts.
        addition: What Python the user asked for.
        path: The file's name in errors.

    Raises:
        WrongFile: The Python that the file asks for is not a version, or not one of Python's.
    """
    own = [dependency for dependency in dependencies if dependency.name == "python"]
    asked = addition.python_version
    if not own:
        version = asked or addition.default_python
        new = Dependency(old=None, name="python", value=f"python={version}")
        return [new, *dependencies], Python(version=version)
    if not asked:
        own_items = [item for item in items if canonical_name(item) == "python"]
        return list(dependencies), _own_python(own_items, addition, path)
    exact = _exact_version(_rest(own[0].value)) if len(own) == 1 else ""
    if exact == asked or exact.startswith(f"{asked}."):
        return list(dependencies), Python(version=exact)
    spec = SPEC.match(own[0].value)
    channel = (spec["channel"] if spec else "") or ""
    changed = []
    for dependency in dependencies:
        if dependency is own[0]:
            changed.append(replace(dependency, value=f"{channel}python={asked}"))
        elif dependency.name != "python":
            changed.append(dependency)
    return changed, Python(version=asked)


def _own_python(items: Sequence[Node], addition: Addition, path: str) -> Python:
    """Return the Python that the file asks for: of several the default one, else the newest."""
    if len(items) > 1:
        raise WrongFile(path, items[1].line, "python is listed twice. Remove one of them.")
    item = items[0]
    default = addition.default_python
    fix = f"Write python={default}."
    try:
        python = read_python(_rest(item.value))
    except ValueError:
        problem = f"{quoted(item.value)} does not specify a Python version."
        raise WrongFile(path, item.line, f"{problem} {fix}") from None
    if python.exact:
        return Python(version=python.exact, line=item.line)
    if not python.series:
        known = f"from 3.{_OLDEST_MINOR} to 3.{_NEWEST_MINOR}"
        problem = f"no Python {known} matches {quoted(item.value)}."
        raise WrongFile(path, item.line, f"{problem} {fix}")
    version = default if default in python.series else python.series[0]
    return Python(version=version, line=item.line, is_open=True)


def _exact_version(spec: str) -> str:
    try:
        return read_python(spec).exact
    except ValueError:
        return ""


def _rest(value: str) -> str:
    spec = SPEC.match(value)
    return spec["rest"].strip() if spec else ""
