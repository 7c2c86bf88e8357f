"""The name of an Azure ML workspace: an ARM ID or `subscription/resource-group/name`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from private_wheel.secrets.quoting import quoted

_SUBSCRIPTION = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_RESOURCE_GROUP = re.compile(r"^[\w.()-]{1,90}(?<!\.)$")
_KINDS_OF_ARM_ID = ["subscriptions", "resourcegroups", "providers", "workspaces"]
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{2,32}$")


@dataclass(frozen=True, kw_only=True)
class WorkspaceId:
    """The three names that identify a workspace."""

    subscription: str
    resource_group: str
    name: str

    @property
    def path(self) -> str:
        """The ARM path, with a leading slash."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.name}"
        )


def parse_workspace(value: str) -> WorkspaceId:
    """Read one line of the input.

    Raises:
        ValueError: With the sentence for the user.
    """
    parts = value.strip("/").split("/")
    kinds = [part.lower() for part in parts[::2]]
    if len(parts) == 8 and kinds == _KINDS_OF_ARM_ID:
        if parts[5].lower() != "microsoft.machinelearningservices":
            raise ValueError(
                f"{quoted(value)} is a resource of {parts[5]}, not an Azure ML workspace."
            )
        parts = [parts[1], parts[3], parts[7]]
    if len(parts) != 3:
        raise ValueError(
            f"{quoted(value)} is not a workspace."
            " Specify its ARM ID, or subscription/resource-group/name."
        )
    subscription, resource_group, name = parts
    if not _SUBSCRIPTION.match(subscription):
        raise ValueError(f"{quoted(subscription)} is not a subscription ID (a GUID).")
    if not _RESOURCE_GROUP.match(resource_group):
        raise ValueError(f"{quoted(resource_group)} is not a valid resource group name.")
    if not _NAME.match(name):
        raise ValueError(
            f"{quoted(name)} is not a valid workspace name (3 to 33 letters, digits, - and _)."
        )
    return WorkspaceId(subscription=subscription, resource_group=resource_group, name=name)


def short_names(workspaces: Sequence[WorkspaceId]) -> list[str]:
    """Return the shortest names that distinguish the workspaces, whatever the case of letters.

    All are of one form: `name`, `resource-group/name` or `subscription/resource-group/name`.
    """
    for length in (1, 2, 3):
        names = [_last_names(workspace, length) for workspace in workspaces]
        if len({name.lower() for name in names}) == len(names):
            break
    return names


def _last_names(workspace: WorkspaceId, length: int) -> str:
    names = (workspace.subscription, workspace.resource_group, workspace.name)
    return "/".join(names[-length:])
