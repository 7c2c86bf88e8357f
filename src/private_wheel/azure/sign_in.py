"""Sign-in to Microsoft Entra: which credential a run has, and its access tokens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from private_wheel.azure.cloud_metadata import find_cloud
from private_wheel.azure.clouds import DEFAULT_CLOUD, Cloud
from private_wheel.azure.http import HttpClients
from private_wheel.azure.identity import Mask, ServiceConnection, SignInConfig
from private_wheel.azure.oidc import OidcTokens
from private_wheel.azure.sign_in_failure import sign_in_failure
from private_wheel.errors import SignInFailed

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential


class SignIn:
    """The identity of the run, and its cloud.

    Both are looked up when first needed: many runs need neither.
    """

    def __init__(self, config: SignInConfig, http: HttpClients, mask: Mask) -> None:
        self._config, self._http, self._mask = config, http, mask
        self._oidc = OidcTokens(http, mask)
        self._lock = threading.RLock()
        self._session = http.session()
        self._credential: TokenCredential | None = None

    @cached_property
    def cloud(self) -> Cloud:
        """The cloud of the input; by default, of the service connection.

        Raises:
            UnknownCloud: No such cloud is known.
            ServiceUnreachable: The cloud's ARM metadata cannot be reached.
        """
        service, cloud = self._config.service_connection, self._config.cloud
        if service and service.cloud and cloud == DEFAULT_CLOUD:
            cloud = service.cloud
        return find_cloud(cloud, self._config.metadata_url, self._http)

    @property
    def _input(self) -> str:
        """The input that the identity comes from."""
        if self._config.service_connection:
            return "azure-subscription"
        return "azure-client-id" if self._config.client_id else ""

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def token(self, scope: str) -> str:
        """Return the text of `access_token`.

        Raises:
            SignInFailed: Entra issues no token.
        """
        return self.access_token(scope).token

    def access_token(self, scope: str) -> AccessToken:
        """Return an access token for `scope`, renewed when it is about to expire.

        Raises:
            SignInFailed: Entra issues no token.
        """
        from azure.core.exceptions import AzureError

        reason = ""
        with self._lock:  # several threads ask, and one answer serves them all
            credentials = [self._credential] if self._credential else self._candidates()
            for credential in credentials:
                try:
                    token = credential.get_token(scope)
                except AzureError as error:
                    reason = str(error.message or error)
                else:
                    self._credential = credential
                    self._mask([token.token])
                    return token
        raise sign_in_failure(reason, self._input)

    def bearer(self, scope: str) -> Callable[[], str]:
        """Return what gives a client its Authorization header."""
        return lambda: f"Bearer {self.token(scope)}"

    def _candidates(self) -> list[TokenCredential]:
        """Return the credential to use; several only where the cloud's audience is uncertain."""
        config = self._config
        if config.service_connection:
            return [self._of_service_connection(config.service_connection)]
        if config.client_id and config.github.url:
            return [self._of_github(audience) for audience in self.cloud.audiences]
        return [self._ambient()]

    def _of_service_connection(self, service: ServiceConnection) -> TokenCredential:
        from azure import identity

        if service.scheme == "ManagedServiceIdentity":
            # It takes no authority; our session's retries would delay noticing an absent one.
            return identity.ManagedIdentityCredential(client_id=service.client_id or None)
        application = service.tenant_id, service.client_id
        options = self._options()
        if service.scheme == "WorkloadIdentityFederation":
            return identity.ClientAssertionCredential(
                *application, lambda: self._oidc.of_service_connection(service), **options
            )
        if service.certificate:
            pem = service.certificate.value.encode()
            try:
                return identity.CertificateCredential(*application, certificate_data=pem, **options)
            except ValueError as error:
                reason = f"the service connection's certificate: {error}"
                raise sign_in_failure(reason, "azure-subscription") from None
        return identity.ClientSecretCredential(*application, service.secret.value, **options)

    def _of_github(self, audience: str) -> TokenCredential:
        from azure.identity import ClientAssertionCredential

        return ClientAssertionCredential(
            self._config.tenant_id,
            self._config.client_id,
            lambda: self._oidc.of_github(self._config.github, audience),
            **self._options(),
        )

    def _ambient(self) -> TokenCredential:
        from azure import identity

        ambient = self._config.ambient
        tenant = self._config.tenant_id or ambient.tenant_id
        client = self._config.client_id or ambient.client_id
        if tenant and client and ambient.client_secret:
            secret = ambient.client_secret.value
            self._mask([secret])
            return identity.ClientSecretCredential(tenant, client, secret, **self._options())
        if tenant and client and ambient.certificate_path:
            return self._of_certificate(tenant, client)
        if tenant and client and ambient.federated_token_file:
            return identity.WorkloadIdentityCredential(
                tenant_id=tenant,
                client_id=client,
                token_file_path=ambient.federated_token_file,
                **self._options(),
            )
        if self._config.client_id:
            raise SignInFailed(
                "GitHub does not provide this job with an OIDC token.",
                input="azure-client-id",
                fix="Add to the job: permissions: { id-token: write, contents: read }.",
            )
        return identity.AzureCliCredential(tenant_id=tenant)

    def _of_certificate(self, tenant: str, client: str) -> TokenCredential:
        from azure.identity import CertificateCredential

        ambient = self._config.ambient
        password = ambient.certificate_password.value or None
        try:
            return CertificateCredential(
                tenant, client, ambient.certificate_path, password=password, **self._options()
            )
        except (OSError, ValueError) as error:
            raise sign_in_failure(f"AZURE_CLIENT_CERTIFICATE_PATH: {error}", "") from None

    def _options(self) -> dict[str, Any]:
        """Return what every credential takes: the cloud's authority, and our own transport."""
        from azure.core.pipeline.transport import RequestsTransport

        return {
            "authority": self.cloud.authority,
            "disable_instance_discovery": self.cloud.from_metadata,
            "transport": RequestsTransport(session=self._session, session_owner=False),
        }


class ScopedCredential:
    """Gives an SDK's client tokens of one scope only, whatever scope a server's answer asks for."""

    def __init__(self, sign_in: SignIn, scope: str) -> None:
        self._sign_in, self._scope = sign_in, scope

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """Return an access token.

        Raises:
            SignInFailed: Entra issues no token, or the scope is another one.
        """
        if scopes != (self._scope,):
            raise sign_in_failure(f"the server wants a token for {' '.join(scopes)}", "")
        return self._sign_in.access_token(self._scope)
