"""Azure Resource Manager: the workspaces and their connections, by REST."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any
from urllib.parse import quote

import requests

from private_wheel.azure.answers import json_object, server_reason
from private_wheel.azure.clouds import Cloud
from private_wheel.azure.http import Authorize, HttpClients, same_origin
from private_wheel.azure.retries import RETRIED_STATUSES
from private_wheel.azure.workspace_id import WorkspaceId
from private_wheel.errors import (
    CredentialRefused,
    PermissionMissing,
    PrivateWheelError,
    ServiceFailed,
    UnknownWorkspace,
)

# Stable, and has all that is needed: azure-rest-api-specs, machinelearningservices, stable/2024-10-01
API_VERSION = "2024-10-01"
_MOST_PAGES = 1000
_PERMISSIONS_API_VERSION = "2022-04-01"
WRITE_CONNECTION = "Microsoft.MachineLearningServices/workspaces/connections/write"
WRITE_ENVIRONMENT = "Microsoft.MachineLearningServices/workspaces/environments/write"


@dataclass(frozen=True, kw_only=True)
class StoredConnection:
    """A connection as ARM lists it: `properties` without any secret."""

    name: str
    properties: Mapping[str, Any]

    @property
    def target(self) -> str:
        return str(self.properties.get("target") or "")

    @property
    def category(self) -> str:
        return str(self.properties.get("category") or "")


class Arm:
    """ARM of one cloud, asked as one identity."""

    def __init__(self, cloud: Cloud, authorize: Authorize, http: HttpClients) -> None:
        self._client = http.client(cloud.arm, authorize)

    def close(self) -> None:
        self._client.close()

    def read_workspace(self, workspace: WorkspaceId) -> dict[str, Any]:
        """The workspace's resource.

        Raises:
            UnknownWorkspace, PermissionMissing, CredentialRefused, ServiceFailed, ServiceUnreachable
        """
        return self._json("GET", workspace, "")

    def list_connections(self, workspace: WorkspaceId) -> tuple[StoredConnection, ...]:
        """All connections of the workspace, every page. Raises as `read_workspace`."""
        found = []
        for item in self._items(workspace, "/connections", "connections"):
            try:
                found.append(
                    StoredConnection(
                        name=str(item["name"]), properties=dict(item["properties"] or {})
                    )
                )
            except (KeyError, TypeError, ValueError) as error:
                raise _unreadable(
                    "list of connections", f"{type(error).__name__}: {error}"
                ) from None
        return tuple(found)

    def read_environment(
        self, workspace: WorkspaceId, name: str, version: str
    ) -> dict[str, Any] | None:
        """The properties of an environment version; None if the workspace has none such. Raises as `read_workspace`,
        which tells whether a 404 is the workspace's."""
        try:
            properties = self._json("GET", workspace, _version_path(name, version)).get(
                "properties"
            )
        except UnknownWorkspace:
            self.read_workspace(workspace)
            return None
        if not isinstance(properties, dict):
            raise _unreadable(f"environment {name}", "it has no properties")
        return properties

    def list_environment_versions(self, workspace: WorkspaceId, name: str) -> tuple[str, ...]:
        """All versions of an environment, the archived ones too, every page. Raises as `read_workspace`."""
        path = f"/environments/{quote(name, safe='')}/versions"
        try:
            items = list(self._items(workspace, path, "versions", listViewType="All"))
        except UnknownWorkspace:
            self.read_workspace(workspace)
            return ()
        if not all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in items):
            raise _unreadable("list of versions", "one of them has no name")
        return tuple(item["name"] for item in items)

    def check_permissions(self, workspace: WorkspaceId, actions: Sequence[str]) -> None:
        """See that the identity's roles allow each of `actions` on the workspace, as far as ARM tells.

        Raises:
            PermissionMissing
            ServiceUnreachable
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
            missing = [
                action for action in actions if not any(_allows(role, action) for role in roles)
            ]
        except (KeyError, TypeError, AttributeError):
            return
        if missing:
            raise _permission_missing(workspace, f"no role of it allows {' and '.join(missing)}")

    def put_connection(
        self, workspace: WorkspaceId, name: str, properties: Mapping[str, Any]
    ) -> None:
        """Create or replace a connection. Raises as `read_workspace`."""
        self._json(
            "PUT", workspace, f"/connections/{quote(name, safe='')}", {"properties": properties}
        )

    def put_environment(
        self, workspace: WorkspaceId, name: str, version: str, properties: Mapping[str, Any]
    ) -> None:
        """Create an environment version, or change what may be changed of it. Raises as `read_workspace`."""
        self._json("PUT", workspace, _version_path(name, version), {"properties": properties})

    def _items(self, workspace: WorkspaceId, path: str, kind: str, **query: str) -> Iterator[Any]:
        """What is in a list, page by page."""
        page = self._answer(self._request("GET", workspace, path, **query), workspace)
        seen = {""}
        while len(seen) <= _MOST_PAGES:
            items, link = page.get("value") or (), page.get("nextLink")
            if not isinstance(items, (list, tuple)):
                raise _unreadable(f"list of {kind}", "it is none")
            yield from items
            if not link:
                return
            if not same_origin(str(link), self._client.base_url):
                raise _unreadable(f"list of {kind}", "it goes on at another host")
            if link in seen:
                raise _unreadable(f"list of {kind}", "it goes round in a circle")
            seen.add(link)
            page = self._answer(self._client.request("GET", link), workspace)
        raise _unreadable(f"list of {kind}", "it goes on without end")

    def _json(
        self, method: str, workspace: WorkspaceId, path: str, body: object = None
    ) -> dict[str, Any]:
        return self._answer(self._request(method, workspace, path, body), workspace)

    def _request(
        self, method: str, workspace: WorkspaceId, path: str, body: object = None, **query: str
    ) -> requests.Response:
        parameters = {"api-version": API_VERSION, **query}
        return self._client.request(method, workspace.path + path, params=parameters, json=body)

    def _answer(self, response: requests.Response, workspace: WorkspaceId) -> dict[str, Any]:
        if response.status_code in (200, 201):
            return json_object(response)
        raise _refusal(response, workspace)


def _version_path(name: str, version: str) -> str:
    return f"/environments/{quote(name, safe='')}/versions/{quote(version, safe='')}"


def _unreadable(what: str, said: str) -> ServiceFailed:
    return ServiceFailed(
        f"Azure Resource Manager's {what} cannot be read.", fix="Run again.", said=said
    )


def _permission_missing(workspace: WorkspaceId, said: str) -> PermissionMissing:
    return PermissionMissing(
        f"The signed-in identity lacks a permission on workspace {workspace.name}.",
        input="workspace",
        fix="Give it the role AzureML Data Scientist or Contributor on the workspace.",
        said=said,
    )


def _allows(role: Mapping[str, Any], action: str) -> bool:
    return _matches(action, role["actions"]) and not _matches(action, role["notActions"])


def _matches(action: str, patterns: Iterable[str] | None) -> bool:
    """Whether a role's list holds the action: letters of either case, `*` for anything."""
    return any(fnmatch(action.lower(), pattern.lower()) for pattern in patterns or ())


def _refusal(response: requests.Response, workspace: WorkspaceId) -> PrivateWheelError:
    said, status = server_reason(response), response.status_code
    if status == 404:
        return UnknownWorkspace(
            f"There is no workspace {workspace.name} in resource group {workspace.resource_group}"
            f" of subscription {workspace.subscription}, or it may not be seen.",
            input="workspace",
            fix="Check the three names; the identity needs to read it.",
            said=said,
        )
    if status == 403:
        return _permission_missing(workspace, said)
    if status == 401:
        return CredentialRefused(
            "Azure Resource Manager did not accept the sign-in.",
            input="azure-client-id",
            fix="Check that the identity belongs to the workspace's tenant and cloud.",
            said=said,
        )
    fix = "Run again." if status in RETRIED_STATUSES else "Mend what it names."
    return ServiceFailed(
        f"Azure Resource Manager failed for workspace {workspace.name}.", fix=fix, said=said
    )
