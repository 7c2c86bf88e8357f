"""The token endpoint of a virtual machine's managed identities.

Source: https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/
how-to-use-vm-token
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from sandbox.identity.access_tokens import AccessTokens
from sandbox.identity.accounts import Identity

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATH = "/metadata/identity/oauth2/token"


class InstanceMetadata:
    """The server's application.

    The machine has the `assigned` identity, by default and by its client ID.
    """

    def __init__(
        self, *, assigned: Identity, access_tokens: AccessTokens, resources: Iterable[str]
    ) -> None:
        self._assigned = assigned
        self._access_tokens = access_tokens
        self._resources = frozenset(resources)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        application: WSGIApplication = self._answer(Request(environ))
        return application(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path != _PATH or request.method != "GET":
            return Response("", 404)
        if request.headers.get("Metadata") != "true" or "X-Forwarded-For" in request.headers:
            return _refusal("invalid_request", "Required metadata header not specified")
        if request.args.get("api-version", "") < "2018-02-01":
            return _refusal(
                "invalid_request", "Required query variable 'api-version' is missing or invalid"
            )
        resource = request.args.get("resource", "").rstrip("/")
        if resource not in self._resources:
            return _refusal(
                "invalid_resource",
                f"AADSTS500011: The resource principal named {resource} was not found",
            )
        if request.args.get("client_id", self._assigned.client_id) != self._assigned.client_id:
            return _refusal("invalid_request", "Identity not found")
        lifetime = self._access_tokens.lifetime
        return _json(
            {
                "access_token": self._access_tokens.issue(self._assigned, resource),
                "client_id": self._assigned.client_id,
                "expires_in": str(lifetime),
                "expires_on": str(int(time.time()) + lifetime),
                "resource": resource,
                "token_type": "Bearer",
            }
        )


def _refusal(error: str, text: str) -> Response:
    return _json({"error": error, "error_description": text}, 400)


def _json(content: object, status: int = 200) -> Response:
    return Response(json.dumps(content), status, content_type="application/json; charset=utf-8")
