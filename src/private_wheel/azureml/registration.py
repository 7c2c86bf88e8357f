"""Registering the environment: what each workspace has of it, what will be done there, and doing it.

A version never changes once it is there: https://learn.microsoft.com/azure/machine-learning/how-to-manage-environments-v2
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from private_wheel.azure.http import AT_ONCE
from private_wheel.azure.workspace_id import WorkspaceId
from private_wheel.azureml.comparison import differences
from private_wheel.errors import EnvironmentConflict, ServiceFailed
from private_wheel.system.background import side_by_side

if TYPE_CHECKING:
    from private_wheel.azure.arm import Arm

# Seconds before each further look at what was just registered.
_LOOKS = (1.0, 3.0)


@dataclass(frozen=True, kw_only=True)
class Definition:
    """An environment version. `conda` is the text of its conda file; `extra` may hold `description`, `tags` and
    `inference_config`, as Azure ML's environment YAML has them."""

    name: str
    version: str
    image: str
    conda: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def properties(self) -> dict[str, Any]:
        """As ARM wants them: EnvironmentVersionProperties, azure-rest-api-specs, stable/2024-10-01."""
        tags = {str(name): str(value) for name, value in (self.extra.get("tags") or {}).items()}
        optional = {
            "description": self.extra.get("description"),
            "tags": tags,
            "inferenceConfig": _inference_config(self.extra.get("inference_config") or {}),
        }
        return {
            "image": self.image,
            "condaFile": self.conda,
            "osType": "Linux",
            "isAnonymous": False,
            **{name: value for name, value in optional.items() if value},
        }


@dataclass(frozen=True, kw_only=True)
class RegistrationPlan:
    """What will be done in one workspace; `identical` means that it has this very version."""

    workspace: WorkspaceId
    name: str
    version: str
    action: Literal["register", "identical"]
    warnings: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"environment {self.name} {self.version} in workspace {self.workspace.name}"


def plan_registrations(
    arm: Arm, definitions: Mapping[WorkspaceId, Definition]
) -> tuple[RegistrationPlan, ...]:
    """Decide by what the workspaces have, which are asked side by side. Raises as `Arm.read_workspace`.

    Raises:
        EnvironmentConflict: one or more have other content under this name and version.
    """
    findings = side_by_side(lambda item: _find(arm, *item), list(definitions.items()), AT_ONCE)
    conflicts = {plan.workspace: found for plan, found in findings if found}
    if conflicts:
        definition = definitions[next(iter(conflicts))]
        listed = side_by_side(
            lambda workspace: arm.list_environment_versions(workspace, definition.name),
            list(definitions),
            AT_ONCE,
        )
        free = next_version(
            definition.version, [version for versions in listed for version in versions]
        )
        raise _conflict(definition, conflicts, free, "Nothing was changed.")
    return tuple(plan for plan, _ in findings)


def register_version(arm: Arm, plan: RegistrationPlan, definition: Definition) -> None:
    """Create the version as planned, and see that it is there. Raises as `Arm.read_workspace`.

    Raises:
        EnvironmentConflict: another run has made it in the meantime, with other content.
    """
    if plan.action == "identical":
        return
    workspace, name, version = plan.workspace, definition.name, definition.version
    refusal: ServiceFailed | None = None
    try:
        arm.put_environment(workspace, name, version, definition.properties)
    except ServiceFailed as error:
        refusal = (
            error  # an answer may have been lost, and the request repeated: what is there decides
        )
    stored = arm.read_environment(workspace, name, version)
    for pause in _LOOKS if not refusal else ():
        if stored is not None:
            break
        time.sleep(pause)
        stored = arm.read_environment(workspace, name, version)
    if stored is None:
        raise refusal or ServiceFailed(
            f"The {plan.title} was accepted, but cannot be read back.", fix="Run again."
        )
    if found := differences(stored, definition.properties):
        taken = arm.list_environment_versions(workspace, name)
        free = next_version(version, taken)
        raise _conflict(
            definition, {workspace: found}, free, "Another run registered it in the meantime."
        )


def next_version(version: str, taken: Collection[str]) -> str:
    """The version to take when `version` is: of whole numbers the next one, else with a counter behind it."""
    known = {version.lower(), *(other.lower() for other in taken)}
    if re.fullmatch(r"[0-9]{1,18}", version):
        return str(1 + max(int(other) for other in known if re.fullmatch(r"[0-9]{1,18}", other)))
    stem, _, counter = version.rpartition("-")
    if stem.lower() not in known or not counter.isdecimal():
        stem = version
    number = 2
    while f"{stem}-{number}".lower() in known:
        number += 1
    return f"{stem}-{number}"


def _find(
    arm: Arm, workspace: WorkspaceId, definition: Definition
) -> tuple[RegistrationPlan, list[str]]:
    """What to do in one workspace, and in what the version that is there differs."""
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
        f"Environment {definition.name} {definition.version} of workspace {workspace.name} is there with the same"
        " content, but archived: it works, and lists do not show it. To restore it: az ml environment restore.",
    )


def _conflict(
    definition: Definition, conflicts: Mapping[WorkspaceId, list[str]], free: str, state: str
) -> EnvironmentConflict:
    listed = "; ".join(
        f"{workspace.name}: {', '.join(found)}" for workspace, found in conflicts.items()
    )
    return EnvironmentConflict(
        f"Environment {definition.name} {definition.version} is registered with other content. Workspace {listed}.",
        input="environment-version",
        fix=f"{state} Set environment-version to {free}, or make the content what is there.",
    )


def _inference_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """`liveness_route: {path, port}` of the environment YAML as `livenessRoute`."""
    return {
        re.sub(r"_(.)", lambda match: match[1].upper(), name): dict(route)
        for name, route in config.items()
    }
