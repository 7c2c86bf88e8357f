"""What the environment offers besides the inputs: identities, certificates and an emulator's key.

Sources for Azure Pipelines: microsoft/azure-pipelines-agent, src/Agent.Worker/Handlers/Handler.cs;
microsoft/azure-pipelines-tasks, Tasks/AzureCLIV2/azureclitask.ts
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import cast

from private_wheel.azure.http_config import HttpConfig
from private_wheel.azure.identity import (
    AmbientIdentity,
    JobToken,
    OidcIssuer,
    Scheme,
    ServiceConnection,
    SignInConfig,
)
from private_wheel.secrets.redaction import Secret

_SCHEMES = ("WorkloadIdentityFederation", "ServicePrincipal", "ManagedServiceIdentity")
_ACCOUNT_KEY = re.compile(r"AccountKey=([^;\s]+)", re.IGNORECASE)


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


def read_http_config(environ: Mapping[str, str]) -> HttpConfig:
    """Read the variables that requests and curl read."""
    ca_bundle = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE") or ""
    return HttpConfig(ca_bundle=ca_bundle)


def read_emulator_key(environ: Mapping[str, str]) -> Secret:
    """Return the account key in the Azure CLI's variables; empty without one."""
    connection_string = environ.get("AZURE_STORAGE_CONNECTION_STRING", "")
    match = _ACCOUNT_KEY.search(connection_string)
    return Secret(match[1] if match else environ.get("AZURE_STORAGE_KEY", ""))
