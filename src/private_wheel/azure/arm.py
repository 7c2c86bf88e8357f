"""Azure Resource Manager: a workspace's connections and environments, by REST."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any
from urllib.parse import quote

import requests

from private_wheel.azure.answers import json_object
from private_wheel.azure.arm_errors import permission_missing, refusal, unreadable
from private_wheel.azure.clouds import Cloud
from private_wheel.azure.http import Authorize, HttpClients, same_origin
from private_wheel.azure.workspace_id import WorkspaceId
from private_wheel.errors import UnknownWorkspace

# Stable, and has all that is needed:
# azure-rest-api-specs, machinelearningservices, stable/2024-10-01
API_VERSION = "2024-10-01"
_MOST_PAGES = 1000
_PERMISSIONS_API_VERSION = "2022-04-01"
WRITE_CONNECTION = "Microsoft.MachineLearningServices/workspaces/connections/write"
# https://learn.microsoft.com/azure/machine-learning/how-to-assign-roles, among the actions of its
# custom roles
WRITE_ENVIRONMENT = "Microsoft.MachineLearningServices/workspaces/environments/write"


@dataclass(frozen=True, kw_only=True)
class StoredConnection:
    """A connection as ARM lists it: `properties` are without any secret."""

    name: str
    properties: Mapping[str, Any]

    @property
    def target(self) -> str:
        """The URL that the connection is for."""
        return str(self.properties.get("target") or "")

    @property
    def category(self) -> str:
        """The kind of service that the connection is for."""
        return str(self.properties.get("category") or "")


class Arm:
    """ARM of one cloud, used with one identity.

    All methods raise UnknownWorkspace, PermissionMissing, CredentialRefused, ServiceFailed or
    ServiceUnreachable.
    """

    def __init__(self, cloud: Cloud, authorize: Authorize, http: HttpClients) -> None:
        self._client = http.client(cloud.arm, authorize)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def read_workspace(self, workspace: WorkspaceId) -> dict[str, Any]:
        """Return the workspace's resource."""
        return self._json("GET", workspace, "")

    def list_connections(self, workspace: WorkspaceId) -> tuple[StoredConnection, ...]:
        """Return all connections of the workspace."""
        connections = []
        for item in self._items(workspace, "/connections", "connections"):
            try:
                name, properties = str(item["name"]), dict(item["properties"] or {})
            except (KeyError, TypeError, ValueError) as error:
                reason = f"{type(error).__name__}: {error}"
                raise unreadable("list of connections", reason) from None
            connections.append(StoredConnection(name=name, properties=properties))
        return tuple(connections)

    def read_environment(
        self, workspace: WorkspaceId, name: str, version: str
    ) -> dict[str, Any] | None:
        """Return the properties of an environment version; None if it does not exist."""
        try:
            resource = self._json("GET", workspace, _version_path(name, version))
        except UnknownWorkspace:
            self.read_workspace(workspace)  # raises if it is the workspace that does not exist
            return None
        properties = resource.get("properties")
        if not isinstance(properties, dict):
            raise unreadable(f"environment {name}", "it has no properties")
        return properties

    def list_environment_versions(self, workspace: WorkspaceId, name: str) -> tuple[str, ...]:
        """Return all versions of an environment, archived ones too."""
        path = f"/environments/{quote(name, safe='')}/versions"
        try:
            items = list(self._items(workspace, path, "versions", listViewType="All"))
        except UnknownWorkspace:
            self.read_workspace(workspace)  # raises if it is the workspace that does not exist
            return ()
        versions = []
        for item in items:
            version = item.get("name") if isinstance(item, dict) else None
            if not isinstance(version, str):
                raise unreadable("list of versions", "one of them has no name")
            versions.append(version)
        return tuple(versions)

    def check_permissions(self, workspace: WorkspaceId, actions: Sequence[str]) -> None:
        """Check that the identity's roles allow each of `actions` on the workspace.

        If ARM does not show the roles, nothing is checked.
        Source: https://learn.microsoft.com/rest/api/authorization/permissions/list-for-resource
        """
        if not actions:
            return
        path = f"{workspace.path}/providers/Microsoft.Authorization/permissions"
        response = self._client.request(
            "GET", path, params={"api-version": _PERMISSIONS_API_VERSION}
        )
        if response.status_code != 200:
            return
        try:
            roles = json_object(response)["value"]
            missing = [action for action in actions if not _is_allowed(action, roles)]
        except (KeyError, TypeError, AttributeError):
            return
        if missing:
            reason = f"none of its roles allows {' and '.join(missing)}"
            raise permission_missing(workspace, reason)

    def put_connection(
        self, workspace: WorkspaceId, name: str, properties: Mapping[str, Any]
    ) -> None:
        """Create or replace a connection."""
        path = f"/connections/{quote(name, safe='')}"
        self._json("PUT", workspace, path, {"properties": properties})

    def put_environment(
        self, workspace: WorkspaceId, name: str, version: str, properties: Mapping[str, Any]
    ) -> None:
        """Create an environment version, or change what can be changed of it."""
        self._json("PUT", workspace, _version_path(name, version), {"properties": properties})

    def _items(self, workspace: WorkspaceId, path: str, kind: str, **query: str) -> Iterator[Any]:
        """Yield the items of a list, page by page."""
        page = _content(self._request("GET", workspace, path, **query), workspace)
        seen = {""}
        while len(seen) <= _MOST_PAGES:
            items = page.get("value") or ()
            if not isinstance(items, (list, tuple)):
                raise unreadable(f"list of {kind}", "it is not a list")
            yield from items
            link = page.get("nextLink")
            if not link:
                return
            if not same_origin(str(link), self._client.base_url):
                raise unreadable(f"list of {kind}", "its next page is on another host")
            if link in seen:
                raise unreadable(f"list of {kind}", "a page links back to an earlier one")
            seen.add(link)
            page = _content(self._client.request("GET", link), workspace)
        raise unreadable(f"list of {kind}", f"it has more than {_MOST_PAGES} pages")

    def _json(
        self, method: str, workspace: WorkspaceId, path: str, body: object = None
    ) -> dict[str, Any]:
        return _content(self._request(method, workspace, path, body), workspace)

    def _request(
        self, method: str, workspace: WorkspaceId, path: str, body: object = None, **query: str
    ) -> requests.Response:
        parameters = {"api-version": API_VERSION, **query}
        return self._client.request(method, workspace.path + path, params=parameters, json=body)


def _content(response: requests.Response, workspace: WorkspaceId) -> dict[str, Any]:
    if response.status_code in (200, 201):
        return json_object(response)
    raise refusal(response, workspace)


def _version_path(name: str, version: str) -> str:
    return f"/environments/{quote(name, safe='')}/versions/{quote(version, safe='')}"


def _is_allowed(action: str, roles: Iterable[Mapping[str, Any]]) -> bool:
    return any(_allows(role, action) for role in roles)


def _allows(role: Mapping[str, Any], action: str) -> bool:
    return _matches(action, role["actions"]) and not _matches(action, role["notActions"])


def _matches(action: str, patterns: Iterable[str] | None) -> bool:
    """Return whether a role's list holds the action: case is ignored, `*` is a wildcard."""
    return any(fnmatch(action.lower(), pattern.lower()) for pattern in patterns or ())
