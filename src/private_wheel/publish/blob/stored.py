"""What blob storage knows of a blob that exists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from azure.storage.blob import BlobProperties

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class StoredBlob:
    """What the service knows of a blob.

    `md5` and `sha256` are hexadecimal, and empty if they were not stored.
    """

    length: int
    etag: str
    md5: str
    sha256: str
    immutable: bool
    leased: bool


def read_properties(properties: BlobProperties) -> StoredBlob:
    """Read what the service answers about a blob."""
    md5 = properties.content_settings.content_md5
    metadata = {name.lower(): value for name, value in (properties.metadata or {}).items()}
    sha256 = str(metadata.get("sha256", "")).lower()
    policy = properties.immutability_policy
    expiry = policy.expiry_time if policy else None
    is_kept = bool(expiry and expiry > datetime.now(expiry.tzinfo))
    return StoredBlob(
        length=int(properties.size),
        etag=str(properties.etag),
        md5=bytes(md5).hex() if md5 else "",
        sha256=sha256 if _SHA256.fullmatch(sha256) else "",
        immutable=bool(properties.has_legal_hold) or is_kept,
        leased=properties.lease.status == "locked",
    )
