"""The URLs of a sandbox: its servers, their public names, and its blobs."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sandbox.blob.accounts import (
    CONTAINERS,
    LINK_LIFETIME,
    PACKAGES_ACCOUNT,
    BlobAccounts,
    public_host,
)
from sandbox.blob.azurite import Azurite
from sandbox.declared import PUBLIC_NAMES, SERVERS
from sandbox.network.certificates import Authority
from sandbox.network.proxy import Proxy
from sandbox.network.server import LoopbackServer

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient


class Addresses:
    """The URLs, which are known before the servers start."""

    def __init__(self, directory: Path, *, public_names: bool, azurite: Azurite | None) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._names = PUBLIC_NAMES if public_names else {}
        blob_hosts = [public_host(account) for account in CONTAINERS] if public_names else []
        authority = Authority(["localhost", "127.0.0.1", *self._names.values(), *blob_hosts])
        self.ca_file = authority.write_bundle(directory / "trusted.pem", os.environ)
        self.authority_file = authority.write_own(directory / "authority.pem")
        context = authority.server_context()
        self._servers = {name: LoopbackServer(context) for name in SERVERS}
        ports = {host: self._servers[name].port for name, host in self._names.items()}
        self._proxy = Proxy({**ports, **dict.fromkeys(blob_hosts, self._servers["blob"].port)})
        gate_url = "" if public_names else self.url("blob")
        self._storage = BlobAccounts(url=gate_url, directory=directory / "azurite", azurite=azurite)

    def url(self, server: str) -> str:
        """Return the root of one of SERVERS, without a slash at the end."""
        if server in self._names:
            return f"https://{self._names[server]}"
        return self._servers[server].url

    def feed_url(
        self, organisation: str, feed: str, project: str | None = None, api: str = "simple"
    ) -> str:
        scope = "/".join(quote(part) for part in (organisation, project) if part)
        return f"{self.url('feed')}/{scope}/_packaging/{feed}/pypi/{api}/"

    @property
    def plain_index_url(self) -> str:
        """The index with an account of its own. Uploads go to the parent of this URL."""
        return f"{self.url('plain-index')}/simple/"

    @property
    def public_index_url(self) -> str:
        return f"{self.url('public-index')}/simple/"

    @property
    def container_url(self) -> str:
        """The container for wheels, to which contributors of the packages account can write."""
        return self.blob_url(PACKAGES_ACCOUNT, CONTAINERS[PACKAGES_ACCOUNT])

    def blob_url(self, account: str, container: str, blob: str = "") -> str:
        return self._storage.url(account, container, blob)

    def signed_url(
        self, url: str, permission: str = "r", lifetime: timedelta = LINK_LIFETIME
    ) -> str:
        """Add a shared access signature to the URL of a blob; leave any other URL as it is."""
        return self._storage.signed_url(url, permission, lifetime)

    def blobs(self, account: str, container: str) -> ContainerClient:
        """Open a container with the account's key, past the gate: for tests."""
        return self._storage.container(account, container)

    @property
    def metadata_url(self) -> str:
        return f"{self.url('arm')}/metadata/endpoints?api-version=2019-05-01"
