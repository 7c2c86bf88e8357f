"""What a connection's properties can hold. Unlike the service, it refuses unknown members."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.workspace.arm_answers import ArmError

CATEGORIES = frozenset(
    {
        "ADLSGen2",
        "AIServices",
        "ApiKey",
        "AzureBlob",
        "AzureOneLake",
        "AzureOpenAI",
        "AzureSqlDb",
        "AzureSynapseAnalytics",
        "CognitiveSearch",
        "CognitiveService",
        "ContainerRegistry",
        "CosmosDb",
        "CustomKeys",
        "GenericContainerRegistry",
        "Git",
        "PythonFeed",
        "S3",
        "Snowflake",
    }
)
OLD_CATEGORIES = frozenset({"ContainerRegistry", "Git", "PythonFeed"})
# authType -> the members that its credentials must have. UsernamePassword can have securityToken
# too.
CREDENTIALS: dict[str, frozenset[str]] = {
    "AccessKey": frozenset({"accessKeyId", "secretAccessKey"}),
    "AccountKey": frozenset({"key"}),
    "ApiKey": frozenset({"key"}),
    "ManagedIdentity": frozenset({"clientId", "resourceId"}),
    "PAT": frozenset({"pat"}),
    "SAS": frozenset({"sas"}),
    "ServicePrincipal": frozenset({"clientId", "clientSecret", "tenantId"}),
    "UsernamePassword": frozenset({"username", "password"}),
}
WITHOUT_CREDENTIALS = frozenset({"None", "AAD"})
MEMBERS = frozenset({"authType", "category", "credentials", "target"})
MEMBERS_SINCE_2024_04 = frozenset({"expiryTime", "isSharedToAll", "metadata", "sharedUserList"})
MEMBERS_SINCE_2025_12 = frozenset(
    {"error", "peRequirement", "peStatus", "useWorkspaceManagedIdentity"}
)


def check_properties(properties: dict[str, Any], version: str) -> None:
    """Check the properties of a PUT.

    `value` and `valueFormat` belong to the api-versions before 2022-05-01.

    Raises:
        ArmError: They are not valid.
    """
    known = MEMBERS
    if version >= "2024-04-01":
        known |= MEMBERS_SINCE_2024_04
    if version >= "2025-12-01":
        known |= MEMBERS_SINCE_2025_12
    unknown = set(properties) - known
    if unknown:
        raise _invalid(
            f"Could not find member '{min(unknown)}' on the connection's properties ({version})."
        )
    categories = CATEGORIES if version >= "2024-04-01" else OLD_CATEGORIES
    if properties.get("category") not in categories:
        raise _invalid(f"The category '{properties.get('category')}' is not known.")
    if not isinstance(properties.get("target"), str) or not properties["target"]:
        raise _invalid("The member 'target' is required.")
    _check_credentials(properties)
    _check_optional(properties)


def _check_credentials(properties: dict[str, Any]) -> None:
    auth_type, credentials = properties.get("authType"), properties.get("credentials")
    if auth_type in WITHOUT_CREDENTIALS:
        if credentials is not None:
            raise _invalid(f"The authType '{auth_type}' takes no credentials.")
        return
    needed = CREDENTIALS.get(str(auth_type))
    if needed is None:
        raise _invalid(f"The authType '{auth_type}' is not known.")
    if not isinstance(credentials, dict):
        raise _invalid(f"The authType '{auth_type}' needs credentials.")
    optional = {"securityToken"} if auth_type == "UsernamePassword" else set()
    if set(credentials) - optional != needed:
        raise _invalid(
            f"The credentials of '{auth_type}' must have the members {', '.join(sorted(needed))}."
        )
    if not all(isinstance(value, str) and value for value in credentials.values()):
        raise _invalid(f"The credentials of '{auth_type}' must be strings that are not empty.")


def _check_optional(properties: dict[str, Any]) -> None:
    if not isinstance(properties.get("isSharedToAll", True), bool):
        raise _invalid("The member 'isSharedToAll' must be a boolean.")
    metadata = properties.get("metadata", {})
    if not isinstance(metadata, dict) or not all(
        isinstance(value, str) for value in metadata.values()
    ):
        raise _invalid("The member 'metadata' must be an object of strings.")
    if "expiryTime" in properties:
        try:
            datetime.fromisoformat(str(properties["expiryTime"]).removesuffix("Z"))
        except ValueError as error:
            raise _invalid("The member 'expiryTime' must be a date and time.") from error


def _invalid(message: str) -> ArmError:
    return ArmError(400, "ValidationError", message)
