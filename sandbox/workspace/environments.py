"""The workspace's environments: containers and their immutable versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from sandbox.workspace.arm_answers import (
    ArmError,
    answer,
    body_properties,
    invalid_content,
    method_not_allowed,
    not_found,
)
from sandbox.workspace.environment_rules import check_environment, fixed, writable
from sandbox.workspace.workspace import Workspace

TYPE = "Microsoft.MachineLearningServices/workspaces/environments"
PAGE_SIZE = 2  # small, so that every client meets a second page


class Environments:
    """The operations. Of an existing version, only description, tags and the like can change."""

    def __init__(self, url: str) -> None:
        self._url = url

    def list(self, request: Request, workspace: Workspace, version: str) -> Response:
        names = sorted(workspace.environments)
        return self._page(
            request,
            [_container(workspace, name) for name in names],
            f"{workspace.arm_id}/environments",
        )

    def one(self, request: Request, workspace: Workspace, name: str, version: str) -> Response:
        if request.method != "GET":
            raise method_not_allowed(request)
        _versions(workspace, name)
        return answer(_container(workspace, name))

    def versions(self, request: Request, workspace: Workspace, name: str, version: str) -> Response:
        """Return versions, newest first, as clients request the latest with $orderBy.

        $top cuts the list. Archived ones are left out unless `listViewType` includes them.
        """
        kinds = {"ActiveOnly": (False,), "ArchivedOnly": (True,), "All": (False, True)}
        archived = kinds.get(request.args.get("listViewType", "ActiveOnly"))
        top = request.args.get("$top", "1000")
        if archived is None or not top.isdecimal():
            raise invalid_content("The query parameters listViewType and $top are not valid.")
        listed = [
            _version(workspace, name, number)
            for number, stored in reversed(_versions(workspace, name).items())
            if stored.get("isArchived", False) in archived
        ]
        return self._page(
            request, listed[: int(top)], f"{workspace.arm_id}/environments/{name}/versions"
        )

    def version(
        self, request: Request, workspace: Workspace, name: str, number: str, version: str
    ) -> Response:
        if request.method == "PUT":
            return self._put(request, workspace, name, number)
        if request.method != "GET":
            raise method_not_allowed(request)
        if number not in _versions(workspace, name):
            raise not_found(
                f"{TYPE}/versions/{workspace.name}/{name}/{number}", workspace.resource_group
            )
        return answer(_version(workspace, name, number))

    def _put(self, request: Request, workspace: Workspace, name: str, number: str) -> Response:
        properties = writable(body_properties(request))
        check_environment(name, properties)
        versions = workspace.environments.setdefault(name, {})
        present = versions.get(number)
        if present is not None and fixed(present) != fixed(properties):
            # That the service refuses this is documented, the status is not.
            message = (
                f"Environment {name} version {number} exists and cannot be changed;"
                " use a new version."
            )
            raise ArmError(409, "Conflict", message)
        if present is not None and "condaFile" in present:
            properties["condaFile"] = present["condaFile"]  # its text never changes
        versions[number] = properties
        return answer(_version(workspace, name, number), 200 if present is not None else 201)

    def _page(self, request: Request, items: Sequence[dict[str, Any]], path: str) -> Response:
        """Return a page, which begins at `$skip`, a string.

        Source: azure-rest-api-specs, EnvironmentVersions_List
        """
        start = int(request.args.get("$skip", "0"))
        content: dict[str, Any] = {"value": items[start : start + PAGE_SIZE]}
        if len(items) > start + PAGE_SIZE:
            query = urlencode({**request.args.to_dict(), "$skip": start + PAGE_SIZE})
            content["nextLink"] = f"{self._url}{path}?{query}"
        return answer(content)


def _versions(workspace: Workspace, name: str) -> dict[str, dict[str, Any]]:
    versions = workspace.environments.get(name)
    if not versions:
        raise not_found(f"{TYPE}/{workspace.name}/{name}", workspace.resource_group)
    return versions


def _container(workspace: Workspace, name: str) -> dict[str, Any]:
    latest = list(workspace.environments[name])[-1]
    properties: dict[str, Any] = {
        "latestVersion": latest,
        "nextVersion": str(int(latest) + 1) if latest.isdecimal() else None,
        "isArchived": False,
        "tags": {},
        "properties": {},
    }
    resource_id = f"{workspace.arm_id}/environments/{name}"
    return {"id": resource_id, "name": name, "type": TYPE, "properties": properties}


def _version(workspace: Workspace, name: str, number: str) -> dict[str, Any]:
    stored = workspace.environments[name][number]
    properties: dict[str, Any] = {
        "tags": {},
        "properties": {},
        "osType": "Linux",
        "environmentType": "UserCreated",
        **stored,
    }
    resource_id = f"{workspace.arm_id}/environments/{name}/versions/{number}"
    return {"id": resource_id, "name": number, "type": f"{TYPE}/versions", "properties": properties}
