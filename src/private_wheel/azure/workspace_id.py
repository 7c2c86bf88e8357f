"""The name of an Azure ML workspace: an ARM id or `subscription/resource-group/name`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from private_wheel.secrets.quoting import quoted

_SUBSCRIPTION = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_RESOURCE_GROUP = re.compile(r"^[\w.()-]{1,90}(?<!\.)$")
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{2,32}$")


@dataclass(frozen=True, kw_only=True)
class WorkspaceId:
    """Which workspace."""

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
        ValueError: with the sentence for the user.
    """
    parts = value.strip("/").split("/")
    if len(parts) == 8 and [part.lower() for part in parts[::2]] == [
        "subscriptions",
        "resourcegroups",
        "providers",
        "workspaces",
    ]:
        if parts[5].lower() != "microsoft.machinelearningservices":
            raise ValueError(
                f"{quoted(value)} is a resource of {parts[5]}, not an Azure ML workspace."
            )
        parts = [parts[1], parts[3], parts[7]]
    if len(parts) != 3:
        raise ValueError(
            f"{quoted(value)} is not a workspace. Write its ARM id, or subscription/resource-group/name."
        )
    subscription, resource_group, name = parts
    if not _SUBSCRIPTION.match(subscription):
        raise ValueError(f"{quoted(subscription)} is not a subscription id (a GUID).")
    if not _RESOURCE_GROUP.match(resource_group):
        raise ValueError(f"{quoted(resource_group)} is not a resource group's name.")
    if not _NAME.match(name):
        raise ValueError(
            f"{quoted(name)} is not a workspace's name (3 to 33 letters, digits, - and _)."
        )
    return WorkspaceId(subscription=subscription, resource_group=resource_group, name=name)


def short_names(workspaces: Sequence[WorkspaceId]) -> list[str]:
    """The shortest names that tell the workspaces apart: `name`, `resource-group/name`, or with the subscription."""
    parts = [
        (workspace.name, workspace.resource_group, workspace.subscription)
        for workspace in workspaces
    ]
    for length in (1, 2, 3):
        names = ["/".join(reversed(part[:length])) for part in parts]
        if len({name.lower() for name in names}) == len(names):
            break
    return names
