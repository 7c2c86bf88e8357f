"""The OIDC issuers of GitHub, Azure Pipelines and a cluster with workload identities."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import jwt
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ENTRA_AUDIENCE = "api://AzureADTokenExchange"


class TokenIssuer:
    """Signs tokens. One key serves both ends, because both are the sandbox."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.lifetime = 300  # seconds; GitHub's live five minutes (Azure/login#180)
        self._key = secrets.token_bytes(32)

    def issue(self, subject: str, audience: str = ENTRA_AUDIENCE) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": subject,
            "aud": audience,
            "jti": secrets.token_hex(16),
            "iat": now,
            "exp": now + self.lifetime,
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    def claims(self, token: str) -> dict[str, str]:
        """Return the claims of a token.

        Raises:
            jwt.InvalidTokenError: The token is not valid.
        """
        claims: dict[str, str] = jwt.decode(
            token, self._key, algorithms=["HS256"], audience=ENTRA_AUDIENCE, issuer=self.url
        )
        return claims


class GitHubIssuer(TokenIssuer):
    """`GET URL&audience=…` with the bearer token that a job with `id-token: write` has."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._subjects: dict[str, str] = {}

    def job_environ(self, subject: str) -> dict[str, str]:
        """Return the variables of a job that runs for the repository and ref in `subject`."""
        request_token = secrets.token_urlsafe(48)
        path = f"/idtoken/{secrets.token_hex(8)}?api-version=2.0"
        self._subjects[request_token] = subject
        return {
            "ACTIONS_ID_TOKEN_REQUEST_URL": self.url + path,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": request_token,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        subject = self._subjects.get(_bearer(request))
        if subject is None:
            return _json({"message": "Unauthorized"}, 401)
        if request.method != "GET" or request.args.get("api-version") != "2.0":
            return _json({"message": "Not Found"}, 404)
        audience = request.args.get("audience", "https://github.com/acme")
        return _json({"count": 1, "value": self.issue(subject, audience)})


class PipelinesIssuer(TokenIssuer):
    """`POST URL?api-version=7.1&serviceConnectionId=ID` with the pipeline's own token."""

    def __init__(self, url: str, *, system_access_token: str, subjects: dict[str, str]) -> None:
        super().__init__(url)
        self.lifetime = 600
        plan = f"/acme/ml/_apis/distributedtask/hubs/build/plans/{secrets.token_hex(8)}"
        self.request_url = f"{url}{plan}/oidctoken"
        self._system_access_token = system_access_token
        self._subjects = subjects  # service connection id -> subject

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if self.url + request.path != self.request_url or request.method != "POST":
            return _json({"message": "Not Found"}, 404)
        if _bearer(request) != self._system_access_token:
            return _json(
                {"message": "TF400813: The user '' is not authorized to access this resource."}, 401
            )
        if request.args.get("api-version") is None:
            return _json({"message": "No api-version was supplied for the request."}, 400)
        subject = self._subjects.get(request.args.get("serviceConnectionId", ""))
        if subject is None:
            return _json({"message": "The service connection was not found."}, 404)
        return _json({"oidcToken": self.issue(subject)})


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.casefold() == "bearer" else ""


def _json(content: object, status: int = 200) -> Response:
    return Response(json.dumps(content), status, content_type="application/json")
