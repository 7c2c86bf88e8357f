"""A workspace as the sandbox stores it; tests read it and change it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A workspace, with what is in it."""

    subscription_id: str
    resource_group: str
    name: str
    tenant_id: str
    storage_account: str
    # connection name -> properties as they were put, with the secret
    connections: dict[str, dict[str, Any]] = field(default_factory=dict)
    # environment name -> version -> properties as they were put
    environments: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    # file name of a wheel -> the metadata of its artifact; the bytes are in the storage account
    artifacts: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def resource_group_id(self) -> str:
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"

    @property
    def arm_id(self) -> str:
        provider = "Microsoft.MachineLearningServices"
        return f"{self.resource_group_id}/providers/{provider}/workspaces/{self.name}"

    @property
    def storage_account_id(self) -> str:
        accounts = f"{self.resource_group_id}/providers/Microsoft.Storage/storageAccounts"
        return f"{accounts}/{self.storage_account}"

    @property
    def short(self) -> str:
        return f"{self.subscription_id}/{self.resource_group}/{self.name}"
