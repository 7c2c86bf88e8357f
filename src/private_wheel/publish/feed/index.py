"""Reading a feed's simple index (PEP 503): which files a project has, with their SHA-256."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import requests

from private_wheel.azure.answers import server_reason
from private_wheel.azure.http import TRANSPORT_ERRORS, HttpClients, same_origin
from private_wheel.errors import ServiceFailed, ServiceUnreachable
from private_wheel.publish.feed.accounts import Account
from private_wheel.publish.feed.address import FeedAddress
from private_wheel.publish.feed.answers import refusal
from private_wheel.publish.feed.index_client import IndexClient
from private_wheel.publish.feed.page import IndexedFile, read_page

# Without an encoding, the length in the header is that of the bytes that come.
_BYTES_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity"}
_BLOCK_SIZE = 2**20
# Azure Artifacts answers 404 for an unknown feed as for an unknown package; its typeKey differs.
_UNKNOWN_FEED = re.compile(r"Feed(Id)?NotFound")


@dataclass(frozen=True, kw_only=True)
class Content:
    """The bytes of a file as they come. `length` is None where the index does not give it."""

    length: int | None
    blocks: Iterator[bytes]


class SimpleIndex:
    """One feed's index, read with one account."""

    def __init__(self, feed: FeedAddress, account: Account, http: HttpClients) -> None:
        self._feed, self._account = feed, account
        self._client = IndexClient(feed.index_url, http, account.authorization)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def check_access(self) -> None:
        """Ask for the index itself. A 404 proves nothing: some indexes have no root page.

        Raises:
            UnknownFeed: The feed does not exist.
            CredentialRefused: The feed does not accept the credential.
            PermissionMissing: The credential may not read the feed.
            ServiceFailed: The feed gave another answer.
            ServiceUnreachable: The feed gave no answer.
        """
        # Streamed and not read: the root page of a large index has megabytes.
        with self._client.get(self._feed.index_url, stream=True) as response:
            if response.status_code == 404 and not _is_unknown_feed(response):
                return
            self._require_success(response)

    def files(self, canonical_name: str) -> tuple[IndexedFile, ...]:
        """Return the files of a project; empty if the index does not know it.

        Raises:
            PrivateWheelError: One of those of `check_access`.
        """
        with self._client.get(f"{self._feed.index_url}{canonical_name}/") as response:
            if response.status_code == 404 and not _is_unknown_feed(response):
                return ()
            self._require_success(response)
            if "html" not in response.headers.get("Content-Type", "").lower():
                raise ServiceFailed(
                    f"{self._feed.host} did not return a simple index page (PEP 503).",
                    input="feed",
                    said=server_reason(response),
                )
            return tuple(read_page(response.text, response.url))

    def sha256_of(self, file: IndexedFile) -> str:
        """Return the SHA-256 of a file: the index's own if it stores the file, else of the bytes.

        Raises:
            PrivateWheelError: One of those of `check_access`.
        """
        if file.sha256 and same_origin(file.url, self._feed.index_url):
            return file.sha256
        digest = hashlib.sha256()
        with self._open(file) as content:
            for block in content.blocks:
                digest.update(block)
        return digest.hexdigest()

    @contextmanager
    def open(self, file: IndexedFile) -> Iterator[Content]:
        """Yield the bytes of a file, a block at a time.

        Raises:
            ServiceFailed: At the end, if the file does not have the SHA-256 that the index gives.
            PrivateWheelError: One of those of `check_access`, also between blocks.
        """
        with self._open(file) as content:
            yield replace(content, blocks=self._checked(content.blocks, file))

    @contextmanager
    def _open(self, file: IndexedFile) -> Iterator[Content]:
        with self._client.get(file.url, headers=_BYTES_HEADERS, stream=True) as response:
            self._require_success(response)
            encoded = response.headers.get("Content-Encoding", "identity") != "identity"
            length = None if encoded else response.headers.get("Content-Length")
            yield Content(length=int(length) if length else None, blocks=_blocks(response, file))

    def _checked(self, blocks: Iterator[bytes], file: IndexedFile) -> Iterator[bytes]:
        """Hold back the last block until the SHA-256 is checked: a wrong file never looks whole."""
        digest, held = hashlib.sha256(), b""
        for block in blocks:
            digest.update(block)
            if held:
                yield held
            held = block
        if file.sha256 and digest.hexdigest() != file.sha256:
            raise ServiceFailed(
                f"{file.name} does not have the SHA-256 that {self._feed.host} lists for it.",
                input="feed",
                fix="Ask the owner of the feed.",
            )
        if held:
            yield held

    def _require_success(self, response: requests.Response) -> None:
        if response.status_code != 200:
            raise refusal(response, self._feed, self._account, "read")


def _is_unknown_feed(response: requests.Response) -> bool:
    try:
        return bool(_UNKNOWN_FEED.search(response.text))
    except requests.RequestException:
        return False


def _blocks(response: requests.Response, file: IndexedFile) -> Iterator[bytes]:
    try:
        yield from response.iter_content(_BLOCK_SIZE)
    except TRANSPORT_ERRORS as error:
        raise ServiceUnreachable(
            f"{file.name} could not be read back.", said=type(error).__name__
        ) from None
