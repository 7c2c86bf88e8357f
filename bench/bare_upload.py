"""The least that an upload in blocks can be: what our own is measured against."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from private_wheel.publish.blob.address import ContainerAddress
from private_wheel.publish.blob.storage import BLOCK_SIZE, BLOCKS_AT_ONCE

_VERSION = "2021-12-02"
Digest = Callable[[int, bytes], str]
"""Given where a block starts and its bytes, the value of its Content-MD5; empty for none."""


def no_digest(_start: int, _block: bytes) -> str:
    return ""


def md5(_start: int, block: bytes) -> str:
    """In base64."""
    return base64.b64encode(hashlib.md5(block, usedforsecurity=False).digest()).decode()


def known_md5(file: Path) -> Digest:
    """What gives the MD5s of the file's blocks, all of which are computed here."""
    with file.open("rb") as content:
        digests = [md5(0, block) for block in iter(lambda: content.read(BLOCK_SIZE), b"")]
    return lambda start, _block: digests[start // BLOCK_SIZE]


class BareUpload:
    """Reads, signs and puts blocks side by side, one connection a thread, and looks at nothing but
    the status."""

    def __init__(self, address: ContainerAddress, key: str, authority: Path) -> None:
        self._address, self._key = address, base64.b64decode(key)
        self._context = ssl.create_default_context(cafile=authority)
        self._thread = threading.local()
        self._connections: list[HTTPSConnection] = []

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def send(self, file: Path, name: str, digest: Digest) -> None:
        descriptor, size = os.open(file, os.O_RDONLY), file.stat().st_size
        account = urlsplit(self._address.account_url).path
        path = f"{account}/{self._address.container}/{self._address.prefix}{name}"
        starts = range(0, size, BLOCK_SIZE)
        names = [base64.b64encode(f"{start:032d}".encode()).decode() for start in starts]

        def put_block(start: int, block: str) -> None:
            body = os.pread(descriptor, BLOCK_SIZE, start)
            self._put(path, {"blockid": block, "comp": "block"}, body, digest(start, body))

        try:
            with ThreadPoolExecutor(BLOCKS_AT_ONCE) as pool:
                list(pool.map(put_block, starts, names))
        finally:
            os.close(descriptor)
        listed = "".join(f"<Latest>{block}</Latest>" for block in names)
        self._put(path, {"comp": "blocklist"}, f"<BlockList>{listed}</BlockList>".encode())

    def _put(self, path: str, query: Mapping[str, str], body: bytes, digest: str = "") -> None:
        connection = self._connection()
        headers = self._headers(path, query, len(body), digest)
        connection.request("PUT", f"{path}?{urlencode(query)}", body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 201:
            raise SystemExit(f"the bare upload failed: {answer.status} {answer.reason}")

    def _connection(self) -> HTTPSConnection:
        if not hasattr(self._thread, "connection"):
            parts = urlsplit(self._address.account_url)
            self._thread.connection = HTTPSConnection(
                parts.hostname or "", parts.port, context=self._context
            )
            self._connections.append(self._thread.connection)
        connection: HTTPSConnection = self._thread.connection
        return connection

    def _headers(
        self, path: str, query: Mapping[str, str], length: int, digest: str
    ) -> dict[str, str]:
        """Signed with the account's key.

        Source: https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
        """
        named = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": _VERSION}
        lines = [
            "PUT",
            "",
            "",
            str(length),
            digest,
            *[""] * 7,
            *(f"{name}:{value}" for name, value in named.items()),
        ]
        lines += [
            f"/{self._address.account}{path}",
            *(f"{name}:{value}" for name, value in sorted(query.items())),
        ]
        signature = base64.b64encode(
            hmac.digest(self._key, "\n".join(lines).encode(), "sha256")
        ).decode()
        authorization = {"Authorization": f"SharedKey {self._address.account}:{signature}"}
        return {**named, **authorization, **({"Content-MD5": digest} if digest else {})}
