"""Azure Resource Manager: checks permissions, before a workspace's own operations run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from sandbox.identity.access_tokens import AccessTokens
from sandbox.identity.accounts import Identity, Role
from sandbox.workspace.arm_answers import (
    ArmError,
    answer,
    check_api_version,
    method_not_allowed,
    not_found,
)
from sandbox.workspace.connections import Connections
from sandbox.workspace.environments import Environments
from sandbox.workspace.permissions import permissions
from sandbox.workspace.workspace import Workspace

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CLOUD = "SandboxCloud"
PROVIDER = "Microsoft.MachineLearningServices"
_WORKSPACE = re.compile(
    r"(?P<workspace_id>/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    rf"/providers/{re.escape(PROVIDER)}/workspaces/(?P<workspace>[^/]+))(?P<below>/.*)?",
    re.IGNORECASE,
)
Handler = Callable[..., Response]


@dataclass(frozen=True, kw_only=True)
class _Route:
    """Requests below a workspace. `kind` is the type's name in the actions of roles."""

    pattern: re.Pattern[str]
    kind: str
    handler: Handler


class ResourceManager:
    """The server's application."""

    def __init__(
        self,
        *,
        url: str,
        sign_in_url: str,
        discovery_url: str,
        storage_suffix: str,
        access_tokens: AccessTokens,
        workspaces: Iterable[Workspace],
    ) -> None:
        self._url = url
        self._sign_in_url = sign_in_url
        self._discovery_url = discovery_url
        self._storage_suffix = storage_suffix
        self._access_tokens = access_tokens
        self._workspaces = list(workspaces)
        self._lock = Lock()
        connections, environments = Connections(url), Environments(url)
        part = "([^/]+)"
        # The types' names in actions; versions have none of their own:
        # https://learn.microsoft.com/azure/machine-learning/how-to-assign-roles
        self._routes = (
            _route("", "", self._workspace),
            _route("/connections", "connections", connections.list),
            _route(f"/connections/{part}", "connections", connections.one),
            _route(
                f"/connections/{part}/listsecrets", "connections/listsecrets", connections.secrets
            ),
            _route("/environments", "environments", environments.list),
            _route(f"/environments/{part}", "environments", environments.one),
            _route(f"/environments/{part}/versions", "environments", environments.versions),
            _route(f"/environments/{part}/versions/{part}", "environments", environments.version),
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            with self._lock:
                response = self._answer(Request(environ))
        except ArmError as error:
            response = error.response()
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path == "/metadata/endpoints":
            return self._metadata(request)
        if request.path == "/subscriptions":
            return self._subscriptions(request)
        match = _WORKSPACE.fullmatch(request.path)
        if match is None:
            raise ArmError(404, "NotFound", f"No resource is at '{request.path}'.")
        identity = self._caller(request)
        if (match["below"] or "").casefold() == "/providers/microsoft.authorization/permissions":
            return permissions(request, identity, match["workspace_id"])
        route, names = self._find_route(match["below"] or "")
        version = check_api_version(request)
        scope = request.path[: match.end("workspace")]
        self._check_scopes(match)
        self._authorize(identity, request, route.kind, scope)
        workspace = self._find(match)
        return route.handler(request, workspace, *names, version)

    def _metadata(self, request: Request) -> Response:
        """Return a list of clouds up to version 2020-06-01, the one cloud from 2022-09-01 on."""
        version = request.args.get("api-version", "")
        cloud: dict[str, Any] = {
            "name": CLOUD,
            "portal": "https://portal.sandbox.invalid",
            "resourceManager": f"{self._url}/",
            "authentication": {
                "loginEndpoint": f"{self._sign_in_url}/",
                "audiences": [f"{self._url}/", self._url],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "suffixes": {"storage": self._storage_suffix, "keyVaultDns": "vault.sandbox.invalid"},
        }
        if version in {"2018-05-01", "2019-05-01", "2020-06-01"}:
            return answer([cloud])
        if version == "2022-09-01":
            return answer(cloud)
        raise ArmError(
            400, "InvalidApiVersionParameter", f"The api-version '{version}' is invalid."
        )

    def _subscriptions(self, request: Request) -> Response:
        """Return the subscriptions that the caller can read.

        Source: https://learn.microsoft.com/rest/api/resources/subscriptions/list
        """
        identity = self._caller(request)
        if request.method != "GET":
            raise method_not_allowed(request)
        if not request.args.get("api-version"):
            check_api_version(request)
        entries = []
        for subscription in sorted(self._subscription_ids()):
            scope = f"/subscriptions/{subscription}"
            if identity.may(Role.READER, scope):
                names = {"id": scope, "subscriptionId": subscription, "displayName": "acme"}
                entries.append({**names, "state": "Enabled"})
        return answer({"value": entries})

    def _subscription_ids(self) -> set[str]:
        return {workspace.subscription_id for workspace in self._workspaces}

    def _caller(self, request: Request) -> Identity:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not value:
            message = "Authentication failed. The 'Authorization' header is missing."
            raise ArmError(401, "AuthenticationFailed", message)
        token = self._access_tokens.find(value)
        if token is None:
            raise ArmError(401, "InvalidAuthenticationToken", "The access token is invalid.")
        if token.expired:
            raise ArmError(401, "ExpiredAuthenticationToken", "The access token has expired.")
        if token.audience != self._url:
            message = (
                "The access token has been obtained for wrong audience or resource"
                f" '{token.audience}'."
            )
            raise ArmError(401, "InvalidAuthenticationTokenAudience", message)
        return token.identity

    def _find_route(self, below: str) -> tuple[_Route, tuple[str, ...]]:
        for route in self._routes:
            match = route.pattern.fullmatch(below)
            if match:
                return route, match.groups()
        raise ArmError(
            404, "InvalidResourceType", f"The resource type could not be found: '{below}'."
        )

    def _check_scopes(self, match: re.Match[str]) -> None:
        subscription, group = match["subscription"], match["group"]
        if subscription.casefold() not in self._subscription_ids():
            message = f"The subscription '{subscription}' could not be found."
            raise ArmError(404, "SubscriptionNotFound", message)
        groups = {workspace.resource_group.casefold() for workspace in self._workspaces}
        if group.casefold() not in groups:
            raise ArmError(
                404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found."
            )

    def _authorize(self, identity: Identity, request: Request, kind: str, scope: str) -> None:
        verbs = {"GET": "read", "HEAD": "read", "DELETE": "delete", "POST": "action"}
        verb = verbs.get(request.method, "write")
        if identity.may(Role.READER if verb == "read" else Role.CONTRIBUTOR, scope):
            return
        action = "/".join(part for part in (PROVIDER, "workspaces", kind, verb) if part)
        message = (
            f"The client '{identity.client_id}' with object id '{identity.object_id}' does not have"
            f" authorization to perform action '{action}' over scope '{request.path}'"
            " or the scope is invalid."
            " If access was recently granted, please refresh your credentials."
        )
        raise ArmError(403, "AuthorizationFailed", message)

    def _find(self, match: re.Match[str]) -> Workspace:
        names = (match["group"].casefold(), match["workspace"].casefold())
        for workspace in self._workspaces:
            if (workspace.resource_group.casefold(), workspace.name.casefold()) == names:
                return workspace
        raise not_found(f"{PROVIDER}/workspaces/{match['workspace']}", match["group"])

    def _workspace(self, request: Request, workspace: Workspace, version: str) -> Response:
        if request.method != "GET":
            raise method_not_allowed(request)
        properties = {
            "friendlyName": workspace.name,
            "description": "",
            "discoveryUrl": self._discovery_url,
            "storageAccount": workspace.storage_account_id,
            "provisioningState": "Succeeded",
            "tenantId": workspace.tenant_id,
            "publicNetworkAccess": "Enabled",
        }
        return answer(
            {
                "id": workspace.arm_id,
                "name": workspace.name,
                "type": f"{PROVIDER}/workspaces",
                "location": "westeurope",
                "kind": "Default",
                "properties": properties,
            }
        )


def _route(pattern: str, kind: str, handler: Handler) -> _Route:
    return _Route(pattern=re.compile(pattern, re.IGNORECASE), kind=kind, handler=handler)
