"""Registering the environment: what each workspace has, what will be done there, and doing it.

A version never changes once it exists:
https://learn.microsoft.com/azure/machine-learning/how-to-manage-environments-v2
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from private_wheel.azure.http import AT_ONCE
from private_wheel.azure.workspace_id import WorkspaceId
from private_wheel.azureml.comparison import differences
from private_wheel.errors import EnvironmentConflict, ServiceFailed
from private_wheel.system.background import side_by_side

if TYPE_CHECKING:
    from private_wheel.azure.arm import Arm

# Seconds before each further attempt to read what was just registered.
_PAUSES = (1.0, 3.0)
_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, kw_only=True)
class Definition:
    """An environment version.

    `conda` is the text of its conda file. `extra` may have `description`, `tags` and
    `inference_config`, as in Azure ML's environment YAML.
    """

    name: str
    version: str
    image: str
    conda: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def properties(self) -> dict[str, Any]:
        """The properties for ARM.

        Source: EnvironmentVersionProperties, azure-rest-api-specs, stable/2024-10-01
        """
        properties: dict[str, Any] = {
            "image": self.image,
            "condaFile": self.conda,
            "osType": "Linux",
            "isAnonymous": False,
        }
        if description := self.extra.get("description"):
            properties["description"] = description
        if tags := self.extra.get("tags"):
            properties["tags"] = {str(name): str(value) for name, value in tags.items()}
        if config := self.extra.get("inference_config"):
            properties["inferenceConfig"] = _inference_config(config)
        return properties


@dataclass(frozen=True, kw_only=True)
class RegistrationPlan:
    """What will be done in one workspace. `identical`: it already has this very version."""

    workspace: WorkspaceId
    name: str
    version: str
    action: Literal["register", "identical"]
    warnings: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The version as logs and summaries name it."""
        return f"environment {self.name} {self.version} in workspace {self.workspace.name}"


def plan_registrations(
    arm: Arm, definitions: Mapping[WorkspaceId, Definition]
) -> tuple[RegistrationPlan, ...]:
    """Decide by what the workspaces have. They are asked at the same time.

    Raises:
        EnvironmentConflict: A workspace has other content under this name and version.
        PrivateWheelError: One of those of `Arm.read_workspace`.
    """
    findings = side_by_side(lambda item: _compare(arm, *item), list(definitions.items()), AT_ONCE)
    conflicts = {}
    for plan, differing in findings:
        if differing:
            conflicts[plan.workspace] = differing
    if conflicts:
        definition = definitions[next(iter(conflicts))]
        free = _free_version(arm, list(definitions), definition)
        raise _conflict(definition, conflicts, free, "Nothing was changed.")
    return tuple(plan for plan, _ in findings)


def register_version(arm: Arm, plan: RegistrationPlan, definition: Definition) -> None:
    """Create the version as planned, and check that it exists.

    Raises:
        EnvironmentConflict: Another run registered it in the meantime, with other content.
        PrivateWheelError: One of those of `Arm.read_workspace`.
    """
    if plan.action == "identical":
        return
    workspace, name, version = plan.workspace, definition.name, definition.version
    refusal: ServiceFailed | None = None
    try:
        arm.put_environment(workspace, name, version, definition.properties)
    except ServiceFailed as error:
        # An answer may have been lost, and the request repeated: what exists now decides.
        refusal = error
    stored = arm.read_environment(workspace, name, version)
    for pause in _PAUSES:
        if stored is not None or refusal:
            break
        time.sleep(pause)
        stored = arm.read_environment(workspace, name, version)
    if stored is None:
        raise refusal or ServiceFailed(
            f"The {plan.title} was accepted, but cannot be read back.", fix="Run again."
        )
    differing = differences(stored, definition.properties)
    if differing:
        free = _free_version(arm, [workspace], definition)
        state = "Another run registered it in the meantime."
        raise _conflict(definition, {workspace: differing}, free, state)


def next_version(version: str, taken: Collection[str]) -> str:
    """Return the version to use when `version` is taken.

    That is the next whole number, or else the version with a counter at its end.
    """
    known = {version.lower(), *(other.lower() for other in taken)}
    if _WHOLE_NUMBER.fullmatch(version):
        numbers = [int(other) for other in known if _WHOLE_NUMBER.fullmatch(other)]
        return str(max(numbers) + 1)
    stem, _, counter = version.rpartition("-")
    if stem.lower() not in known or not counter.isdecimal():
        stem = version
    number = 2
    while f"{stem}-{number}".lower() in known:
        number += 1
    return f"{stem}-{number}"


def _free_version(arm: Arm, workspaces: Sequence[WorkspaceId], definition: Definition) -> str:
    """Return a version that is free in all workspaces."""
    listed = side_by_side(
        lambda workspace: arm.list_environment_versions(workspace, definition.name),
        workspaces,
        AT_ONCE,
    )
    taken = [version for versions in listed for version in versions]
    return next_version(definition.version, taken)


def _compare(
    arm: Arm, workspace: WorkspaceId, definition: Definition
) -> tuple[RegistrationPlan, list[str]]:
    """Plan for one workspace, and say in what its own version differs."""
    stored = arm.read_environment(workspace, definition.name, definition.version)
    plan = RegistrationPlan(
        workspace=workspace,
        name=definition.name,
        version=definition.version,
        action="register" if stored is None else "identical",
        warnings=_archived(workspace, definition) if stored and stored.get("isArchived") else (),
    )
    return plan, differences(stored, definition.properties) if stored is not None else []


def _archived(workspace: WorkspaceId, definition: Definition) -> tuple[str, ...]:
    return (
        f"Environment {definition.name} {definition.version} already exists in workspace"
        f" {workspace.name} with the same content, but is archived: it works, but lists do not"
        " show it. To restore it: az ml environment restore.",
    )


def _conflict(
    definition: Definition, conflicts: Mapping[WorkspaceId, list[str]], free: str, state: str
) -> EnvironmentConflict:
    listed = [
        f"{workspace.name}: {', '.join(differing)}" for workspace, differing in conflicts.items()
    ]
    return EnvironmentConflict(
        f"Environment {definition.name} {definition.version} is already registered with other"
        f" content. Workspace {'; '.join(listed)}.",
        input="environment-version",
        fix=f"{state} Set environment-version to {free}, or make the content equal to the"
        " registered one.",
    )


def _inference_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Rename the keys of an environment YAML for ARM, as `liveness_route` to `livenessRoute`."""
    renamed = {}
    for name, route in config.items():
        renamed[re.sub(r"_(.)", lambda match: match[1].upper(), name)] = dict(route)
    return renamed
