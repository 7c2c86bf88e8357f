"""The Azure clouds: which hosts belong to each, and where a token for it may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from private_wheel.azure.answers import json_object, server_reason
from private_wheel.azure.http import HttpClients
from private_wheel.errors import UnknownCloud
from private_wheel.secrets.addresses import check_address, is_loopback

# Azure DevOps' own application; its services exist in the public cloud only.
DEVOPS_SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"
_DEVOPS_HOST = "pkgs.dev.azure.com"
_PUBLIC_AUDIENCE = "api://AzureADTokenExchange"
# The same everywhere: https://learn.microsoft.com/azure/storage/blobs/authorize-access-azure-active-directory
STORAGE_SCOPE = "https://storage.azure.com/.default"


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """One Azure cloud.

    `arm` and `authority` are origins; blobs are at `ACCOUNT.blob.` and one of `storage_suffixes`; `audiences` are those
    of federated tokens, likeliest first.
    """

    name: str
    arm: str
    authority: str
    storage_suffixes: tuple[str, ...]
    audiences: tuple[str, ...] = (_PUBLIC_AUDIENCE,)
    from_metadata: bool = False

    @property
    def arm_scope(self) -> str:
        return f"{self.arm}/.default"

    def has_devops(self, url: str) -> bool:
        """Whether `url` is of Azure DevOps Services, so that a token of it may go there. A cloud on loopback, which is
        a sandbox, has them on loopback."""
        host = urlsplit(url).hostname or ""
        return host == _DEVOPS_HOST or (is_loopback(host) and self.on_loopback)

    def has_storage(self, host: str) -> bool:
        """Whether `host` serves blobs of this cloud, so that a token for storage may go there."""
        ours = any(host.endswith(f".blob.{suffix}") for suffix in self.storage_suffixes)
        return ours or (is_loopback(host) and self.on_loopback)

    @property
    def on_loopback(self) -> bool:
        """Whether it is a sandbox on this machine."""
        return is_loopback(urlsplit(self.arm).hostname or "")


# https://github.com/Azure/azure-sdk-for-python, azure/ai/ml/_azure_environments.py
_CLOUDS = {
    cloud.name: cloud
    for cloud in (
        Cloud(
            name="AzureCloud",
            arm="https://management.azure.com",
            authority="https://login.microsoftonline.com",
            # The second one is of accounts with a DNS zone in their name:
            # https://learn.microsoft.com/azure/storage/common/storage-account-overview
            storage_suffixes=("core.windows.net", "storage.azure.net"),
        ),
        Cloud(
            name="AzureUSGovernment",
            arm="https://management.usgovcloudapi.net",
            authority="https://login.microsoftonline.us",
            storage_suffixes=("core.usgovcloudapi.net",),
            audiences=("api://AzureADTokenExchangeUSGov", _PUBLIC_AUDIENCE),
        ),
        Cloud(
            name="AzureChinaCloud",
            arm="https://management.chinacloudapi.cn",
            authority="https://login.chinacloudapi.cn",
            storage_suffixes=("core.chinacloudapi.cn",),
            audiences=("api://AzureADTokenExchangeChina", _PUBLIC_AUDIENCE),
        ),
    )
}


def find_cloud(value: str, environ: Mapping[str, str], http: HttpClients) -> Cloud:
    """The cloud of that name, or as an ARM metadata URL describes it.

    `ARM_CLOUD_METADATA_URL` in `environ` stands for the URL, as in Microsoft's other tools.

    Raises:
        UnknownCloud: the URL does not lead to ARM metadata, or not to a cloud of that name.
        ServiceUnreachable: it cannot be asked.
    """
    if "://" in value:
        return _from_metadata(value, None, http)
    if url := environ.get("ARM_CLOUD_METADATA_URL", ""):
        return _from_metadata(url, value, http)
    return _CLOUDS[value]


def _from_metadata(url: str, name: str | None, http: HttpClients) -> Cloud:
    client = http.client(url)
    try:
        check_address(url)
        response = client.request("GET", url)
        if response.status_code != 200:
            raise _unknown(url, server_reason(response))
        content = (
            response.json() if response.text.lstrip().startswith("[") else [json_object(response)]
        )
        entries = [_cloud(entry) for entry in content]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise _unknown(url, f"{type(error).__name__}: {error}") from None
    finally:
        client.close()
    if not entries:
        raise _unknown(url, "it describes no cloud")
    named = [cloud for cloud in entries if cloud.name == name]
    if len(entries) != 1 and not named and name:
        raise _unknown(
            url, f"it describes {', '.join(cloud.name for cloud in entries)}, not {name}"
        )
    return (named or entries)[0]


def _cloud(entry: Mapping[str, object]) -> Cloud:
    """One entry of ARM metadata, in the form of api-version 2019-05-01 and later."""
    authentication = entry["authentication"]
    if not isinstance(authentication, dict):
        raise TypeError("authentication is no object")
    hosts = [str(entry["resourceManager"]), str(authentication["loginEndpoint"])]
    for host in hosts:
        check_address(host)
    arm, authority = (host.rstrip("/") for host in hosts)
    name = str(entry["name"])
    known = _CLOUDS.get(name)
    suffixes = entry.get("suffixes")
    storage = str(suffixes.get("storage") or "") if isinstance(suffixes, dict) else ""
    return Cloud(
        name=name,
        arm=arm,
        authority=authority,
        storage_suffixes=(storage.strip(".").lower(),) if storage else (),
        audiences=known.audiences if known else (_PUBLIC_AUDIENCE,),
        from_metadata=True,
    )


def _unknown(url: str, said: str) -> UnknownCloud:
    return UnknownCloud(
        f"{url} gives no usable ARM metadata.",
        input="cloud",
        fix="Name a cloud, or a URL such as https://HOST/metadata/endpoints?api-version=2019-05-01.",
        said=said,
    )
