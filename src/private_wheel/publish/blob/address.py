"""The URL of a blob container, in the forms that Azure's clouds and emulators have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from private_wheel.secrets.addresses import check_address, is_loopback
from private_wheel.secrets.detection import first_credential
from private_wheel.secrets.quoting import quoted

_ACCOUNT = re.compile(r"^[a-z0-9]{3,24}$")
# A network's own name for the account leads to a certificate that does not hold it, so the public one is used; inside
# the network that one leads to the private endpoint: https://learn.microsoft.com/azure/storage/common/storage-private-endpoints
_HOST = re.compile(
    r"^(?P<account>[a-z0-9-]+)(?P<private>\.privatelink)?(?P<zone>\.z\d{1,2})?\.blob\."
    r"(?P<suffix>localhost|[a-z0-9.-]+\.[a-z]+)$"
)
_OTHER_SERVICE = re.compile(r"^[a-z0-9-]+(\.z\d{1,2})?\.(?P<service>dfs|file|queue|table|web)\.")
# https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
_CONTAINER = re.compile(r"^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")
LONGEST_BLOB_NAME = 1024


@dataclass(frozen=True, kw_only=True)
class ContainerAddress:
    """Where wheels go: `account_url` has no slash at its end, `prefix` is empty or ends with one (both decoded)."""

    account_url: str
    account: str
    container: str
    prefix: str

    @property
    def host(self) -> str:
        return urlsplit(self.account_url).hostname or ""

    @property
    def url(self) -> str:
        """Of the container and prefix, without a slash at the end."""
        return f"{self.account_url}/{self.container}/{quote(self.prefix)}".rstrip("/")

    @property
    def on_loopback(self) -> bool:
        return is_loopback(self.host)

    @property
    def title(self) -> str:
        below = f", below {self.prefix}" if self.prefix else ""
        return f"container {self.container} of account {self.account}{below}"


def parse_container(value: str) -> ContainerAddress:
    """Read the input `container`.

    Raises:
        ValueError: with the sentence for the user, which never repeats a credential.
    """
    credential = first_credential(value)
    if credential and credential.kind != "login":
        raise ValueError(
            "the value holds a credential (a SAS or an account key). Give the plain https URL of the container;"
            " PrivateWheel signs in with Microsoft Entra. Revoke the credential if the value is kept in a file."
        )
    if not value.isprintable():
        raise ValueError("the URL holds a letter that cannot be printed.")
    check_address(value)
    parts = urlsplit(value)
    if parts.query or parts.fragment or value.endswith(("?", "#")):
        raise ValueError("the URL has a query or fragment. Give the plain URL of the container.")
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    segments = _segments(parts.path)
    if is_loopback(parts.hostname or "") and not _HOST.match(host):
        account, *segments = segments or [""]
        if not segments:
            raise ValueError(
                f"{quoted(value)} names no container. An emulator's is http://127.0.0.1:10000/ACCOUNT/CONTAINER."
            )
        _check_account(account)
        account_url = f"{parts.scheme}://{host}{port}/{account}"
    else:
        account, host = _account(host)
        account_url = f"{parts.scheme}://{host}{port}"
    if not segments:
        raise ValueError(f"{quoted(value)} names no container. Write https://{host}/CONTAINER.")
    container, *folders = segments
    if not _CONTAINER.match(container):
        raise ValueError(
            f"{quoted(container)} is not a container's name (3 to 63 lower-case letters, digits and single -)."
        )
    prefix = "".join(f"{folder}/" for folder in folders)
    if len(prefix) > LONGEST_BLOB_NAME // 2:
        raise ValueError(f"the prefix is longer than {LONGEST_BLOB_NAME // 2} characters.")
    return ContainerAddress(
        account_url=account_url, account=account, container=container, prefix=prefix
    )


def _account(host: str) -> tuple[str, str]:
    """The account's name and the host to use for it."""
    match = _HOST.match(host)
    if not match:
        other = _OTHER_SERVICE.match(host)
        hint = (
            f" {quoted(host)} is of the {other['service']} service: write blob in its place."
            if other
            else ""
        )
        raise ValueError(
            f"{quoted(host)} is not a blob host.{hint} Write https://ACCOUNT.blob.core.windows.net/CONTAINER."
        )
    account = match["account"]
    if account.endswith("-secondary"):
        raise ValueError(f"{quoted(host)} is a copy that can only be read. Leave out -secondary.")
    _check_account(account)
    return account, f"{account}{match['zone'] or ''}.blob.{match['suffix']}"


def _check_account(name: str) -> None:
    if not _ACCOUNT.match(name):
        raise ValueError(
            f"{quoted(name)} is not a storage account's name (3 to 24 lower-case letters and digits)."
        )


def _segments(path: str) -> list[str]:
    """The decoded parts of a URL's path. Servers resolve `..`, so a prefix may not have it in any spelling."""
    raw = path.removeprefix("/").removesuffix("/")
    try:
        found = [unquote(part, errors="strict") for part in raw.split("/")] if raw else []
    except UnicodeDecodeError:
        raise ValueError("the path is not quoted as UTF-8.") from None
    for part in found:
        if part in ("", ".", "..") or "/" in part or _UNSAFE.search(part) or part.endswith("."):
            raise ValueError(
                f"the part {quoted(part)} of the path is not allowed: no empty part, no '.', no '..', no slash."
            )
    return found
