"""The artifact service of workspaces, with which SDK v1 stores a private wheel in the workspace.

Paths, verbs and bodies are those of azureml-core 1.61,
azureml/_restclient/operations/artifact_operations.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from sandbox.blob.accounts import CONTAINERS, LINK_LIFETIME, BlobAccounts
from sandbox.identity.access_tokens import AccessTokens
from sandbox.identity.accounts import Identity, Role
from sandbox.workspace.artifact_answers import (
    CONTAINER,
    ORIGIN,
    ArtifactRefusal,
    answer,
    artifact_id,
    conflict,
    content_information,
    error_content,
    new_artifact,
)
from sandbox.workspace.workspace import Workspace

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_WORKSPACE = re.compile(
    r"/artifact/v2\.0(?P<scope>/subscriptions/[^/]+/resourceGroups/[^/]+"
    r"/providers/Microsoft\.MachineLearningServices/workspaces/[^/]+)/artifacts(?P<below>/.*)",
    re.IGNORECASE,
)
_ARTIFACT = f"/{ORIGIN}/{CONTAINER}/([^/]+)"
# Those that SDK v1 looks up (azureml/_restclient/service_context.py); there are more.
_SERVICES = ("api", "experimentation", "history", "hyperdrive", "modelmanagement", "studio")
_JSON_TYPES = frozenset({"application/json", "application/json-patch+json", "text/json"})
READ = "r"
WRITE = "rcw"  # SDK v1 writes the blob, in blocks if it is large, and then reads its size
Handler = Callable[..., Response]


@dataclass(kw_only=True)
class ArtifactSwitches:
    """The settings of the service, for a test to change at any time."""

    # Whether a name that exists gives a 409, not an entry in the `errors` of a 200.
    raw_conflict: bool = False
    # Whether that link can write, too; of the live service's, it is not known.
    contentinfo_may_write: bool = False
    link_lifetime: timedelta = LINK_LIFETIME


@dataclass(frozen=True, kw_only=True)
class _Route:
    pattern: re.Pattern[str]
    method: str
    needed: Role
    action: str  # in the text of a refusal
    handler: Handler


class ArtifactService:
    """The server's application."""

    def __init__(
        self,
        *,
        url: str,
        audience: str,
        access_tokens: AccessTokens,
        workspaces: Iterable[Workspace],
        accounts: BlobAccounts,
        switches: ArtifactSwitches,
    ) -> None:
        self._url = url
        self._audience = audience
        self._access_tokens = access_tokens
        self._workspaces = {workspace.arm_id.casefold(): workspace for workspace in workspaces}
        self._accounts = accounts
        self._switches = switches
        self._lock = Lock()
        self._routes = (
            _route(f"/batch/metadata/{ORIGIN}/{CONTAINER}", "POST", "write", self._register),
            _route(f"/metadata{_ARTIFACT}", "GET", "read", self._metadata),
            _route(f"/metadata{_ARTIFACT}", "DELETE", "delete", self._delete),
            _route(f"/contentinfo{_ARTIFACT}", "GET", "read", self._content_information),
            _route(f"/write{_ARTIFACT}", "GET", "write", self._write_link),
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            with self._lock:
                response = self._answer(Request(environ))
        except ArtifactRefusal as refused:
            response = refused.response()
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path == "/discovery" and request.method == "GET":
            return answer(dict.fromkeys(_SERVICES, self._url))
        match = _WORKSPACE.fullmatch(request.path)
        if match is None:
            raise _not_found(f"No route matches {request.path}.")
        identity = self._caller(request)
        route, names = self._find_route(request.method, match["below"])
        if not identity.may(route.needed, match["scope"]):
            action = f"Microsoft.MachineLearningServices/workspaces/artifacts/{route.action}"
            # Worded as in Azure/azureml-previews#321 and its likes.
            message = (
                f"Identity(object id: {identity.object_id}) does not have permissions"
                f" for {action} actions."
            )
            raise ArtifactRefusal(403, message, inner="ForbiddenError")
        workspace = self._workspaces.get(match["scope"].casefold())
        if workspace is None:
            raise _not_found("The workspace was not found.")
        return route.handler(request, workspace, *names)

    def _caller(self, request: Request) -> Identity:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        token = self._access_tokens.find(value) if scheme.casefold() == "bearer" else None
        if token is None:
            raise ArtifactRefusal(
                401, "Bearer token not provided or not valid.", inner="AuthenticationError"
            )
        if token.expired:
            raise ArtifactRefusal(401, "The bearer token has expired.", inner="AuthenticationError")
        if token.audience != self._audience:
            message = f"The bearer token's audience '{token.audience}' is not accepted."
            raise ArtifactRefusal(401, message, inner="AuthenticationError")
        return token.identity

    def _find_route(self, method: str, below: str) -> tuple[_Route, tuple[str, ...]]:
        matched = False
        for route in self._routes:
            match = route.pattern.fullmatch(below)
            if match and route.method == method:
                return route, match.groups()
            matched = matched or match is not None
        if not matched:
            raise _not_found(f"No route matches {below}.")
        raise ArtifactRefusal(405, f"The method {method} is not allowed.", inner="MethodNotAllowed")

    # --- the operations, by their names in the SDK

    def _register(self, request: Request, workspace: Workspace) -> Response:
        """batch_create_empty_artifacts"""
        artifacts, information, errors = {}, {}, {}
        for path in _paths(request):
            if path not in workspace.artifacts:
                workspace.artifacts[path] = artifacts[path] = new_artifact(path)
                information[path] = self._information(workspace, path, WRITE)
            elif self._switches.raw_conflict:
                raise ArtifactRefusal(409, conflict(path), inner="ConflictError")
            else:
                errors[path] = error_content(conflict(path), inner="ConflictError")
        return answer(
            {"artifacts": artifacts, "artifactContentInformation": information, "errors": errors}
        )

    def _metadata(self, request: Request, workspace: Workspace, path: str) -> Response:
        """get"""
        _check_known(workspace, path)
        return answer(workspace.artifacts[path])

    def _delete(self, request: Request, workspace: Workspace, path: str) -> Response:
        """delete_meta_data: the bytes remain"""
        _check_known(workspace, path)
        del workspace.artifacts[path]
        return Response("", 200)

    def _content_information(self, request: Request, workspace: Workspace, path: str) -> Response:
        """get_content_information"""
        _check_known(workspace, path)
        permission = WRITE if self._switches.contentinfo_may_write else READ
        return answer(self._information(workspace, path, permission))

    def _write_link(self, request: Request, workspace: Workspace, path: str) -> Response:
        """get_write_sas"""
        _check_known(workspace, path)
        return answer(self._information(workspace, path, WRITE))

    def _information(self, workspace: Workspace, path: str, permission: str) -> dict[str, str]:
        account = workspace.storage_account
        url = self._accounts.url(account, CONTAINERS[account], artifact_id(path))
        link = self._accounts.signed_url(url, permission, self._switches.link_lifetime)
        return content_information(path, link)


def _route(pattern: str, method: str, action: str, handler: Handler) -> _Route:
    return _Route(
        pattern=re.compile(pattern),
        method=method,
        needed=Role.READER if action == "read" else Role.CONTRIBUTOR,
        action=action,
        handler=handler,
    )


def _paths(request: Request) -> list[str]:
    if request.mimetype not in _JSON_TYPES:
        message = f"The media type '{request.mimetype}' is not supported."
        raise ArtifactRefusal(415, message, inner="UnsupportedMediaType")
    try:
        content = json.loads(request.get_data())
    except ValueError as error:
        raise _bad_request("The body is not JSON.") from error
    paths = None
    if isinstance(content, dict) and set(content) == {"paths"}:
        paths = content["paths"]
    if not isinstance(paths, list) or not paths:
        raise _bad_request("The body must be an object whose only member is a list, 'paths'.")
    for entry in paths:
        path = entry.get("path") if isinstance(entry, dict) and len(entry) == 1 else None
        if not isinstance(path, str) or not path:
            raise _bad_request(
                "Each of 'paths' must be an object whose only member is a text, 'path'."
            )
    return [entry["path"] for entry in paths]


def _check_known(workspace: Workspace, path: str) -> None:
    if path not in workspace.artifacts:
        raise _not_found(f"ArtifactId {artifact_id(path)} not found.")


def _not_found(message: str) -> ArtifactRefusal:
    return ArtifactRefusal(404, message, inner="NotFoundError")


def _bad_request(message: str) -> ArtifactRefusal:
    return ArtifactRefusal(400, message, inner="BadArgument")
