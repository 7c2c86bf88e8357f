"""The storage accounts of a sandbox: their addresses, their links, and the Azurite that is behind them when needed."""

from __future__ import annotations

import base64
import secrets
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from sandbox.blob.azurite import Azurite

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, BlobServiceClient, ContainerClient

PUBLIC_SUFFIX = "core.windows.net"
PACKAGES_ACCOUNT = "acmepackages"
# Account -> its one container. All but the first belong to a workspace.
CONTAINERS = {
    PACKAGES_ACCOUNT: "wheels",
    "acmemlstore": "azureml",
    "acmeteststore": "azureml",
    "acmelockedstore": "azureml",
}
# What the live service's links have that were seen in public: they begin ten minutes ago, and last 8 h 10 min in all.
LINK_STARTED = timedelta(minutes=-10)
LINK_LIFETIME = timedelta(hours=8)


@dataclass(frozen=True, kw_only=True)
class BlobAddress:
    """`container` and `blob` are decoded, and empty where an address has none."""

    account: str
    container: str
    blob: str

    @classmethod
    def of(cls, host: str, path: str) -> BlobAddress:
        """From a host and a raw path: ACCOUNT.blob.SUFFIX/CONTAINER/BLOB or else HOST/ACCOUNT/CONTAINER/BLOB."""
        account, _, rest = host.partition(".blob.")
        parts = [
            *([account] if rest else []),
            *path.lstrip("/").split("/", 1 if rest else 2),
            "",
            "",
        ]
        return cls(account=unquote(parts[0]), container=unquote(parts[1]), blob=unquote(parts[2]))


def public_host(account: str) -> str:
    return f"{account}.blob.{PUBLIC_SUFFIX}"


def new_accounts() -> dict[str, str]:
    """The accounts with fresh keys."""
    return {account: base64.b64encode(secrets.token_bytes(64)).decode() for account in CONTAINERS}


class BlobAccounts:
    """`url` is where the gate answers; empty, where it has the names of the public cloud."""

    def __init__(self, *, url: str, directory: Path, azurite: Azurite | None = None) -> None:
        self._url = url
        self._directory = directory
        self._shared = azurite is not None
        self._azurite = azurite
        self._lock = RLock()
        self._ready = False
        self._open = ExitStack()
        self._services: dict[str, BlobServiceClient] = {}

    @property
    def suffix(self) -> str:
        """What clouds call the storage suffix."""
        return urlsplit(self._url).netloc or PUBLIC_SUFFIX

    def url(self, account: str, container: str, blob: str = "") -> str:
        base = f"{self._url}/{account}" if self._url else f"https://{public_host(account)}"
        return "/".join([base, container, *([quote(blob)] if blob else [])])

    def address(self, url: str) -> BlobAddress | None:
        """None for a URL that is not in these accounts."""
        parts = urlsplit(url)
        hosts = (
            [urlsplit(self._url).netloc]
            if self._url
            else [public_host(account) for account in CONTAINERS]
        )
        address = BlobAddress.of(parts.netloc, parts.path)
        return (
            address
            if parts.netloc in hosts and parts.scheme == "https" and address.account in CONTAINERS
            else None
        )

    # --- Azurite

    @property
    def azurite(self) -> Azurite:
        """Running, and with nothing but the empty containers when it is asked for the first time."""
        with self._lock:
            if self._azurite is None:
                self._azurite = Azurite(self._directory, new_accounts())
            if not self._ready:
                self._azurite.reset()
                for account, container in CONTAINERS.items():
                    with self._azurite.service(account) as service:
                        service.create_container(container)
                self._ready = True
            return self._azurite

    def container(self, account: str, container: str) -> ContainerClient:
        """With the account's key and past the gate; closed together with the sandbox."""
        with self._lock:
            if account not in self._services:
                self._services[account] = self._open.enter_context(self.azurite.service(account))
            return self._services[account].get_container_client(container)

    def blob(self, address: BlobAddress) -> BlobClient:
        return self.container(address.account, address.container).get_blob_client(address.blob)

    def close(self) -> None:
        self._open.close()
        if self._azurite is not None and not self._shared:
            self._azurite.stop()

    # --- links

    def signed_url(self, url: str, permission: str, lifetime: timedelta = LINK_LIFETIME) -> str:
        """With a shared access signature before the fragment; as it is, if it is no blob of these accounts."""
        address = self.address(url)
        if address is None or not address.blob:
            return url
        from azure.storage.blob import generate_blob_sas

        now = datetime.now(timezone.utc)
        signature = generate_blob_sas(
            address.account,
            address.container,
            address.blob,
            account_key=self.azurite.accounts[address.account],
            permission=permission,
            start=now + LINK_STARTED,
            expiry=now + lifetime,
        )
        return urlsplit(url)._replace(query=signature).geturl()
