"""What an owner can set on an account or container but Azurite does not support: immutability."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request

from sandbox.blob.accounts import BlobAddress
from sandbox.blob.answers import immutable

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, BlobProperties

# What a policy denies for an existing blob; a new one can be written, once.
# Source: https://learn.microsoft.com/azure/storage/blobs/immutable-container-level-worm-policies
_DENIED_PUTS = frozenset(
    {"", "block", "blocklist", "metadata", "properties", "snapshot", "appendblock", "page"}
)


@dataclass(kw_only=True)
class BlobSwitches:
    """The settings of all accounts, for a test to change at any time."""

    firewall: bool = False  # the caller's network is not allowed
    keys_forbidden: bool = False  # neither Shared Key nor what is signed with one
    immutable: bool = False  # a container-level policy of time-based retention
    legal_hold: bool = False

    @property
    def write_once(self) -> bool:
        return self.immutable or self.legal_hold


def check_write_once(
    request: Request, address: BlobAddress, blob: Callable[[BlobAddress], BlobClient]
) -> None:
    """Refuse a change to an existing blob, unless one of the request's conditions stops it first.

    Raises:
        BlobRefusal: The request would change the blob.
    """
    from azure.core.exceptions import ResourceNotFoundError

    command = request.args.get("comp", "")
    changes = request.method == "DELETE" or (request.method == "PUT" and command in _DENIED_PUTS)
    if not changes or not address.blob:
        return
    try:
        properties = blob(address).get_blob_properties()
    except ResourceNotFoundError:
        return
    if _conditions_hold(request.headers, properties):
        raise immutable()


def _conditions_hold(headers: Headers, properties: BlobProperties) -> bool:
    """Return whether the conditions of a request hold for an existing blob."""
    tag, modified = properties.etag, properties.last_modified
    none_match, match = headers.get("If-None-Match"), headers.get("If-Match")
    since, before = headers.get("If-Modified-Since"), headers.get("If-Unmodified-Since")
    return (
        (none_match is None or none_match not in {"*", tag})
        and (match is None or match in {"*", tag})
        and (since is None or modified > _moment(since))
        and (before is None or modified <= _moment(before))
    )


def _moment(text: str) -> datetime:
    return parsedate_to_datetime(text)


def add_policy_headers(
    request: Request, address: BlobAddress, switches: BlobSwitches, headers: Headers
) -> None:
    """Add the policies to the properties of a container or a blob."""
    if request.method not in {"GET", "HEAD"} or "comp" in request.args:
        return
    if address.blob:
        if switches.legal_hold:
            headers["x-ms-legal-hold"] = "true"
    elif address.container:
        headers["x-ms-has-immutability-policy"] = str(switches.immutable).lower()
        headers["x-ms-has-legal-hold"] = str(switches.legal_hold).lower()
