"""OIDC tokens of the job, by which it signs in to Microsoft Entra without a secret.

They live for minutes, so a fresh one is requested each time.
"""

from __future__ import annotations

from contextlib import closing
from urllib.parse import quote

from private_wheel.azure.answers import json_object, server_reason
from private_wheel.azure.http import HttpClients
from private_wheel.azure.identity import Mask, OidcIssuer, ServiceConnection
from private_wheel.azure.sign_in_failure import sign_in_failure
from private_wheel.secrets.addresses import check_address

_NO_SIGN_IN_PAGE = {"X-TFS-FedAuthRedirect": "Suppress"}


class OidcTokens:
    """Requests tokens and masks them, and what they are requested with."""

    def __init__(self, http: HttpClients, mask: Mask) -> None:
        self._http, self._mask = http, mask

    def of_github(self, issuer: OidcIssuer, audience: str) -> str:
        """Request a token of a GitHub job for `audience`.

        Source: actions/toolkit, packages/core/src/oidc-utils.ts

        Raises:
            SignInFailed: The issuer gives no token.
            ServiceUnreachable: The issuer cannot be reached.
        """
        url = f"{issuer.url}&audience={quote(audience, safe='')}"
        return self._request("GET", url, issuer, "value", "azure-client-id")

    def of_service_connection(self, service: ServiceConnection) -> str:
        """Request a token for a service connection of Azure Pipelines.

        The SDK's own credential for this does not show the token, so it could not be masked.
        Source: azure-identity, AzurePipelinesCredential

        Raises:
            SignInFailed: The issuer gives no token.
            ServiceUnreachable: The issuer cannot be reached.
        """
        identifier = quote(service.identifier, safe="")
        url = f"{service.issuer.url}?api-version=7.1&serviceConnectionId={identifier}"
        return self._request("POST", url, service.issuer, "oidcToken", "azure-subscription")

    def _request(self, method: str, url: str, issuer: OidcIssuer, member: str, input: str) -> str:
        """Request a token, which is a member of the answer's JSON."""
        request_token = issuer.request_token.value
        self._mask([request_token])
        try:
            check_address(url)
        except ValueError as error:
            raise sign_in_failure(f"the URL of the job's OIDC issuer: {error}", input) from None
        with closing(self._http.client(url, lambda: f"Bearer {request_token}")) as client:
            response = client.request(method, url, headers=_NO_SIGN_IN_PAGE)
            token = ""
            if response.status_code == 200:
                token = str(json_object(response).get(member, ""))
            if not token:
                reason = server_reason(response)
                raise sign_in_failure(f"the job's OIDC issuer: {reason}", input)
        self._mask([token])
        return token
