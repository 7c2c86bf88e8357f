"""The workspace connection: what a workspace has, what will be done there, and doing it.

Two connections for one target break every image build of a workspace ("Unique workspace connection not available for
specified target", MicrosoftDocs/azure-docs#114975), so a connection is rotated in place and never doubled.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit

from private_wheel.azure.workspace_id import WorkspaceId
from private_wheel.errors import ConnectionConflict
from private_wheel.publish.feed.address import FeedAddress
from private_wheel.secrets.redaction import Secret

if TYPE_CHECKING:
    from private_wheel.azure.arm import Arm, StoredConnection

_LONGEST_NAME = 33


@dataclass(frozen=True, kw_only=True)
class ConnectionConfig:
    """The workspace connection to set. `target` and `name` are empty when the run has to find them."""

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
        return f"connection {self.name} of {self.workspace.name}"


def plan_connection(
    workspace: WorkspaceId, wanted: ConnectionConfig, existing: Sequence[StoredConnection]
) -> ConnectionPlan:
    """Decide by what the workspace has. `wanted.target` is known; an empty `wanted.name` lets the run choose.

    Raises:
        ConnectionConflict: it would be the second one for its target, or take over one that serves another.
    """
    same = [found for found in existing if _serves(found, wanted)]
    others = [
        found.name for found in same if not wanted.name or not _same_name(found.name, wanted.name)
    ]
    if len(same) > 1 or (wanted.name and others):
        raise _doubled(workspace, wanted, [found.name for found in same], "Nothing was changed.")
    name = wanted.name or (same[0].name if same else default_name(wanted.target))
    taken = next((found for found in existing if _same_name(found.name, name)), None)
    if taken and taken not in same:
        raise ConnectionConflict(
            f"Connection {taken.name} of workspace {workspace.name} serves {taken.target} ({taken.category}) already.",
            input="connection",
            fix="Nothing was changed. Choose another name with connection, or delete that one.",
        )
    return ConnectionPlan(
        workspace=workspace,
        name=taken.name if taken else name,
        action="rotate" if taken else "create",
        existing=taken.properties if taken else {},
        warnings=tuple(_overlaps(workspace, wanted, existing)),
    )


def token_warnings(
    wanted: ConnectionConfig, feed: FeedAddress | None, feed_token: Secret
) -> list[str]:
    """What is allowed and yet unwise about a connection."""
    found = []
    if feed_token and wanted.token == feed_token:
        found.append(
            "feed-token and connection-token are equal: everyone with access to the workspace could publish."
            " Store one that may only read."
        )
    if feed and wanted.category == "PythonFeed" and not covers(wanted.target, feed.index_url):
        found.append(
            f"connection-target {wanted.target} does not serve {feed.index_url}: image builds would ask for a user name"
            " and end in EOFError."
        )
    return found


def unserved_warning(
    feed: FeedAddress, workspace: WorkspaceId, existing: Sequence[StoredConnection]
) -> str:
    """Told when no connection of a workspace serves the feed, and none is to be set; else empty."""
    if any(
        covers(found.target, feed.index_url) for found in existing if found.category == "PythonFeed"
    ):
        return ""
    return (
        f"Workspace {workspace.name} has no connection that serves {feed.index_url}: give connection-token, or image"
        " builds will ask for a user name and end in EOFError."
    )


def set_connection(arm: Arm, plan: ConnectionPlan, wanted: ConnectionConfig) -> None:
    """Create the connection, or give it the new credential. Raises as `Arm.put_connection`.

    Raises:
        ConnectionConflict: another run has made one for the same target in the meantime.
    """
    arm.put_connection(plan.workspace, plan.name, connection_properties(wanted, plan.existing))
    if plan.action == "create":
        same = [
            found.name for found in arm.list_connections(plan.workspace) if _serves(found, wanted)
        ]
        if len(same) > 1:
            raise _doubled(plan.workspace, wanted, same, "Another run made one at the same time.")


def connection_properties(wanted: ConnectionConfig, existing: Mapping[str, Any]) -> dict[str, Any]:
    """The `properties` of the PUT, as azure-ai-ml sends them. What others set on an existing one is kept."""
    if wanted.username:
        kind = "UsernamePassword"
        credentials = {"username": wanted.username, "password": wanted.token.value}
    else:
        kind, credentials = "PAT", {"pat": wanted.token.value}
    shared = existing.get("isSharedToAll")
    kept = {"sharedUserList": users} if (users := existing.get("sharedUserList")) else {}
    return {
        **kept,
        "target": wanted.target,
        "credentials": credentials,
        "metadata": existing.get("metadata") or {},
        "category": wanted.category,
        "isSharedToAll": True if shared is None else shared,
        "authType": kind,
    }


def default_name(target: str) -> str:
    """The organisation of the target, else its host, in the letters that a connection's name may have."""
    parts = urlsplit(target)
    last = parts.path.strip("/").rsplit("/", 1)[-1] or parts.hostname or ""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", last).strip("-_")[:_LONGEST_NAME]
    return name if len(name) >= 3 else f"feed-{name}".rstrip("-")


def covers(target: str, url: str) -> bool:
    """Whether a connection with this target serves a URL: same scheme and host, and a prefix of whole path segments.

    Microsoft publishes no exact rule; this is the one that all reported cases agree with (azure-sdk-for-python#22441).
    """
    return f"{_normal(url)}/".startswith(_normal(target) + "/")


def _same_kind(found: StoredConnection, wanted: ConnectionConfig) -> bool:
    return found.category.lower().replace("_", "") == wanted.category.lower()


def _same_name(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _normal(target: str) -> str:
    """A target in the one spelling of all that mean the same: case, default port, escapes, needless slashes."""
    try:
        parts = urlsplit(target.lower())
        port = (
            parts.port
            if parts.port not in (None, {"https": 443, "http": 80}.get(parts.scheme))
            else None
        )
    except ValueError:
        return target.lower().rstrip("/")
    host = f"{parts.hostname}:{port}" if port else parts.hostname or ""
    path = posixpath.normpath("/" + unquote(parts.path).strip("/"))
    return f"{parts.scheme}://{host}{path}".rstrip("/")


def _serves(found: StoredConnection, wanted: ConnectionConfig) -> bool:
    return _same_kind(found, wanted) and _normal(found.target) == _normal(wanted.target)


def _doubled(
    workspace: WorkspaceId, wanted: ConnectionConfig, names: Sequence[str], state: str
) -> ConnectionConflict:
    listed = " and ".join(names)
    fix = (
        f"{state} Leave out connection or set it to {names[0]}, or delete {names[0]} first."
        if len(names) == 1
        else f"{state} Delete all but one of {listed}."
    )
    return ConnectionConflict(
        f"Workspace {workspace.name} has {listed} for the target {wanted.target}. With two, Azure ML fails every image"
        ' build: "Unique workspace connection not available for specified target".',
        input="connection",
        fix=fix,
    )


def _overlaps(
    workspace: WorkspaceId, wanted: ConnectionConfig, existing: Sequence[StoredConnection]
) -> list[str]:
    """Targets of which one is a path prefix of the other: the longer one serves what both match."""
    ours = _normal(wanted.target) + "/"
    found = []
    for other in existing:
        theirs = _normal(other.target) + "/"
        if not _same_kind(other, wanted) and ours == theirs:
            found.append(
                f"Workspace {workspace.name}: connection {other.name} ({other.category}) has the same target"
                f' {other.target}. If image builds fail with "Unique workspace connection", delete one of the two.'
            )
        elif (
            _same_kind(other, wanted)
            and ours != theirs
            and (ours.startswith(theirs) or theirs.startswith(ours))
        ):
            winner = "this one" if len(ours) > len(theirs) else other.name
            found.append(
                f"Workspace {workspace.name}: connection {other.name} ({other.target}) overlaps with {wanted.target};"
                f" where both match, {winner} will serve the index."
            )
    return found
