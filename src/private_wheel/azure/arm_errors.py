"""What Azure Resource Manager's refusals mean for the user."""

from __future__ import annotations

import requests

from private_wheel.azure.answers import server_reason
from private_wheel.azure.retries import RETRIED_STATUSES
from private_wheel.azure.workspace_id import WorkspaceId
from private_wheel.errors import (
    CredentialRefused,
    PermissionMissing,
    PrivateWheelError,
    ServiceFailed,
    UnknownWorkspace,
)


def refusal(response: requests.Response, workspace: WorkspaceId) -> PrivateWheelError:
    """Return the error for an answer that is no success."""
    reason, status = server_reason(response), response.status_code
    if status == 404:
        return UnknownWorkspace(
            f"Workspace {workspace.name} not found in resource group {workspace.resource_group}"
            f" of subscription {workspace.subscription}, or the identity has no access to it.",
            input="workspace",
            fix="Check the three names, and that the identity can read the workspace.",
            said=reason,
        )
    if status == 403:
        return permission_missing(workspace, reason)
    if status == 401:
        return CredentialRefused(
            "Azure Resource Manager rejected the sign-in.",
            input="azure-client-id",
            fix="Check that the identity belongs to the workspace's tenant and cloud.",
            said=reason,
        )
    return ServiceFailed(
        f"The request to Azure Resource Manager failed for workspace {workspace.name}.",
        fix="Run again." if status in RETRIED_STATUSES else "Fix the reported error.",
        said=reason,
    )


def permission_missing(workspace: WorkspaceId, reason: str) -> PermissionMissing:
    """Return the error for an identity whose roles do not suffice."""
    return PermissionMissing(
        f"The identity lacks a permission on workspace {workspace.name}.",
        input="workspace",
        fix="Assign it the role AzureML Data Scientist or Contributor on the workspace.",
        said=reason,
    )


def unreadable(resource: str, reason: str) -> ServiceFailed:
    """Return the error for an answer that has an unexpected form."""
    return ServiceFailed(
        f"Azure Resource Manager's {resource} cannot be read.", fix="Run again.", said=reason
    )
