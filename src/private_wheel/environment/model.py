"""The model of an environment: its wheels, and what must hold before anything is published."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

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
    """What Azure ML builds an image from.

    `addition` is what was put in to get `content`. `index_url` is the private index that the
    environment names, empty for none. `results` are the packages that it installs, one each.
    `changes` tells what changes in your file, line by line.
    """

    content: Extended
    addition: Addition
    index_url: str
    results: tuple[Result, ...]
    changes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The environment's name in logs and summaries."""
        title = f"environment {self.content.name} {self.content.version}"
        workspace = self.results[0].workspace
        return f"{title} of workspace {workspace}" if workspace else title

    @property
    def warnings(self) -> tuple[str, ...]:
        """What may make it work differently from what was checked."""
        warnings = [self._image_warning(), self._python_warning()]
        warnings += [platform_warning(result.wheel) for result in self.results]
        return tuple(warning for warning in warnings if warning)

    def _image_warning(self) -> str:
        image = self.content.image
        tag = image.rpartition("/")[2].partition(":")[2]
        if "@" in image or tag not in ("", "latest"):
            return ""
        moving = f"Image {image} has no fixed tag, so later builds may use a different image."
        return f"{moving} Specify a dated tag."

    def _python_warning(self) -> str:
        if not self.content.python_is_open:
            return ""
        line = f"Line {self.content.python_line} of environment-base"
        checked = f"It was checked with {self.content.python_version}."
        fix = "Pin it there, or set python-version."
        return f"{line} leaves the Python version to conda. {checked} {fix}"


def environment_of(
    config: EnvironmentConfig,
    results: Sequence[Result],
    index_url: str,
    planned: Environment | None = None,
) -> Environment:
    """Make the environment that installs `results`, pinned. The first one gives the version.

    Of several wheels of one package, the environment gets the one that fits its Python.

    Args:
        config: What the user asked for.
        results: The wheels, in the order of the input.
        index_url: The private index, empty for none.
        planned: The environment as it was planned. It is made again only if that has changed.

    Raises:
        SeveralWheels: There are two versions of one package.
        PythonNotSatisfied: No wheel of a package is for the environment's Python.
        WrongPlatform: No wheel of a package is for Linux.
        InvalidInputs: Your file cannot take the packages, or Azure ML reserves the name.
    """
    packages = _by_package(results)
    chosen = [_planned_or_first(candidates, planned) for candidates in packages]
    addition = _addition(config, chosen, packages, index_url)
    if planned and planned.addition == addition:
        return replace(planned, results=tuple(chosen))
    content = _extend(config.base, addition)
    # Only the extended file says which Python the environment has, and so which wheels fit.
    best = [_best(candidates, content, config.base) for candidates in packages]
    if best != chosen:
        chosen = best
        addition = _addition(config, chosen, packages, index_url)
        content = _extend(config.base, addition)
    _check_name(content.name)
    return Environment(
        content=content,
        addition=addition,
        index_url=index_url,
        results=tuple(chosen),
        changes=tuple(changes_of(config.base, content)),
    )


def _planned_or_first(candidates: Sequence[Result], planned: Environment | None) -> Result:
    """Return the result whose wheel the planned environment has, else the first one."""
    planned_wheels = [result.wheel for result in planned.results] if planned else []
    for candidate in candidates:
        if candidate.wheel in planned_wheels:
            return candidate
    return candidates[0]


def _addition(
    config: EnvironmentConfig,
    chosen: Sequence[Result],
    packages: Sequence[Sequence[Result]],
    index_url: str,
) -> Addition:
    """Return what is put into the environment if these wheels are chosen."""
    return Addition(
        name=config.name,
        version=config.version or chosen[0].wheel.version,
        image=config.image,
        python_version=config.python_version,
        default_python=f"{sys.version_info.major}.{sys.version_info.minor}",
        index_option="--index-url" if config.index_mode == "only" else "--extra-index-url",
        index_url=index_url,
        packages=tuple(map(_package, chosen, packages)),
    )


def _extend(base: Base | None, addition: Addition) -> Extended:
    try:
        return extend(base, addition)
    except WrongFile as error:
        problem = Problem(
            input="environment-base", what=str(error), path=error.path, line=error.line
        )
        raise InvalidInputs([problem]) from None


def _best(candidates: Sequence[Result], content: Extended, base: Base | None) -> Result:
    """Return the result whose wheel fits the environment's Python best."""
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
    """Return the results of each package, which must be of one version."""
    packages: dict[str, list[Result]] = {}
    for result in results:
        same = packages.setdefault(result.wheel.canonical_name, [])
        same.append(result)
        if result.wheel.version != same[0].wheel.version:
            first, second = same[0].wheel.file_name, result.wheel.file_name
            raise SeveralWheels(
                f"Found two versions of {result.wheel.name}: {first} and {second}.",
                input="package",
                fix="An environment can have only one. Publish them in two runs.",
            )
    return list(packages.values())


def _package(chosen: Result, candidates: Sequence[Result]) -> Package:
    """Return the package; pinned by version, pip may take any of the files."""
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
        problem = Problem(
            input="environment-name",
            what=f"the package name {name!r} is not valid as the name of an environment.",
            fix="Specify another name.",
        )
        raise InvalidInputs([problem])
