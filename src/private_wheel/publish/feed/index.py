"""Reading a simple index (PEP 503): which files a project has, with their SHA-256."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from urllib.parse import parse_qsl, quote, unquote, urldefrag, urljoin, urlsplit, urlunsplit

import requests

from private_wheel.azure.answers import server_reason
from private_wheel.azure.http import TRANSPORT_ERRORS, HttpClients, same_origin
from private_wheel.errors import ServiceFailed, ServiceUnreachable
from private_wheel.publish.feed.accounts import Account
from private_wheel.publish.feed.address import FeedAddress
from private_wheel.publish.feed.answers import is_sign_in, refusal
from private_wheel.secrets.addresses import is_protected

_HTML = {"Accept": "application/vnd.pypi.simple.v1+html, text/html;q=0.9"}
# A length that is told is then the length of what comes.
_BYTES = {"Accept": "*/*", "Accept-Encoding": "identity"}
_BLOCK = 2**20
# What names of distributions are made of; others could mean something to a file system, a log or a requirements file.
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.!+~-]{0,254}")
_REDIRECTS = 5
# Azure Artifacts answers 404 for an unknown feed as for an unknown package; its typeKey tells them apart.
_UNKNOWN_FEED = re.compile(r"Feed(Id)?NotFound")


@dataclass(frozen=True, kw_only=True)
class IndexedFile:
    """One link of a project's page. `sha256` is empty where the index gives none; `url` has no fragment.

    `requires_python` is a specifier set or empty (PEP 503), `yanked` the reason, empty without one, or None (PEP 592).
    """

    name: str
    url: str
    sha256: str
    requires_python: str = ""
    yanked: str | None = None

    @property
    def public_url(self) -> str:
        """The address without what some indexes sign their links with."""
        parts = urlsplit(self.url)
        return urlunsplit(
            (
                parts.scheme,
                parts.netloc.rpartition("@")[2],
                quote(parts.path, safe="/%+~!@="),
                "",
                "",
            )
        )


@dataclass(frozen=True, kw_only=True)
class Content:
    """The bytes of a file as they come. `length` is None where the index does not tell it."""

    length: int | None
    blocks: Iterator[bytes]


class SimpleIndex:
    """One index, read with one account."""

    def __init__(self, feed: FeedAddress, account: Account, http: HttpClients) -> None:
        self._feed, self._account = feed, account
        self._client = http.client(feed.index_url, account.authorization)

    def close(self) -> None:
        self._client.close()

    def check_access(self) -> None:
        """Ask for the index itself. A 404 is no answer: some indexes have no root page.

        Raises:
            UnknownFeed, CredentialRefused, PermissionMissing, ServiceFailed, ServiceUnreachable
        """
        # Streamed, and not read: the root page of a large index has megabytes.
        with self._get(self._feed.index_url, stream=True) as response:
            if response.status_code == 404 and not self._is_unknown_feed(response):
                return
            self._require_page(response)

    def files(self, canonical_name: str) -> tuple[IndexedFile, ...]:
        """The files of a project; none when the index does not know it. Raises as `check_access`."""
        with self._get(f"{self._feed.index_url}{canonical_name}/") as response:
            if response.status_code == 404 and not self._is_unknown_feed(response):
                return ()
            self._require_page(response)
            if "html" not in response.headers.get("Content-Type", "").lower():
                said = server_reason(response)
                raise ServiceFailed(
                    f"{self._feed.host} gives no simple index page (PEP 503).",
                    input="feed",
                    said=said,
                )
            return tuple(_links(response.text, response.url))

    def sha256_of(self, file: IndexedFile) -> str:
        """The SHA-256 of a file: as the index says of its own, else of the bytes. Raises as `check_access`."""
        if file.sha256 and same_origin(file.url, self._feed.index_url):
            return file.sha256
        digest = hashlib.sha256()
        with self._open(file) as content:
            for block in content.blocks:
                digest.update(block)
        return digest.hexdigest()

    @contextmanager
    def open(self, file: IndexedFile) -> Iterator[Content]:
        """The bytes of a file, a block at a time.

        Raises as `check_access`, also in between, and ServiceFailed at the end of a file that has another SHA-256 than
        the index says.
        """
        with self._open(file) as content:
            yield replace(content, blocks=self._checked(content.blocks, file))

    @contextmanager
    def _open(self, file: IndexedFile) -> Iterator[Content]:
        with self._get(file.url, headers=_BYTES, stream=True) as response:
            if response.status_code != 200:
                raise refusal(response, self._feed, self._account, "read")
            encoded = response.headers.get("Content-Encoding", "identity") != "identity"
            length = None if encoded else response.headers.get("Content-Length")
            yield Content(length=int(length) if length else None, blocks=_blocks(response, file))

    def _checked(self, blocks: Iterator[bytes], file: IndexedFile) -> Iterator[bytes]:
        """The last block is held back until all are known to be right: what is wrong never looks whole."""
        digest, held = hashlib.sha256(), b""
        for block in blocks:
            digest.update(block)
            if held:
                yield held
            held = block
        if file.sha256 and digest.hexdigest() != file.sha256:
            raise ServiceFailed(
                f"{file.name} is not the file that {self._feed.host} lists: its SHA-256 is another.",
                input="feed",
                fix="Ask who keeps the feed.",
            )
        if held:
            yield held

    @contextmanager
    def _get(
        self, url: str, *, headers: Mapping[str, str] = _HTML, stream: bool = False
    ) -> Iterator[requests.Response]:
        """GET, with redirects followed; the credential stays with the feed's own origin (see `Client`)."""
        for _ in range(_REDIRECTS):
            response = self._client.request("GET", url, headers=headers, stream=stream)
            location = response.headers.get("Location", "")
            if response.status_code not in (301, 302, 303, 307, 308) or is_sign_in(response):
                break
            response.close()
            url = urljoin(response.url, location)
            if not is_protected(url):
                raise ServiceFailed(
                    f"{self._feed.host} leads to an address without https.", input="feed"
                )
        with response:
            yield response

    def _is_unknown_feed(self, response: requests.Response) -> bool:
        try:
            return bool(_UNKNOWN_FEED.search(response.text))
        except requests.RequestException:
            return False

    def _require_page(self, response: requests.Response) -> None:
        if response.status_code != 200:
            raise refusal(response, self._feed, self._account, "read")


def _blocks(response: requests.Response, file: IndexedFile) -> Iterator[bytes]:
    try:
        yield from response.iter_content(_BLOCK)
    except TRANSPORT_ERRORS as error:
        raise ServiceUnreachable(
            f"{file.name} could not be read back.", said=type(error).__name__
        ) from None


def _links(page: str, base: str) -> Iterator[IndexedFile]:
    parser = _Anchors()
    parser.feed(page)
    for link in parser.links:
        with suppress(ValueError):  # a link that no program could follow
            url, fragment = urldefrag(urljoin(urljoin(base, parser.base), link["href"] or ""))
            name = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
            if not _FILE_NAME.fullmatch(name):
                continue
            yield IndexedFile(
                name=name,
                url=url,
                sha256=dict(parse_qsl(fragment)).get("sha256", "").lower(),
                requires_python=link.get("data-requires-python") or "",
                yanked=(link["data-yanked"] or "") if "data-yanked" in link else None,
            )


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[dict[str, str | None]] = []
        self.base = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        reference = attributes.get("href")
        if tag == "a" and reference:
            self.links.append(attributes)
        elif tag == "base" and reference:
            self.base = reference
