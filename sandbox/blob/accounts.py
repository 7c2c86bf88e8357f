"""The storage accounts of a sandbox: their URLs, their links, and the Azurite behind them."""

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
# As in links of the live service that were published: they are valid from ten minutes ago, for
# 8 h 10 min in all.
LINK_STARTED = timedelta(minutes=-10)
LINK_LIFETIME = timedelta(hours=8)


@dataclass(frozen=True, kw_only=True)
class BlobAddress:
    """The parts of a blob's URL: decoded, and empty where the URL has none."""

    account: str
    container: str
    blob: str

    @classmethod
    def of(cls, host: str, path: str) -> BlobAddress:
        """Read a host and a raw path.

        They have the form ACCOUNT.blob.SUFFIX/CONTAINER/BLOB or HOST/ACCOUNT/CONTAINER/BLOB.
        """
        account, _, suffix = host.partition(".blob.")
        names = path.lstrip("/")
        if suffix:
            names = f"{account}/{names}"
        account, container, blob = [*map(unquote, names.split("/", 2)), "", ""][:3]
        return cls(account=account, container=container, blob=blob)


def public_host(account: str) -> str:
    return f"{account}.blob.{PUBLIC_SUFFIX}"


def new_accounts() -> dict[str, str]:
    """Return the accounts with new keys."""
    return {account: base64.b64encode(secrets.token_bytes(64)).decode() for account in CONTAINERS}


class BlobAccounts:
    """The accounts, behind a gate at `url`; if that is empty, at the names of the public cloud."""

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
        """What ARM metadata calls the storage suffix."""
        return urlsplit(self._url).netloc or PUBLIC_SUFFIX

    def url(self, account: str, container: str, blob: str = "") -> str:
        base = f"{self._url}/{account}" if self._url else f"https://{public_host(account)}"
        return "/".join([base, container, *([quote(blob)] if blob else [])])

    def address(self, url: str) -> BlobAddress | None:
        """Return the parts of a URL in these accounts; None for any other."""
        parts = urlsplit(url)
        if parts.scheme != "https" or parts.netloc not in self._hosts():
            return None
        address = BlobAddress.of(parts.netloc, parts.path)
        return address if address.account in CONTAINERS else None

    def _hosts(self) -> list[str]:
        if self._url:
            return [urlsplit(self._url).netloc]
        return [public_host(account) for account in CONTAINERS]

    # --- Azurite

    @property
    def azurite(self) -> Azurite:
        """The running Azurite; at first with nothing but the empty containers."""
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
        """Open a container with the account's key, past the gate.

        The client is closed together with the sandbox.
        """
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
        """Add a shared access signature to the URL of a blob; leave any other URL as it is."""
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
