"""The workspace's connections: list, get, put, delete, listsecrets."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from sandbox.workspace.arm_answers import (
    ArmError,
    answer,
    body_properties,
    method_not_allowed,
    not_found,
)
from sandbox.workspace.connection_rules import check_properties
from sandbox.workspace.workspace import Workspace

TYPE = "Microsoft.MachineLearningServices/workspaces/connections"
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}")
PAGE_SIZE = 2  # small, so that every client meets a second page


class Connections:
    """The operations. Secrets are returned by listsecrets only."""

    def __init__(self, url: str) -> None:
        self._url = url

    def list(self, request: Request, workspace: Workspace, version: str) -> Response:
        """Return a page; filtered by `target` and `category`. `includeAll` changes nothing."""
        target, category = request.args.get("target"), request.args.get("category")
        names = []
        for name, stored in sorted(workspace.connections.items()):
            if target is not None and stored["target"] != target:
                continue
            if category is not None and stored["category"].casefold() != category.casefold():
                continue
            names.append(name)
        start = int(request.args.get("$skip", "0"))
        page = names[start : start + PAGE_SIZE]
        content: dict[str, Any] = {"value": [_resource(workspace, name) for name in page]}
        if len(names) > start + PAGE_SIZE:
            query = urlencode({**request.args.to_dict(), "$skip": start + PAGE_SIZE})
            content["nextLink"] = f"{self._url}{workspace.arm_id}/connections?{query}"
        return answer(content)

    def one(self, request: Request, workspace: Workspace, name: str, version: str) -> Response:
        if NAME.fullmatch(name) is None:
            message = f"The connection name '{name}' does not match the pattern '^{NAME.pattern}$'."
            raise ArmError(400, "ValidationError", message)
        known = _known_name(workspace, name)
        if request.method == "PUT":
            properties = body_properties(request)
            check_properties(properties, version)
            workspace.connections[known or name] = properties
            return answer(_resource(workspace, known or name))
        if request.method == "DELETE":
            if known is None:
                return Response("", 204)
            del workspace.connections[known]
            return Response("", 200)
        if request.method != "GET":
            raise method_not_allowed(request)
        return answer(_resource(workspace, _existing(workspace, name)))

    def secrets(self, request: Request, workspace: Workspace, name: str, version: str) -> Response:
        if request.method != "POST":
            raise method_not_allowed(request)
        return answer(_resource(workspace, _existing(workspace, name), with_secrets=True))


def _resource(workspace: Workspace, name: str, *, with_secrets: bool = False) -> dict[str, Any]:
    stored = workspace.connections[name]
    shown = {
        "isSharedToAll": True,
        "metadata": {},
        **stored,
        "createdByWorkspaceArmId": workspace.arm_id,
    }
    if not with_secrets:
        shown["credentials"] = None
    return {
        "id": f"{workspace.arm_id}/connections/{name}",
        "name": name,
        "type": TYPE,
        "properties": shown,
    }


def _existing(workspace: Workspace, name: str) -> str:
    known = _known_name(workspace, name)
    if known is None:
        raise not_found(f"{TYPE}/{workspace.name}/{name}", workspace.resource_group)
    return known


def _known_name(workspace: Workspace, name: str) -> str | None:
    """Return the name of a connection as it was put; ARM ignores the case of names."""
    for known in workspace.connections:
        if known.casefold() == name.casefold():
            return known
    return None
