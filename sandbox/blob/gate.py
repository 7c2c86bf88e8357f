"""Blob storage as Azure guards it: the gate checks permissions, Azurite does the work."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from sandbox.blob.accounts import CONTAINERS, BlobAccounts, BlobAddress
from sandbox.blob.answers import (
    BlobRefusal,
    behind_firewall,
    invalid_token,
    keys_forbidden,
    lacks_role,
    malformed_authorization,
    not_public,
    signature_refused,
)
from sandbox.blob.forwarding import Forwarding
from sandbox.blob.policies import BlobSwitches, add_policy_headers, check_write_once
from sandbox.identity.access_tokens import STORAGE_RESOURCE, AccessTokens
from sandbox.identity.accounts import StorageRole

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class BlobGate:
    """The server's application."""

    def __init__(
        self,
        *,
        accounts: BlobAccounts,
        access_tokens: AccessTokens,
        switches: BlobSwitches,
        sign_in_url: str,
        tenant_id: str,
    ) -> None:
        self._accounts = accounts
        self._access_tokens = access_tokens
        self._switches = switches
        self._sign_in_url = sign_in_url
        self._tenant_id = tenant_id
        self._lock = Lock()
        self._forwarding: Forwarding | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._answer(request)
        except BlobRefusal as refused:
            response = refused.response(request)
        return response(environ, start_response)

    def close(self) -> None:
        if self._forwarding is not None:
            self._forwarding.close()

    def _answer(self, request: Request) -> Response:
        target: str = request.environ["REQUEST_URI"]
        address = BlobAddress.of(request.host, target.partition("?")[0])
        if address.account not in CONTAINERS:  # in Azure it would have no host name
            raise not_public()
        if self._switches.firewall:
            raise behind_firewall()
        self._authorize(request, address)
        if self._switches.write_once:
            check_write_once(request, address, self._accounts.blob)
        answer = self._azurite().send(
            request.method,
            target,
            request.environ["sandbox.headers"],
            request.get_data(cache=False),
        )
        # Azurite's code for anything that is wrong with a signature.
        if answer.error_code == "AuthorizationFailure":
            raise signature_refused(request.args.get("se", ""))
        response = Response([answer.body] if answer.body else [], answer.status, answer.headers)
        add_policy_headers(request, address, self._switches, response.headers)
        return response

    def _authorize(self, request: Request, address: BlobAddress) -> None:
        """Check the credential. Signatures are checked by Azurite itself."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if not scheme and "sig" not in request.args:
            raise not_public()
        if scheme.casefold() == "bearer":
            self._check_token(value.strip(), request, address)
        elif scheme and scheme.casefold() not in {"sharedkey", "sharedkeylite"}:
            raise malformed_authorization()
        # A link with "skoid" is signed with a user's key.
        elif self._switches.keys_forbidden and "skoid" not in request.args:
            raise keys_forbidden()

    def _check_token(self, value: str, request: Request, address: BlobAddress) -> None:
        token = self._access_tokens.find(value)
        if token is None:
            raise self._invalid_token("Signature validation failed. Signature verification failed.")
        if token.audience != STORAGE_RESOURCE:
            raise self._invalid_token("Audience validation failed. Audience did not match.")
        if token.expired:
            raise self._invalid_token("Lifetime validation failed. The token is expired.")
        reads = request.method in {"GET", "HEAD"}
        needed = StorageRole.READER if reads else StorageRole.CONTRIBUTOR
        assigned = token.identity.storage_roles.get(address.account)
        if assigned is None or assigned.value < needed.value:
            raise lacks_role()

    def _invalid_token(self, detail: str) -> BlobRefusal:
        return invalid_token(detail, sign_in_url=self._sign_in_url, tenant_id=self._tenant_id)

    def _azurite(self) -> Forwarding:
        with self._lock:
            if self._forwarding is None:
                self._forwarding = Forwarding(self._accounts.azurite)
            return self._forwarding
