"""The environments of a run: planned before anything is sent, then checked, registered, written.

There is one, or one for each workspace that wheels are put into, because its URLs are its own.
"""

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
    from private_wheel.run.record import Record

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PlannedEnvironments:
    """The environments as planned, and what registering them will do."""

    environments: tuple[Environment, ...]
    registrations: tuple[RegistrationPlan, ...]
    warnings: tuple[str, ...]


def plan_environments(
    config: Config, plans: Sequence[Plan], arm: Arm | None, workshop: Workshop
) -> PlannedEnvironments:
    """Plan the environments and their registrations. Nothing is sent.

    Raises:
        EnvironmentConflict: A workspace has other content under that name and version.
        MissingPython: `verify` is `install`, and the environment's Python is not installed here.
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
    """Tell whether the packages will be in a place that an environment can name."""
    return config.route.publishes or config.feed is not None


def environments_of(
    config: Config, results: Iterable[Result], planned: Iterable[Environment] = ()
) -> dict[str, Environment]:
    """Return the environments by workspace.

    Each workspace that wheels are published to has URLs of its own. Otherwise there is one
    environment, whose key is empty. An environment that was `planned` is made again only if the
    packages go into it in another way.

    Raises:
        PrivateWheelError: An environment cannot be made, see `environment_of`.
    """
    by_workspace: dict[str, list[Result]] = {}
    for result in results:
        by_workspace.setdefault(result.workspace, []).append(result)
    planned_by_workspace = {plan.results[0].workspace: plan for plan in planned}
    environments = {}
    for workspace, its_results in by_workspace.items():
        environments[workspace] = environment_of(
            config.environment,
            its_results,
            config.index_url,
            planned_by_workspace.get(workspace),
        )
    return environments


def public_names(
    config: Config, wheels: Sequence[Wheel], pip: PipConfiguration, http: HttpClients
) -> list[str]:
    """Return warnings about packages whose names exist in the public index too."""
    beside_public = config.route.names_by_index and config.environment.index_mode == "extra"
    if not (config.feed and beside_public and config.check_public_name):
        return []
    from private_wheel.publish.feed.public_name import public_name_warnings

    names = [wheel.canonical_name for wheel in wheels]
    return public_name_warnings(names, pip, config.feed, http)


def check(
    config: Config, environments: Mapping[str, Environment], proof: Proof, record: Record
) -> dict[str, list[WheelFile]]:
    """Check that each environment resolves, and installs here if `verify` is `install`.

    What was proven is noted in `record`.

    Returns:
        The private wheels that each environment needs besides those of the run, if the format
        wheelhouse is wanted.

    Raises:
        DoesNotResolve: The pip part of an environment does not resolve.
        DoesNotInstall: An environment does not install, or a package cannot be imported.
    """
    wheels = {}
    for workspace, environment in environments.items():
        content = environment.content
        part = (content.pip_lines, content.python_version, environment.results)
        resolved = proof.resolve(*part)
        python = f"Python {content.python_version}"
        _note(record, f"{environment.title} resolves for {python} on Linux: {resolved}")
        if config.verify == "install":
            proof.install(*part)
            _note(record, f"{environment.title} installs with {python}")
        if "wheelhouse" in config.environment.formats:
            wheels[workspace] = proof.private_wheels(
                resolved, content.python_version, environment.results
            )
    return wheels


def _note(record: Record, sentence: str) -> None:
    record.checks.append(sentence)
    _LOG.info("%s", sentence)


def register(
    arm: Arm, config: Config, environments: Mapping[str, Environment], record: Record
) -> None:
    """Carry out the registrations that `record` has planned."""
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
    """Write the files of each environment, and return their paths by workspace and format.

    `dependencies` are what `check` returned.
    """
    directory, formats = Path(config.environment.directory), config.environment.formats
    written = {}
    for workspace, environment in environments.items():
        own = directory / workspace if len(environments) > 1 else directory
        wheels = dependencies.get(workspace, ())
        written[workspace] = write_environment(environment, formats, own, wheels)
    return written


def _definitions(
    config: Config, environments: Mapping[str, Environment]
) -> dict[WorkspaceId, Definition]:
    """Return what to register in each workspace: its own environment, or the one of all."""
    names = dict(zip(short_names(config.workspaces), config.workspaces, strict=True))
    definitions = {}
    for name, environment in environments.items():
        content = environment.content
        definition = Definition(
            name=content.name,
            version=content.version,
            image=content.image,
            conda=content.conda,
            extra=content.extra,
        )
        workspaces = [names[name]] if name else config.workspaces
        definitions.update(dict.fromkeys(workspaces, definition))
    return definitions
