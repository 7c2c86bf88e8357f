"""Microsoft Entra ID: discovery and the token endpoint, for applications without a user."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import jwt
from werkzeug.wrappers import Request, Response

from sandbox.identity.access_tokens import AccessTokens
from sandbox.identity.accounts import FederatedSubject, Identities, Identity
from sandbox.identity.application_certificates import ApplicationCertificates
from sandbox.identity.token_issuers import TokenIssuer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Of the page for people, to which Azure DevOps sends a client whose token it does not know.
SIGN_IN_TITLE = "Azure DevOps Services | Sign In"
_PATH = re.compile(r"/(?P<tenant>[^/]+)/(?P<rest>.+)")
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class SignInRefused(Exception):
    """An error of the token endpoint: AADSTS number, OAuth error name, text, HTTP status."""

    def __init__(self, number: int, error: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status
        now = datetime.now(timezone.utc)
        self.content = {
            "error": error,
            "error_description": f"AADSTS{number}: {text} Timestamp: {now:%Y-%m-%d %H:%M:%SZ}",
            "error_codes": [number],
        }


class SignIn:
    """The server's application."""

    def __init__(
        self,
        *,
        url: str,
        identities: Identities,
        access_tokens: AccessTokens,
        issuers: Iterable[TokenIssuer],
        certificates: ApplicationCertificates,
        resources: Iterable[str],
    ) -> None:
        self._url = url
        self._identities = identities
        self._access_tokens = access_tokens
        self._issuers = {issuer.url: issuer for issuer in issuers}
        self._certificates = certificates
        self._resources = frozenset(resources)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            response = self._answer(Request(environ))
        except SignInRefused as refused:
            response = _json(refused.content, refused.status)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        match = _PATH.fullmatch(request.path)
        if match is None:
            return Response("", 404)
        if match["rest"] == "oauth2/authorize":
            return Response(
                f"<html><title>{SIGN_IN_TITLE}</title></html>", content_type="text/html"
            )
        if all(identity.tenant_id != match["tenant"] for identity in self._identities):
            text = (
                f"Tenant '{match['tenant']}' not found."
                " Check to make sure you have the correct tenant ID."
            )
            raise SignInRefused(90002, "invalid_request", text)
        if match["rest"] == "v2.0/.well-known/openid-configuration" and request.method == "GET":
            return self._discovery(match["tenant"])
        if match["rest"] == "oauth2/v2.0/token" and request.method == "POST":
            return self._token(request, match["tenant"])
        return Response("", 404)

    def _discovery(self, tenant: str) -> Response:
        base = f"{self._url}/{tenant}"
        return _json(
            {
                "issuer": f"{base}/v2.0",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            }
        )

    def _token(self, request: Request, tenant: str) -> Response:
        form = request.form
        if form.get("grant_type") != "client_credentials":
            raise SignInRefused(70003, "unsupported_grant_type", "The grant type is not supported.")
        client_id = form.get("client_id", "")
        identity = self._identities.find(tenant, client_id)
        if identity is None:
            text = (
                f"Application with identifier '{client_id}' was not found"
                f" in the directory '{tenant}'."
            )
            raise SignInRefused(700016, "unauthorized_client", text)
        if form.get("client_assertion_type") == _ASSERTION_TYPE:
            self._check_assertion(identity, form.get("client_assertion", ""))
        elif "client_secret" not in form:
            text = "The request body must contain: 'client_assertion' or 'client_secret'."
            raise SignInRefused(7000218, "invalid_client", text, 401)
        elif form["client_secret"] != identity.secret:
            text = f"Invalid client secret provided for app '{client_id}'."
            raise SignInRefused(7000215, "invalid_client", text, 401)
        audience = self._audience(form.get("scope", ""))
        return _json(
            {
                "token_type": "Bearer",
                "expires_in": self._access_tokens.lifetime,
                "ext_expires_in": self._access_tokens.lifetime,
                "access_token": self._access_tokens.issue(identity, audience),
            }
        )

    def _check_assertion(self, identity: Identity, assertion: str) -> None:
        try:
            claimed = jwt.decode(assertion, options={"verify_signature": False})
            if claimed.get("iss") == identity.client_id:
                audience = f"{self._url}/{identity.tenant_id}/oauth2/v2.0/token"
                self._certificates.claims(assertion, identity, audience)
                return
            issuer = self._issuers.get(claimed.get("iss", ""))
            claims = issuer.claims(assertion) if issuer else claimed
        except jwt.ExpiredSignatureError as error:
            text = "Client assertion is not within its valid time range."
            raise SignInRefused(700024, "invalid_client", text, 401) from error
        except jwt.InvalidAudienceError as error:
            text = "No matching federated identity record found for presented assertion audience."
            raise SignInRefused(700212, "invalid_client", text, 401) from error
        except jwt.InvalidTokenError as error:
            text = "Client assertion failed signature validation."
            raise SignInRefused(700027, "invalid_client", text, 401) from error
        subject = FederatedSubject(issuer=claims.get("iss", ""), subject=claims.get("sub", ""))
        if subject not in identity.federated:
            text = (
                "No matching federated identity record found for presented assertion."
                f" Assertion Issuer: '{subject.issuer}'. Assertion Subject: '{subject.subject}'."
            )
            raise SignInRefused(70021, "invalid_request", text)

    def _audience(self, scope: str) -> str:
        resource = scope.removesuffix("/.default").rstrip("/")
        if not scope.endswith("/.default"):
            text = (
                f"The provided value for scope {scope} is not valid:"
                " it must be a resource with /.default."
            )
            raise SignInRefused(1002012, "invalid_scope", text)
        if resource not in self._resources:
            text = f"The resource principal named {resource} was not found in the tenant."
            raise SignInRefused(500011, "invalid_resource", text)
        return resource


def _json(content: object, status: int = 200) -> Response:
    return Response(json.dumps(content), status, content_type="application/json; charset=utf-8")
