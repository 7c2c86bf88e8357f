"""Service connections as Azure's agent tells a task of them.

Source: microsoft/azure-pipelines-agent @42bde98, Handler.cs (AddEndpointsToEnvironment),
VarUtil.cs; microsoft/azure-pipelines-tasks, Tasks/AzureCLIV2/azureclitask.ts (the keys of an
AzureRM connection)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Literal

from sandbox import Sandbox
from sandbox.identity.accounts import Identity

Kind = Literal["workload", "secret", "certificate", "managed"]
KINDS: tuple[Kind, ...] = ("workload", "secret", "certificate", "managed")


def variable_name(name: str) -> str:
    """VarUtil.ConvertToEnvVariableFormat."""
    return re.sub(r"[ .]", "_", name).upper()


def endpoint_environ(
    key: str,
    url: str,
    scheme: str,
    parameters: Mapping[str, str],
    data: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """`data` is None for the system's own connections, which have no id."""
    environ = {
        f"ENDPOINT_URL_{key}": url,
        f"ENDPOINT_AUTH_{key}": json.dumps({"parameters": parameters, "scheme": scheme}),
        f"ENDPOINT_AUTH_SCHEME_{key}": scheme,
        **{
            f"ENDPOINT_AUTH_PARAMETER_{key}_{variable_name(name)}": value
            for name, value in parameters.items()
        },
    }
    if data is not None:
        environ[f"ENDPOINT_DATA_{key}"] = json.dumps(data)
        environ |= {
            f"ENDPOINT_DATA_{key}_{variable_name(name)}": value for name, value in data.items()
        }
    return environ


def job_environ(url: str, token: str) -> dict[str, str]:
    """The job's own connection, which every task gets."""
    return endpoint_environ("SYSTEMVSSCONNECTION", url, "OAuth", {"AccessToken": token})


def connection_environ(
    sandbox: Sandbox, kind: Kind, identity: Identity, secret: str
) -> dict[str, str]:
    """An Azure Resource Manager connection of that kind. `secret` is the client secret, or the PEM
    file's text."""
    scheme = {"workload": "WorkloadIdentityFederation", "managed": "ManagedServiceIdentity"}.get(
        kind, "ServicePrincipal"
    )
    parameters = {"tenantid": identity.tenant_id}
    if kind != "managed":
        parameters["serviceprincipalid"] = identity.client_id
    if kind == "secret":
        parameters |= {"authenticationType": "spnKey", "serviceprincipalkey": secret}
    elif kind == "certificate":
        parameters |= {
            "authenticationType": "spnCertificate",
            "servicePrincipalCertificate": secret,
        }
    data = {
        "environment": "AzureCloud",
        "scopeLevel": "Subscription",
        "subscriptionId": sandbox.workspace("acme-ml").subscription_id,
        "subscriptionName": "acme",
        "creationMode": "Manual",
        "activeDirectoryAuthority": sandbox.url("sign-in"),
        "environmentAuthorityUrl": sandbox.url("sign-in"),
    }
    return endpoint_environ(
        sandbox.service_connection_id, sandbox.url("arm"), scheme, parameters, data
    )
