"""What exists in every sandbox, by name: servers, feeds, workspaces, and federated subjects."""

from __future__ import annotations

import uuid
from pathlib import Path

from sandbox.feed.artifacts import FeedKey
from sandbox.feed.feed import Feed, FeedSwitches
from sandbox.workspace.workspace import Workspace

SERVERS = (
    "arm",
    "artifact-service",
    "azure-pipelines",
    "blob",
    "feed",
    "github",
    "instance-metadata",
    "plain-index",
    "public-index",
    "sign-in",
    "storage",
)
# The gate of blob storage has one more name for each account.
PUBLIC_NAMES = {
    "arm": "management.azure.com",
    "artifact-service": "westeurope.api.azureml.ms",
    "feed": "pkgs.dev.azure.com",
    "public-index": "pypi.org",
    "sign-in": "login.microsoftonline.com",
}
# Organisation and project; a feed named "python" is in each.
FEEDS = (("acme", None), ("acme", "ml"), ("acme", "data science"), ("globex", None))
# Name -> resource group and storage account.
WORKSPACES = {
    "acme-ml": ("ml", "acmemlstore"),
    "acme-test": ("ml", "acmeteststore"),
    "acme-locked": ("ml-locked", "acmelockedstore"),
}
GITHUB_SUBJECT = "repo:acme/acme-forecast:ref:refs/tags/v1.2.3"
PIPELINES_SUBJECT = "sc://acme/ml/acme-azure"
WORKLOAD_SUBJECT = "system:serviceaccount:ml:publisher"


def declare_workspaces(tenant_id: str) -> dict[str, Workspace]:
    """Declare the workspaces, in one subscription."""
    subscription_id = str(uuid.uuid4())
    return {
        name: Workspace(
            subscription_id=subscription_id,
            resource_group=group,
            name=name,
            tenant_id=tenant_id,
            storage_account=account,
        )
        for name, (group, account) in WORKSPACES.items()
    }


def declare_feeds(directory: Path, switches: FeedSwitches) -> dict[FeedKey, Feed]:
    """Declare the feeds. Each keeps its packages in a folder of its own below `directory`."""
    return {
        FeedKey.of(organisation, project, "python"): Feed(
            "python", directory / organisation / (project or "_organisation"), switches
        )
        for organisation, project in FEEDS
    }
