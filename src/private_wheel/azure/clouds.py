"""The Azure clouds: which hosts belong to each, and where a token for it may go."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from private_wheel.secrets.addresses import is_loopback

# Azure DevOps' own application; its services exist in the public cloud only.
DEVOPS_SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"
_DEVOPS_HOST = "pkgs.dev.azure.com"
# The same in every cloud:
# https://learn.microsoft.com/azure/storage/blobs/authorize-access-azure-active-directory
STORAGE_SCOPE = "https://storage.azure.com/.default"
PUBLIC_AUDIENCE = "api://AzureADTokenExchange"


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """One Azure cloud.

    Attributes:
        arm: The origin of Azure Resource Manager.
        authority: The origin of Microsoft Entra.
        storage_suffixes: Blobs are at `ACCOUNT.blob.` and one of these.
        audiences: Of federated tokens, likeliest first.
        from_metadata: Whether ARM metadata described it; the others are known to the SDKs.
    """

    name: str
    arm: str
    authority: str
    storage_suffixes: tuple[str, ...]
    audiences: tuple[str, ...] = (PUBLIC_AUDIENCE,)
    from_metadata: bool = False

    @property
    def arm_scope(self) -> str:
        """The scope of tokens for ARM."""
        return f"{self.arm}/.default"

    def has_devops(self, url: str) -> bool:
        """Return whether `url` is on Azure DevOps Services, so that their token may go there.

        A cloud on loopback, which is a sandbox, has them on loopback.
        """
        host = urlsplit(url).hostname or ""
        return host == _DEVOPS_HOST or self._has_loopback(host)

    def has_storage(self, host: str) -> bool:
        """Return whether `host` serves this cloud's blobs, so that a storage token may go there."""
        suffixes = tuple(f".blob.{suffix}" for suffix in self.storage_suffixes)
        return host.endswith(suffixes) or self._has_loopback(host)

    @property
    def on_loopback(self) -> bool:
        """Whether it is a sandbox on this machine."""
        return is_loopback(urlsplit(self.arm).hostname or "")

    def _has_loopback(self, host: str) -> bool:
        return self.on_loopback and is_loopback(host)


# Source: https://github.com/Azure/azure-sdk-for-python, azure/ai/ml/_azure_environments.py
_ALL_CLOUDS = (
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
        audiences=("api://AzureADTokenExchangeUSGov", PUBLIC_AUDIENCE),
    ),
    Cloud(
        name="AzureChinaCloud",
        arm="https://management.chinacloudapi.cn",
        authority="https://login.chinacloudapi.cn",
        storage_suffixes=("core.chinacloudapi.cn",),
        audiences=("api://AzureADTokenExchangeChina", PUBLIC_AUDIENCE),
    ),
)
CLOUDS = {cloud.name: cloud for cloud in _ALL_CLOUDS}
DEFAULT_CLOUD = "AzureCloud"
