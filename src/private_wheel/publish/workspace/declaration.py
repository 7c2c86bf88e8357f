"""The declaration of the workspace route."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from private_wheel.publish.declaration import RouteDeclaration

if TYPE_CHECKING:
    from private_wheel.publish.context import RouteContext
    from private_wheel.publish.route import Route

# https://learn.microsoft.com/azure/machine-learning/how-to-assign-roles, in its custom roles
_WRITE_ARTIFACT = "Microsoft.MachineLearningServices/workspaces/metadata/artifacts/write"


def _open(context: RouteContext) -> Sequence[Route]:
    from private_wheel.azure.workspace_id import short_names
    from private_wheel.publish.blob.storage import BlobStorage
    from private_wheel.publish.blob.wheel import ExistingRules
    from private_wheel.publish.workspace.artifacts import ArtifactService
    from private_wheel.publish.workspace.route import PRIVATE_PACKAGES, WorkspaceRoute

    cloud = context.sign_in.cloud
    authorize = context.sign_in.bearer(cloud.arm_scope)
    rules = ExistingRules(if_exists=context.if_exists, reads_back=context.reads_back)
    storage = BlobStorage(context.http)
    context.closing.callback(storage.close)
    names = short_names(list(context.workspaces))
    routes: list[Route] = []
    for name, (workspace, resource) in zip(names, context.workspaces.items(), strict=True):
        properties = resource.get("properties") or {}
        discovery_url = str(properties.get("discoveryUrl") or "")
        account = str(properties.get("storageAccount") or "").rpartition("/")[2]
        folder = f"https://{account}.blob.{cloud.storage_suffixes[0]}/{PRIVATE_PACKAGES}"
        artifacts = ArtifactService(
            workspace, discovery_url, cloud, authorize, context.mask, context.http
        )
        routes.append(WorkspaceRoute(name, artifacts, storage, rules, folder))
    return routes


WORKSPACE = RouteDeclaration(
    name="workspace",
    open=_open,
    into_workspaces=True,
    workspace_permissions=(_WRITE_ARTIFACT,),
)
