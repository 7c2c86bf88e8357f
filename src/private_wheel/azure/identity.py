"""As whom a run signs in: the inputs, and what the environment offers.

Sources for Azure Pipelines: microsoft/azure-pipelines-agent, src/Agent.Worker/Handlers/Handler.cs;
microsoft/azure-pipelines-tasks, Tasks/AzureCLIV2/azureclitask.ts
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from private_wheel.secrets.redaction import Secret

Mask = Callable[[Iterable[str]], None]
"""Takes every token that the run meets, so that it is masked."""

Scheme = Literal["WorkloadIdentityFederation", "ServicePrincipal", "ManagedServiceIdentity"]
_SCHEMES = ("WorkloadIdentityFederation", "ServicePrincipal", "ManagedServiceIdentity")


@dataclass(frozen=True, kw_only=True)
class OidcIssuer:
    """Where a job requests OIDC tokens about itself.

    Attributes:
        url: Empty if the host offers none.
        request_token: The credential for the request.
    """

    url: str
    request_token: Secret


@dataclass(frozen=True, kw_only=True)
class ServiceConnection:
    """An Azure Resource Manager service connection, as Azure's agent hands it to a task.

    Attributes:
        secret: Empty for the schemes that have none.
        certificate: PEM, with its key; empty for the schemes that have none.
        cloud: The connection's own name for the cloud.
        issuer: Issues the tokens for workload identity federation.
    """

    identifier: str
    scheme: Scheme
    tenant_id: str
    client_id: str
    secret: Secret
    certificate: Secret
    cloud: str
    issuer: OidcIssuer


@dataclass(frozen=True, kw_only=True)
class AmbientIdentity:
    """The identity in the environment, in the variables of Azure's SDKs. All may be empty.

    Source: azure-identity, EnvironmentCredential and WorkloadIdentityCredential
    """

    tenant_id: str
    client_id: str
    client_secret: Secret
    certificate_path: str
    certificate_password: Secret
    federated_token_file: str


@dataclass(frozen=True, kw_only=True)
class SignInConfig:
    """As whom to sign in, and to which cloud.

    Attributes:
        client_id: The input; empty if not set.
        tenant_id: The input; empty if not set.
        cloud: A cloud's name or an ARM metadata URL.
        metadata_url: The ARM metadata that describes a cloud given by its name; usually empty.
        service_connection: The identity on Azure Pipelines.
        github: The issuer of a GitHub job's tokens.
        ambient: The identity to use if no other is given.
    """

    client_id: str
    tenant_id: str
    cloud: str
    metadata_url: str
    service_connection: ServiceConnection | None
    github: OidcIssuer
    ambient: AmbientIdentity


@dataclass(frozen=True, kw_only=True)
class JobToken:
    """The token of an Azure Pipelines job for its own organisation; empty on other hosts.

    Attributes:
        collection: The URL of the organisation, as `https://dev.azure.com/ORGANISATION/`.
    """

    token: Secret
    collection: str


def read_sign_in(
    environ: Mapping[str, str],
    *,
    client_id: str,
    tenant_id: str,
    cloud: str,
    service_connection: ServiceConnection | None,
) -> SignInConfig:
    """Complete the inputs with what the environment offers."""
    return SignInConfig(
        client_id=client_id,
        tenant_id=tenant_id,
        cloud=cloud,
        metadata_url=environ.get("ARM_CLOUD_METADATA_URL", ""),
        service_connection=service_connection,
        github=OidcIssuer(
            url=environ.get("ACTIONS_ID_TOKEN_REQUEST_URL", ""),
            request_token=Secret(environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")),
        ),
        ambient=AmbientIdentity(
            tenant_id=environ.get("AZURE_TENANT_ID", ""),
            client_id=environ.get("AZURE_CLIENT_ID", ""),
            client_secret=Secret(environ.get("AZURE_CLIENT_SECRET", "")),
            certificate_path=environ.get("AZURE_CLIENT_CERTIFICATE_PATH", ""),
            certificate_password=Secret(environ.get("AZURE_CLIENT_CERTIFICATE_PASSWORD", "")),
            federated_token_file=environ.get("AZURE_FEDERATED_TOKEN_FILE", ""),
        ),
    )


def read_service_connection(identifier: str, environ: Mapping[str, str]) -> ServiceConnection:
    """Read the service connection with that ID.

    Raises:
        ValueError: With the sentence for the user.
    """

    def parameter(name: str) -> str:
        return environ.get(f"ENDPOINT_AUTH_PARAMETER_{identifier}_{name}", "")

    def data(name: str) -> str:
        return environ.get(f"ENDPOINT_DATA_{identifier}_{name}", "")

    scheme = environ.get(f"ENDPOINT_AUTH_SCHEME_{identifier}", "")
    if not scheme:
        raise ValueError(
            "this task has no such service connection. Specify one of type Azure Resource Manager."
        )
    if scheme not in _SCHEMES:
        raise ValueError(
            f"the service connection uses the scheme {scheme}, which cannot sign in to Azure."
        )
    secret, certificate = parameter("SERVICEPRINCIPALKEY"), ""
    if parameter("AUTHENTICATIONTYPE").lower() == "spncertificate":
        secret, certificate = "", parameter("SERVICEPRINCIPALCERTIFICATE")
    return ServiceConnection(
        identifier=identifier,
        scheme=cast(Scheme, scheme),
        tenant_id=parameter("TENANTID"),
        client_id=parameter("SERVICEPRINCIPALID") or data("MSICLIENTID"),
        secret=Secret(secret),
        certificate=Secret(certificate),
        cloud=data("ENVIRONMENT"),
        issuer=OidcIssuer(
            url=environ.get("SYSTEM_OIDCREQUESTURI", ""), request_token=read_system_token(environ)
        ),
    )


def read_job_token(environ: Mapping[str, str]) -> JobToken:
    """Read what a job of Azure Pipelines has for its own organisation."""
    return JobToken(
        token=read_system_token(environ), collection=environ.get("SYSTEM_COLLECTIONURI", "")
    )


def read_system_token(environ: Mapping[str, str]) -> Secret:
    """Read System.AccessToken: from the connection that each task gets, or as the user maps it."""
    try:
        connection = json.loads(environ.get("ENDPOINT_AUTH_SYSTEMVSSCONNECTION") or "{}")
        token = str((connection.get("parameters") or {}).get("AccessToken") or "")
    except (ValueError, AttributeError):
        token = ""
    return Secret(token or environ.get("SYSTEM_ACCESSTOKEN", ""))
