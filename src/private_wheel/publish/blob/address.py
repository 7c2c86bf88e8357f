"""The URL of a blob container, in the forms that Azure's clouds and emulators use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlsplit

from private_wheel.secrets.addresses import check_address, is_loopback
from private_wheel.secrets.detection import first_credential
from private_wheel.secrets.quoting import quoted

_ACCOUNT = re.compile(r"^[a-z0-9]{3,24}$")
# The certificate does not hold a private link's own name for the account, so the public name is
# used. Inside the network it leads to the private endpoint:
# https://learn.microsoft.com/azure/storage/common/storage-private-endpoints
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
    """Where wheels go.

    `account_url` has no slash at its end. `prefix` is empty or has one. Both are decoded.
    """

    account_url: str
    account: str
    container: str
    prefix: str

    @property
    def host(self) -> str:
        """The host name."""
        return urlsplit(self.account_url).hostname or ""

    @property
    def url(self) -> str:
        """The URL of the container and prefix, without a slash at the end."""
        return f"{self.account_url}/{self.container}/{quote(self.prefix)}".rstrip("/")

    @property
    def on_loopback(self) -> bool:
        """Whether it is an emulator or a sandbox on this machine."""
        return is_loopback(self.host)

    @property
    def title(self) -> str:
        """The container as logs name it."""
        below = f", below {self.prefix}" if self.prefix else ""
        return f"container {self.container} of account {self.account}{below}"


def parse_container(value: str) -> ContainerAddress:
    """Read the input `container`.

    Raises:
        ValueError: The value is not a container. The text is a sentence for the user, which never
            repeats a credential.
    """
    _check_url(value)
    parts = urlsplit(value)
    host, segments = parts.hostname or "", _segments(parts.path)
    if is_loopback(host) and not _HOST.match(host):
        if len(segments) < 2:
            raise ValueError(
                f"{quoted(value)} does not name a container."
                " An emulator's is http://127.0.0.1:10000/ACCOUNT/CONTAINER."
            )
        account, *segments = segments
        _check_account(account)
        account_url = f"{_origin(parts, host)}/{account}"
    else:
        account, host = _account(host)
        if not segments:
            raise ValueError(
                f"{quoted(value)} does not name a container. Write https://{host}/CONTAINER."
            )
        account_url = _origin(parts, host)
    container, *folders = segments
    _check_container(container)
    return ContainerAddress(
        account_url=account_url, account=account, container=container, prefix=_prefix(folders)
    )


def _origin(parts: SplitResult, host: str) -> str:
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://[{host}]{port}" if ":" in host else f"{parts.scheme}://{host}{port}"


def _check_container(name: str) -> None:
    if not _CONTAINER.match(name):
        raise ValueError(
            f"{quoted(name)} is not a container's name"
            " (3 to 63 lower-case letters, digits and single -)."
        )


def _prefix(folders: list[str]) -> str:
    prefix = "".join(f"{folder}/" for folder in folders)
    if len(prefix) > LONGEST_BLOB_NAME // 2:
        raise ValueError(f"the prefix is longer than {LONGEST_BLOB_NAME // 2} characters.")
    return prefix


def _check_url(value: str) -> None:
    credential = first_credential(value)
    if credential and credential.kind != "login":
        raise ValueError(
            "the value contains a credential (a SAS or an account key). Give the plain https URL"
            " of the container; PrivateWheel signs in with Microsoft Entra. Revoke the credential"
            " if the value is in a file."
        )
    if not value.isprintable():
        raise ValueError("the URL contains a character that cannot be printed.")
    check_address(value)
    parts = urlsplit(value)
    if parts.query or parts.fragment or value.endswith(("?", "#")):
        raise ValueError("the URL has a query or fragment. Give the plain URL of the container.")


def _account(host: str) -> tuple[str, str]:
    """Return the account's name and the host to use for it."""
    match = _HOST.match(host)
    if not match:
        hint = ""
        if other := _OTHER_SERVICE.match(host):
            hint = f" {quoted(host)} is the {other['service']} service: write blob instead."
        raise ValueError(
            f"{quoted(host)} is not a blob host.{hint}"
            " Write https://ACCOUNT.blob.core.windows.net/CONTAINER."
        )
    account = match["account"]
    if account.endswith("-secondary"):
        raise ValueError(f"{quoted(host)} is a read-only copy. Leave out -secondary.")
    _check_account(account)
    return account, f"{account}{match['zone'] or ''}.blob.{match['suffix']}"


def _check_account(name: str) -> None:
    if not _ACCOUNT.match(name):
        raise ValueError(
            f"{quoted(name)} is not a storage account's name"
            " (3 to 24 lower-case letters and digits)."
        )


def _segments(path: str) -> list[str]:
    """Decode the parts of a URL's path.

    Servers resolve `..`, so a prefix may not have it in any spelling.
    """
    raw = path.removeprefix("/").removesuffix("/")
    if not raw:
        return []
    try:
        segments = [unquote(part, errors="strict") for part in raw.split("/")]
    except UnicodeDecodeError:
        raise ValueError("the path is not quoted as UTF-8.") from None
    for segment in segments:
        if not _is_safe(segment):
            raise ValueError(
                f"the part {quoted(segment)} of the path is not allowed:"
                " no empty part, no '.', no '..', no slash."
            )
    return segments


def _is_safe(segment: str) -> bool:
    if segment == "" or segment.endswith("."):
        return False
    return "/" not in segment and not _UNSAFE.search(segment)
