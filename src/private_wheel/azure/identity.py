"""An Azure Resource Manager service connection, as Azure's agent hands it to a task in the environment.

Source: microsoft/azure-pipelines-agent, src/Agent.Worker/Handlers/Handler.cs; microsoft/azure-pipelines-tasks,
Tasks/AzureCLIV2/azureclitask.ts
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from private_wheel.secrets.redaction import Secret

Scheme = Literal["WorkloadIdentityFederation", "ServicePrincipal", "ManagedServiceIdentity"]
_SCHEMES = ("WorkloadIdentityFederation", "ServicePrincipal", "ManagedServiceIdentity")


@dataclass(frozen=True, kw_only=True)
class ServiceConnection:
    """How to sign in. `secret` and `certificate` (PEM, with its key) are empty for the schemes that have none; `cloud`
    is its own name for the cloud, `oidc_url` where the job asks for its token."""

    identifier: str
    scheme: Scheme
    tenant_id: str
    client_id: str
    secret: Secret
    certificate: Secret
    cloud: str
    oidc_url: str


@dataclass(frozen=True, kw_only=True)
class SignInConfig:
    """As whom to sign in, and to which cloud (a name or an ARM metadata URL)."""

    client_id: str
    tenant_id: str
    cloud: str
    service_connection: ServiceConnection | None = None


@dataclass(frozen=True, kw_only=True)
class JobToken:
    """What a job of Azure Pipelines has for its own organisation; empty on other hosts. `collection` is the URL of the
    organisation, as `https://dev.azure.com/ORGANISATION/`."""

    token: Secret
    collection: str


def read_service_connection(identifier: str, environ: Mapping[str, str]) -> ServiceConnection:
    """The connection of that id.

    Raises:
        ValueError: with the sentence for the user.
    """

    def parameter(name: str) -> str:
        return environ.get(f"ENDPOINT_AUTH_PARAMETER_{identifier}_{name}", "")

    def data(name: str) -> str:
        return environ.get(f"ENDPOINT_DATA_{identifier}_{name}", "")

    scheme = environ.get(f"ENDPOINT_AUTH_SCHEME_{identifier}", "")
    if not scheme:
        raise ValueError(
            "the agent gave this task no such service connection. Name one of type Azure Resource Manager."
        )
    if scheme not in _SCHEMES:
        raise ValueError(
            f"the service connection has the scheme {scheme}, which cannot sign in to Azure."
        )
    certified = parameter("AUTHENTICATIONTYPE").lower() == "spncertificate"
    return ServiceConnection(
        identifier=identifier,
        scheme=cast(Scheme, scheme),
        tenant_id=parameter("TENANTID"),
        client_id=parameter("SERVICEPRINCIPALID") or data("MSICLIENTID"),
        secret=Secret("" if certified else parameter("SERVICEPRINCIPALKEY")),
        certificate=Secret(parameter("SERVICEPRINCIPALCERTIFICATE") if certified else ""),
        cloud=data("ENVIRONMENT"),
        oidc_url=environ.get("SYSTEM_OIDCREQUESTURI", ""),
    )


def job_token(environ: Mapping[str, str]) -> Secret:
    """System.AccessToken: mapped by the user, or as every task gets it in the job's own connection."""
    try:
        content = json.loads(environ.get("ENDPOINT_AUTH_SYSTEMVSSCONNECTION") or "{}")
        own = str((content.get("parameters") or {}).get("AccessToken") or "")
    except (ValueError, AttributeError):
        own = ""
    return Secret(own or environ.get("SYSTEM_ACCESSTOKEN", ""))
