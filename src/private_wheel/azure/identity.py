"""As whom a run signs in: the inputs, and what the environment offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from private_wheel.secrets.redaction import Secret

Mask = Callable[[Iterable[str]], None]
"""Takes every token that the run meets, so that it is masked."""

Scheme = Literal["WorkloadIdentityFederation", "ServicePrincipal", "ManagedServiceIdentity"]


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
