"""Sign-in to Microsoft Entra: which credential a run has, and its tokens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from private_wheel.azure.answers import json_object, server_reason, shortened
from private_wheel.azure.clouds import Cloud, find_cloud
from private_wheel.azure.http import HttpClients
from private_wheel.azure.identity import ServiceConnection, SignInConfig, job_token
from private_wheel.errors import SignInFailed
from private_wheel.secrets.addresses import check_address

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential

Mask = Callable[[Iterable[str]], None]
"""Told every token that is met, so that it can be masked."""

_DEFAULT_CLOUD = "AzureCloud"
_NO_SIGN_IN = (
    "Run az login first, or name an identity: azure-client-id and azure-tenant-id; on Azure Pipelines azureSubscription"
    " instead. A feed alone needs no sign-in when feed-token is given."
)
# Microsoft's error codes: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_ADVICE = {
    "AADSTS700016": "azure-client-id names no application of that tenant.",
    "AADSTS90002": "azure-tenant-id names no tenant.",
    "AADSTS70021": "Add a federated credential for this repository and environment to the application.",
    "AADSTS700213": "Add a federated credential for this repository and environment to the application.",
    "AADSTS700211": "Add a federated credential for this issuer to the application.",
    "AADSTS700024": "The login is older than its assertion: sign in directly before this step.",
    "AADSTS7000215": "The client secret is wrong: it must be the secret's value, not its id.",
    "AADSTS7000222": "The client secret has expired: make a new one, or use a federated credential.",
    "az login": _NO_SIGN_IN,
    "az CLI": _NO_SIGN_IN,
    "Azure CLI": _NO_SIGN_IN,
}


class SignIn:
    """The identity of the run and its cloud. Both are asked for when first needed: many runs need neither."""

    def __init__(
        self, config: SignInConfig, http: HttpClients, environ: Mapping[str, str], mask: Mask
    ) -> None:
        self._config, self._http, self._environ, self._mask = config, http, environ, mask
        self._lock = threading.RLock()
        self._session = http.session()
        self._credential: TokenCredential | None = None

    @cached_property
    def cloud(self) -> Cloud:
        """The input's; else the service connection's own. Raises as `find_cloud`."""
        service = self._config.service_connection
        own = service.cloud if service and self._config.cloud == _DEFAULT_CLOUD else ""
        return find_cloud(own or self._config.cloud, self._environ, self._http)

    @property
    def _input(self) -> str:
        """The input that the identity comes from."""
        if self._config.service_connection:
            return "azure-subscription"
        return "azure-client-id" if self._config.client_id else ""

    def close(self) -> None:
        self._session.close()

    def token(self, scope: str) -> str:
        """The text of `access_token`. Raises as it."""
        return self.access_token(scope).token

    def access_token(self, scope: str) -> AccessToken:
        """An access token for `scope`, renewed when it is about to expire.

        Raises:
            SignInFailed: with Entra's own word.
        """
        from azure.core.exceptions import AzureError

        said = ""
        with self._lock:  # several threads ask, and one answer serves them all
            for credential in [self._credential] if self._credential else self._candidates():
                try:
                    token = credential.get_token(scope)
                except AzureError as error:
                    said = str(error.message or error)
                else:
                    self._credential = credential
                    self._mask([token.token])
                    return token
        raise _failed(said, self._input)

    def bearer(self, scope: str) -> Callable[[], str]:
        """What a client calls for its Authorization header."""
        return lambda: f"Bearer {self.token(scope)}"

    def _candidates(self) -> list[TokenCredential]:
        """The credential to use; more than one only where a sovereign cloud's audience is not certain."""
        if self._config.service_connection:
            return [self._of_connection(self._config.service_connection)]
        if self._config.client_id and self._environ.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
            return [self._federated(audience) for audience in self.cloud.audiences]
        return [self._ambient()]

    def _ambient(self) -> TokenCredential:
        from azure import identity

        environ = self._environ
        tenant = self._config.tenant_id or environ.get("AZURE_TENANT_ID", "")
        client = self._config.client_id or environ.get("AZURE_CLIENT_ID", "")
        if tenant and client and (secret := environ.get("AZURE_CLIENT_SECRET")):
            self._mask([secret])
            return identity.ClientSecretCredential(tenant, client, secret, **self._options())
        if tenant and client and (certificate := environ.get("AZURE_CLIENT_CERTIFICATE_PATH")):
            password = environ.get("AZURE_CLIENT_CERTIFICATE_PASSWORD")
            try:
                return identity.CertificateCredential(
                    tenant, client, certificate, password=password, **self._options()
                )
            except (OSError, ValueError) as error:
                raise _failed(f"AZURE_CLIENT_CERTIFICATE_PATH: {error}", "") from None
        if tenant and client and (file := environ.get("AZURE_FEDERATED_TOKEN_FILE")):
            return identity.WorkloadIdentityCredential(
                tenant_id=tenant, client_id=client, token_file_path=file, **self._options()
            )
        if self._config.client_id:
            raise SignInFailed(
                "GitHub gives this job no OIDC token to sign in with.",
                input="azure-client-id",
                fix="Add to the job: permissions: { id-token: write, contents: read }.",
            )
        return identity.AzureCliCredential(tenant_id=tenant)

    def _of_connection(self, service: ServiceConnection) -> TokenCredential:
        from azure import identity

        options = self._options()
        if service.scheme == "ManagedServiceIdentity":
            # It takes neither an authority nor our session, whose retries would stretch the wait for an absent one.
            return identity.ManagedIdentityCredential(client_id=service.client_id or None)
        names = service.tenant_id, service.client_id
        if service.scheme == "WorkloadIdentityFederation":
            return identity.ClientAssertionCredential(
                *names, lambda: self._pipelines_token(service), **options
            )
        if service.certificate:
            try:
                pem = service.certificate.value.encode()
                return identity.CertificateCredential(*names, certificate_data=pem, **options)
            except ValueError as error:
                raise _failed(
                    f"the service connection's certificate: {error}", "azure-subscription"
                ) from None
        return identity.ClientSecretCredential(*names, service.secret.value, **options)

    def _federated(self, audience: str) -> TokenCredential:
        from azure.identity import ClientAssertionCredential

        return ClientAssertionCredential(
            self._config.tenant_id,
            self._config.client_id,
            lambda: self._github_token(audience),
            **self._options(),
        )

    def _options(self) -> dict[str, Any]:
        """What every credential is given: the cloud's authority, and our own transport."""
        from azure.core.pipeline.transport import RequestsTransport

        return {
            "authority": self.cloud.authority,
            "disable_instance_discovery": self.cloud.from_metadata,
            "transport": RequestsTransport(session=self._session, session_owner=False),
        }

    def _github_token(self, audience: str) -> str:
        """A fresh OIDC token of the job: it lives five minutes, so none is kept.

        Source: actions/toolkit, packages/core/src/oidc-utils.ts
        """
        url = self._environ["ACTIONS_ID_TOKEN_REQUEST_URL"]
        request_token = self._environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")
        url = f"{url}&audience={quote(audience, safe='')}"
        return self._oidc_token("GET", url, request_token, "value", "azure-client-id")

    def _pipelines_token(self, service: ServiceConnection) -> str:
        """A fresh OIDC token for the service connection: it lives ten minutes.

        The SDK's own credential for this keeps the token to itself, so that it could not be masked.
        Source: azure-identity, AzurePipelinesCredential
        """
        url = f"{service.oidc_url}?api-version=7.1&serviceConnectionId={quote(service.identifier, safe='')}"
        token = job_token(self._environ).value
        return self._oidc_token("POST", url, token, "oidcToken", "azure-subscription")

    def _oidc_token(
        self, method: str, url: str, request_token: str, member: str, input: str
    ) -> str:
        """What the host's issuer of OIDC tokens answers; `member` of its JSON is the token."""
        self._mask([request_token])
        try:
            check_address(url)
        except ValueError as error:
            raise _failed(f"the address of the job's OIDC tokens: {error}", input) from None
        client = self._http.client(url, lambda: f"Bearer {request_token}")
        try:
            response = client.request(method, url, headers={"X-TFS-FedAuthRedirect": "Suppress"})
            token = (
                str(json_object(response).get(member, "")) if response.status_code == 200 else ""
            )
            if not token:
                raise _failed(
                    f"the issuer of the job's OIDC tokens: {server_reason(response)}", input
                )
        finally:
            client.close()
        self._mask([token])
        return token


class ScopedCredential:
    """Gives an SDK's client the tokens of one scope, and of no other that a server may ask for in its answer."""

    def __init__(self, sign_in: SignIn, scope: str) -> None:
        self._sign_in, self._scope = sign_in, scope

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """Raises as `SignIn.access_token`, and SignInFailed for another scope."""
        if scopes != (self._scope,):
            raise _failed(f"it asks for a token for {' '.join(scopes)}", "")
        return self._sign_in.access_token(self._scope)


def _failed(said: str, input: str) -> SignInFailed:
    advice = next((advice for code, advice in _ADVICE.items() if code in said), "")
    return SignInFailed(
        "Sign-in to Azure failed.",
        input=input,
        fix=advice or "Check azure-client-id, azure-tenant-id and cloud.",
        said=shortened(said, 500),
    )
