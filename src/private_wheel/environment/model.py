"""The model of an environment: which wheels are in it, and what has to be true of it before anything is sent."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from private_wheel.environment.addition import ENVIRONMENT_NAME, Addition, Package
from private_wheel.environment.base import Base
from private_wheel.environment.changes import changes_of
from private_wheel.environment.config import EnvironmentConfig
from private_wheel.environment.extension import Extended, extend
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.errors import InvalidInputs, Problem, PythonNotSatisfied, SeveralWheels
from private_wheel.publish.route import Result
from private_wheel.wheels.compatibility import best_wheel, platform_warning


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What Azure ML builds an image from: its content, the private index that it names (empty for none), and the
    results that it installs, one a package."""

    content: Extended
    index_url: str
    results: tuple[Result, ...]
    changes: tuple[str, ...] = ()
    """What is changed in the user's file, line by line."""

    @property
    def title(self) -> str:
        workspace = self.results[0].workspace
        return f"environment {self.content.name} {self.content.version}" + (
            f" of workspace {workspace}" if workspace else ""
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        tag = self.content.image.rpartition("/")[2].partition(":")[2]
        moving = f"The image {self.content.image} moves: the same environment gets another image later. Name a dated tag."
        found = [moving] if tag in ("", "latest") and "@" not in self.content.image else []
        if self.content.python_is_open:
            found.append(
                f"Line {self.content.python_line} of environment-base leaves the version of Python to conda; it was"
                f" checked for {self.content.python_version}. Pin it there, or set python-version."
            )
        return tuple(
            filter(None, [*found, *(platform_warning(result.wheel) for result in self.results)])
        )


def environment_of(
    config: EnvironmentConfig, results: Sequence[Result], index_url: str
) -> Environment:
    """The environment that installs `results`, pinned; from the index if one is given. The first result gives name and
    version. Of several wheels of one package the environment has the one that fits its Python.

    Raises:
        SeveralWheels: two versions of one package.
        PythonNotSatisfied, WrongPlatform: no wheel of a package is for the environment's Python on Linux.
        InvalidInputs: the user's own file cannot take them; the name is one that Azure ML keeps for itself.
    """
    packages = _by_package(results)
    content = _content(config, [candidates[0] for candidates in packages], packages, index_url)
    chosen = [_best(candidates, content, config.base) for candidates in packages]
    if any(one is not candidates[0] for one, candidates in zip(chosen, packages, strict=True)):
        content = _content(config, chosen, packages, index_url)
    _check_name(content.name)
    changes = tuple(changes_of(config.base, content)) if config.base else ()
    return Environment(content=content, index_url=index_url, results=tuple(chosen), changes=changes)


def _content(
    config: EnvironmentConfig,
    chosen: Sequence[Result],
    packages: Sequence[Sequence[Result]],
    index_url: str,
) -> Extended:
    addition = Addition(
        name=config.name,
        version=config.version or chosen[0].wheel.version,
        image=config.image,
        python_version=config.python_version,
        default_python=f"{sys.version_info.major}.{sys.version_info.minor}",
        index_option="--index-url" if config.index_mode == "only" else "--extra-index-url",
        index_url=index_url,
        packages=tuple(map(_package, chosen, packages)),
    )
    try:
        return extend(config.base, addition)
    except WrongFile as error:
        problem = Problem(
            input="environment-base", what=str(error), path=error.path, line=error.line
        )
        raise InvalidInputs([problem]) from None


def _best(candidates: Sequence[Result], content: Extended, base: Base | None) -> Result:
    try:
        wheel = best_wheel([result.wheel for result in candidates], content.python_version)
    except PythonNotSatisfied as error:
        if not (base and content.python_line):
            raise
        path, line = base.path_of_packages, content.python_line
        raise PythonNotSatisfied(
            f"{error.what} It comes from {path}, line {line}.",
            input="environment-base",
            fix="Change that line, or set python-version.",
            path=path,
            line=line,
        ) from None
    return next(result for result in candidates if result.wheel is wheel)


def _by_package(results: Iterable[Result]) -> list[list[Result]]:
    packages: dict[str, list[Result]] = {}
    for result in results:
        same = packages.setdefault(result.wheel.canonical_name, [])
        same.append(result)
        if result.wheel.version != same[0].wheel.version:
            first, second = same[0].wheel.file_name, result.wheel.file_name
            raise SeveralWheels(
                f"There are two versions of {result.wheel.name}, {first} and {second}.",
                input="package",
                fix="An environment can have only one: publish them in two runs.",
            )
    return list(packages.values())


def _package(chosen: Result, candidates: Sequence[Result]) -> Package:
    pinned_by_version = chosen.requirement == chosen.wheel.requirement
    files = candidates if pinned_by_version else [chosen]
    source = chosen.wheel.source
    return Package(
        name=chosen.wheel.name,
        line=chosen.requirement,
        sha256=tuple(sorted({result.sha256 for result in files})),
        directories=(str(source.resolve()),) if source else (),
    )


def _check_name(name: str) -> None:
    if not ENVIRONMENT_NAME.match(name):
        what = f"the package's name {name!r} is none that Azure ML takes for an environment."
        raise InvalidInputs(
            [Problem(input="environment-name", what=what, fix="Give another name.")]
        )
