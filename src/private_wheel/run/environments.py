"""The environments of a run, one for each place: planned before anything is sent, then proven, registered, written."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from private_wheel.azure.workspace_id import WorkspaceId, short_names
from private_wheel.azureml.registration import (
    Definition,
    RegistrationPlan,
    plan_registrations,
    register_version,
)
from private_wheel.environment.formats.files import write_environment
from private_wheel.environment.model import Environment, environment_of
from private_wheel.inputs.config import Config
from private_wheel.publish.route import Plan, Result, result_of
from private_wheel.system.pip_configuration import PipConfiguration
from private_wheel.wheels.build import Workshop
from private_wheel.wheels.wheel import Wheel, WheelFile

if TYPE_CHECKING:
    from private_wheel.azure.arm import Arm
    from private_wheel.azure.http import HttpClients
    from private_wheel.proof.proof import Proof
    from private_wheel.run.report import Record

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PlannedEnvironments:
    """The environments as they will be, and what registering them will do."""

    environments: tuple[Environment, ...]
    registrations: tuple[RegistrationPlan, ...]
    warnings: tuple[str, ...]


def plan_environments(
    config: Config, plans: Sequence[Plan], arm: Arm | None, workshop: Workshop
) -> PlannedEnvironments:
    """Judge the environments as they will be. Sends nothing.

    Raises:
        EnvironmentConflict: a workspace has other content under that name and version.
        MissingPython: `verify` is to install, and the environment's Python is not on this machine.
        PrivateWheelError: as `environment_of` and `Arm.read_environment`.
    """
    results = [result_of(plan, requirement=plan.requirement) for plan in plans]
    environments = environments_of(config, results)
    if config.verify == "install":
        from private_wheel.proof.install import find_python

        for environment in environments.values():
            find_python(environment.content.python_version, workshop)
    registrations: tuple[RegistrationPlan, ...] = ()
    if arm and config.environment.register:
        registrations = plan_registrations(arm, _definitions(config, environments))
    warnings = [
        warning for environment in environments.values() for warning in environment.warnings
    ]
    warnings += [warning for plan in registrations for warning in plan.warnings]
    return PlannedEnvironments(
        environments=tuple(environments.values()) if can_be_written(config) else (),
        registrations=registrations,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def can_be_written(config: Config) -> bool:
    """Whether the packages will be anywhere that an environment can name."""
    return config.route.publishes or config.feed is not None


def environments_of(config: Config, results: Iterable[Result]) -> dict[str, Environment]:
    """By their place: each workspace that wheels are put into has URLs of its own. Raises as `environment_of`."""
    by_place: dict[str, list[Result]] = {}
    for result in results:
        by_place.setdefault(result.workspace, []).append(result)
    return {
        place: environment_of(config.environment, there, config.index_url)
        for place, there in by_place.items()
    }


def public_names(
    config: Config, wheels: Sequence[Wheel], pip: PipConfiguration, http: HttpClients
) -> list[str]:
    """Warnings about packages that the environment names by name, and the public index has too."""
    beside_public = config.route.names_by_index and config.environment.index_mode == "extra"
    if not (config.feed and beside_public and config.check_public_name):
        return []
    from private_wheel.publish.feed.public_name import public_name_warnings

    names = [wheel.canonical_name for wheel in wheels]
    return public_name_warnings(names, pip, config.feed, http)


def check(
    config: Config, environments: Mapping[str, Environment], proof: Proof, record: Record
) -> dict[str, list[WheelFile]]:
    """Resolve each environment, install it here if `verify` says so, and fetch the private wheels that it needs beside
    its own, by place, if a wheelhouse is wanted. What was shown is noted in `record`.

    Raises:
        DoesNotResolve, DoesNotInstall
    """
    found = {}
    for place, environment in environments.items():
        content = environment.content
        part = (content.pip_lines, content.python_version, environment.results)
        resolved = proof.resolve(*part)
        _note(
            record,
            f"{environment.title} resolves for Python {content.python_version} on Linux: {resolved}",
        )
        if config.verify == "install":
            proof.install(*part)
            _note(record, f"{environment.title} installs with Python {content.python_version}")
        if "wheelhouse" in config.environment.formats:
            found[place] = proof.private_wheels(
                resolved, content.python_version, environment.results
            )
    return found


def _note(record: Record, what: str) -> None:
    record.checks.append(what)
    _LOG.info("%s", what)


def register(
    arm: Arm, config: Config, environments: Mapping[str, Environment], record: Record
) -> None:
    """Carry out `record.registration_plans`. Raises as `register_version`."""
    definitions = _definitions(config, environments)
    for plan in record.registration_plans:
        if plan.action == "register":
            record.begun.append(plan.title)
            register_version(arm, plan, definitions[plan.workspace])
            record.registrations.append(plan)
            _LOG.info("%s is registered", plan.title)


def write(
    config: Config,
    environments: Mapping[str, Environment],
    dependencies: Mapping[str, Sequence[WheelFile]],
) -> dict[str, dict[str, Path]]:
    """Write the files of each environment, and return their paths by place and format. `dependencies` as by `check`."""
    directory, formats = Path(config.environment.directory), config.environment.formats
    written = {}
    for place, environment in environments.items():
        there = directory / (place if len(environments) > 1 else "")
        written[place] = write_environment(environment, formats, there, dependencies.get(place, ()))
    return written


def _definitions(
    config: Config, environments: Mapping[str, Environment]
) -> dict[WorkspaceId, Definition]:
    """What each workspace gets: what was put into it itself, or the one environment of all."""
    names = dict(zip(short_names(config.workspaces), config.workspaces, strict=True))
    return {
        workspace: Definition(
            name=environment.content.name,
            version=environment.content.version,
            image=environment.content.image,
            conda=environment.content.conda,
            extra=environment.content.extra,
        )
        for place, environment in environments.items()
        for workspace in ([names[place]] if place else config.workspaces)
    }
