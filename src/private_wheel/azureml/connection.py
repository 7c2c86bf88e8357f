"""The workspace connection: what a workspace has, what the run will do there, and doing it.

Two connections for one target break every image build of a workspace ("Unique workspace
connection not available for specified target", MicrosoftDocs/azure-docs#114975), so an existing
connection is rotated in place, and never a second one created.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from private_wheel.azure.workspace_id import WorkspaceId
from private_wheel.azureml.targets import covers, default_name, same_target
from private_wheel.errors import ConnectionConflict
from private_wheel.publish.feed.address import FeedAddress
from private_wheel.secrets.redaction import Secret

if TYPE_CHECKING:
    from private_wheel.azure.arm import Arm, StoredConnection


@dataclass(frozen=True, kw_only=True)
class ConnectionConfig:
    """The connection to set. `target` and `name` are empty when the run has to find them."""

    name: str
    token: Secret
    username: str
    target: str
    category: str


@dataclass(frozen=True, kw_only=True)
class ConnectionPlan:
    """What will be done in one workspace. `existing` are the properties that a rotation keeps."""

    workspace: WorkspaceId
    name: str
    action: Literal["create", "rotate"]
    existing: Mapping[str, Any]
    warnings: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The connection as logs and summaries name it."""
        return f"connection {self.name} of {self.workspace.name}"


def plan_connection(
    workspace: WorkspaceId, wanted: ConnectionConfig, existing: Sequence[StoredConnection]
) -> ConnectionPlan:
    """Decide what to do about the connections of one workspace.

    Args:
        workspace: The workspace.
        wanted: The connection to set. Its target is known; without a name, the run chooses one.
        existing: All connections of the workspace.

    Raises:
        ConnectionConflict: It would be the second one for its target, or take over one that
            serves another target.
    """
    serving = [stored for stored in existing if _serves(stored, wanted)]
    others = serving
    if wanted.name:
        others = [stored for stored in serving if not _same_name(stored.name, wanted.name)]
    if len(serving) > 1 or (wanted.name and others):
        raise _duplicate(workspace, wanted, serving, "Nothing was changed.")
    name = wanted.name or (serving[0].name if serving else default_name(wanted.target))
    namesake = _named(existing, name)
    if namesake and namesake not in serving:
        raise ConnectionConflict(
            f"Connection {namesake.name} of workspace {workspace.name} already serves"
            f" {namesake.target} ({namesake.category}).",
            input="connection",
            fix="Nothing was changed. Choose another name with connection, or delete that"
            " connection.",
        )
    return ConnectionPlan(
        workspace=workspace,
        name=namesake.name if namesake else name,
        action="rotate" if namesake else "create",
        existing=namesake.properties if namesake else {},
        warnings=tuple(_overlaps(workspace, wanted, existing)),
    )


def token_warnings(
    wanted: ConnectionConfig, feed: FeedAddress | None, feed_token: Secret
) -> list[str]:
    """Warn about a connection that is allowed but unwise."""
    warnings = []
    if feed_token and wanted.token == feed_token:
        warnings.append(
            "feed-token and connection-token are equal, so everyone with access to the workspace"
            " could publish. Store a token that may only read."
        )
    if feed and wanted.category == "PythonFeed" and not covers(wanted.target, feed.index_url):
        warnings.append(
            f"connection-target {wanted.target} does not serve {feed.index_url}: image builds"
            " would ask for a user name and fail with EOFError."
        )
    return warnings


def unserved_warning(
    feed: FeedAddress, workspace: WorkspaceId, existing: Sequence[StoredConnection]
) -> str:
    """Warn if no connection of a workspace serves the feed, and the run sets none; else empty."""
    for stored in existing:
        if stored.category == "PythonFeed" and covers(stored.target, feed.index_url):
            return ""
    return (
        f"Workspace {workspace.name} has no connection that serves {feed.index_url}: set"
        " connection-token, or image builds will ask for a user name and fail with EOFError."
    )


def set_connection(arm: Arm, plan: ConnectionPlan, wanted: ConnectionConfig) -> None:
    """Create the connection, or give it the new credential.

    Raises:
        ConnectionConflict: Another run created one for the same target in the meantime.
        PrivateWheelError: One of those of `Arm.put_connection`.
    """
    arm.put_connection(plan.workspace, plan.name, connection_properties(wanted, plan.existing))
    if plan.action == "rotate":
        return
    listed = arm.list_connections(plan.workspace)
    serving = [stored for stored in listed if _serves(stored, wanted)]
    if len(serving) > 1:
        raise _duplicate(plan.workspace, wanted, serving, "Another run created one meanwhile.")


def connection_properties(wanted: ConnectionConfig, existing: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `properties` of the PUT request, as azure-ai-ml sends them.

    What others set on an existing connection is kept.
    """
    token = wanted.token.value
    properties: dict[str, Any] = {
        "target": wanted.target,
        "category": wanted.category,
        "metadata": existing.get("metadata") or {},
        "isSharedToAll": existing.get("isSharedToAll", True),
        "authType": "PAT",
        "credentials": {"pat": token},
    }
    if wanted.username:
        properties["authType"] = "UsernamePassword"
        properties["credentials"] = {"username": wanted.username, "password": token}
    if properties["isSharedToAll"] is None:
        properties["isSharedToAll"] = True
    if users := existing.get("sharedUserList"):
        properties["sharedUserList"] = users
    return properties


def _serves(stored: StoredConnection, wanted: ConnectionConfig) -> bool:
    return _same_kind(stored, wanted) and same_target(stored.target, wanted.target)


def _same_kind(stored: StoredConnection, wanted: ConnectionConfig) -> bool:
    return stored.category.lower().replace("_", "") == wanted.category.lower()


def _same_name(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _named(existing: Sequence[StoredConnection], name: str) -> StoredConnection | None:
    for stored in existing:
        if _same_name(stored.name, name):
            return stored
    return None


def _duplicate(
    workspace: WorkspaceId,
    wanted: ConnectionConfig,
    serving: Sequence[StoredConnection],
    state: str,
) -> ConnectionConflict:
    names = [stored.name for stored in serving]
    listed = " and ".join(names)
    fix = f"{state} Delete all but one of {listed}."
    if len(names) == 1:
        fix = f"{state} Leave out connection or set it to {listed}, or delete {listed} first."
    return ConnectionConflict(
        f"Workspace {workspace.name} has {listed} for the target {wanted.target}. With two, every"
        ' image build of Azure ML fails with "Unique workspace connection not available for'
        ' specified target".',
        input="connection",
        fix=fix,
    )


def _overlaps(
    workspace: WorkspaceId, wanted: ConnectionConfig, existing: Sequence[StoredConnection]
) -> list[str]:
    """Warn about connections that may be taken for the wanted one."""
    warnings = []
    for stored in existing:
        equal = same_target(stored.target, wanted.target)
        if equal and not _same_kind(stored, wanted):
            warnings.append(
                f"Workspace {workspace.name}: connection {stored.name} ({stored.category}) has the"
                f' same target {stored.target}. If image builds fail with "Unique workspace'
                ' connection", delete one of the two.'
            )
        if equal or not _same_kind(stored, wanted):
            continue
        # The longer target serves what both match.
        if covers(stored.target, wanted.target):
            winner = "this one"
        elif covers(wanted.target, stored.target):
            winner = stored.name
        else:
            continue
        warnings.append(
            f"Workspace {workspace.name}: connection {stored.name} ({stored.target}) overlaps with"
            f" {wanted.target}; where both match, {winner} will serve the index."
        )
    return warnings
