"""Blob storage: look at a blob, send a file, read it back.

Memory is bounded, whatever the size of a file.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from azure.core import MatchConditions
from azure.core.credentials import TokenCredential
from azure.core.exceptions import ResourceNotFoundError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobClient, ContainerClient, ContentSettings

from private_wheel.azure.http import AT_ONCE, HttpClients
from private_wheel.azure.retries import retry_rules
from private_wheel.errors import BlobProtected
from private_wheel.publish.blob.errors import ConditionFailed, blob_errors, error_code
from private_wheel.publish.blob.stored import StoredBlob, read_properties
from private_wheel.system.progress import Progress

_LOG = logging.getLogger(__name__)
# A file up to one block goes in one request.
BLOCK_SIZE = 4 * 2**20
# How many blocks of one large file are in memory.
BLOCKS_AT_ONCE = 8
FILES_AT_ONCE = AT_ONCE
# Bytes in which an answer is read: as in the SDK's own transport, instead of 4 KiB.
_PIECE_SIZE = 2**18
# There is no registered type for wheels. SDK v1 sets this one too.
_CONTENT_TYPE = "application/octet-stream"
_PERMISSION_PROBE = "private-wheel-permission-check"
_NO_ETAG = '"0x0"'

Credential = TokenCredential | dict[str, str]
"""That of an identity; for an emulator, `account_name` and `account_key`."""


class BlobStorage:
    """The connections to all blobs of a run.

    Large files go one at a time.
    """

    def __init__(self, http: HttpClients) -> None:
        connections = FILES_AT_ONCE + BLOCKS_AT_ONCE
        self._session = http.session(retry_rules(), connections=connections)
        self._one_large_file = threading.RLock()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def turn(self, size: int) -> AbstractContextManager[Any]:
        """Wait for the turn of a file of this size.

        A signed link that is requested in its turn does not expire in the queue.
        """
        return self._one_large_file if size > BLOCK_SIZE else nullcontext()

    def container(self, account_url: str, name: str, credential: Credential) -> Container:
        """Return a container, which must exist."""
        return Container(
            ContainerClient(account_url, name, credential, **self._options()), self._one_large_file
        )

    def linked(self, url: str, input: str) -> Blob:
        """Return the blob behind a signed link, which is its own credential.

        Args:
            url: The link.
            input: The input that errors name.
        """
        with blob_errors(url.partition("?")[0], input):
            client = BlobClient.from_blob_url(url, **self._options())
        return Blob(client, url.partition("?")[0], input, self._one_large_file)

    def _options(self) -> dict[str, Any]:
        """Leave retries to our transport, and follow no redirect: it could take the token along."""
        return {
            "transport": RequestsTransport(
                session=self._session, session_owner=False, connection_data_block_size=_PIECE_SIZE
            ),
            "retry_total": 0,
            "permit_redirects": False,
            "max_block_size": BLOCK_SIZE,
            "max_single_put_size": BLOCK_SIZE,
            "max_single_get_size": BLOCK_SIZE,
            "max_chunk_get_size": BLOCK_SIZE,
        }


class Container:
    """The container that the input `container` names.

    All methods raise the errors of `blob_errors`.

    Attributes:
        keeps_all: Whether a policy forbids to change any of its blobs. Known after `check`.
        is_public: Whether everybody may read it. Known after `check`.
    """

    def __init__(self, client: ContainerClient, one_large_file: threading.RLock) -> None:
        self._client, self._one_large_file = client, one_large_file
        self.keeps_all = self.is_public = False

    def check(self, prefix: str) -> None:
        """Check that the container exists, and that the identity may write below `prefix`.

        Changes nothing.
        """
        with self._errors():
            properties = self._client.get_container_properties()
            self.keeps_all = bool(properties.has_immutability_policy or properties.has_legal_hold)
            self.is_public = bool(properties.public_access)
        # It cannot succeed, as no blob has this ETag. The permission is checked before the ETag.
        probe = self._client.get_blob_client(prefix + _PERMISSION_PROBE)
        with suppress(ConditionFailed, BlobProtected), self._errors():
            probe.upload_blob(
                b"", overwrite=True, etag=_NO_ETAG, match_condition=MatchConditions.IfNotModified
            )

    def blob(self, name: str) -> Blob:
        """Return the blob of that name, which may or may not exist."""
        client = self._client.get_blob_client(name)
        return Blob(client, client.url, "container", self._one_large_file)

    def _errors(self) -> AbstractContextManager[None]:
        return blob_errors(self._client.url, "container")


class Blob:
    """One blob, which may or may not exist.

    `url` has no signature. All methods raise the errors of `blob_errors`, which name the input
    `input`.
    """

    def __init__(
        self, client: BlobClient, url: str, input: str, one_large_file: threading.RLock
    ) -> None:
        self.url = url
        self._client, self._input, self._one_large_file = client, input, one_large_file

    def look(self) -> StoredBlob | None:
        """Return what the service knows of the blob; None if it does not exist."""
        with self._errors():
            try:
                return read_properties(self._client.get_blob_properties())
            except ResourceNotFoundError as error:
                if error_code(error) == "BlobNotFound":
                    return None
                raise

    def send(self, path: Path, sha256: str, replaces: str = "") -> None:
        """Store the file as a whole.

        Nothing is visible before all of it has arrived and the service has checked it.

        Args:
            path: The file.
            sha256: Its SHA-256, which is stored with it.
            replaces: The ETag of what may be overwritten. If empty, nothing is overwritten.

        Raises:
            ConditionFailed: The blob is not what was expected.
        """
        condition: dict[str, Any] = {"overwrite": False}
        if replaces:
            condition = {
                "overwrite": True,
                "etag": replaces,
                "match_condition": MatchConditions.IfNotModified,
            }
        size = path.stat().st_size
        large = size > BLOCK_SIZE
        with path.open("rb") as file, self._errors():
            self._client.upload_blob(
                file,
                length=size,
                metadata={"sha256": sha256},
                content_settings=ContentSettings(content_type=_CONTENT_TYPE),
                validate_content=True,
                max_concurrency=BLOCKS_AT_ONCE,
                progress_hook=_log_progress(path.name) if large else None,
                **condition,
            )

    def sha256(self, stored: StoredBlob) -> str:
        """Read all bytes of the blob and return their SHA-256, in lower-case hexadecimal."""
        digest, read = hashlib.sha256(), 0
        log = _log_progress(f"Reading back {unquote(self.url.rpartition('/')[2])}")
        for block in self._blocks(stored):
            digest.update(block)
            read += len(block)
            if stored.length > BLOCK_SIZE:
                log(read, stored.length)
        return digest.hexdigest()

    def _blocks(self, stored: StoredBlob) -> Iterator[bytes]:
        starts = range(0, stored.length, BLOCK_SIZE)
        if len(starts) == 1:
            yield self._read(0, stored)
            return
        with self._one_large_file, ThreadPoolExecutor(BLOCKS_AT_ONCE) as pool:
            under_way: deque[Future[bytes]] = deque()
            for start in starts:
                if len(under_way) == BLOCKS_AT_ONCE:
                    yield under_way.popleft().result()
                under_way.append(pool.submit(self._read, start, stored))
            while under_way:
                yield under_way.popleft().result()

    def _read(self, start: int, stored: StoredBlob) -> bytes:
        with self._errors():
            part = self._client.download_blob(
                start, BLOCK_SIZE, etag=stored.etag, match_condition=MatchConditions.IfNotModified
            )
            return part.readall()

    def _errors(self) -> AbstractContextManager[None]:
        return blob_errors(self.url, self._input)


def _log_progress(title: str) -> Callable[[int, int | None], None]:
    return lambda done, total: _LOG.info(Progress(title=title, done=done, total=total or done))
