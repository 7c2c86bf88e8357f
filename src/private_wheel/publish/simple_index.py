"""Reading a simple index (PEP 503): which files a project has, with their SHA-256."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import parse_qsl, quote, unquote, urldefrag, urljoin, urlsplit, urlunsplit

import requests

from private_wheel.azure.answers import server_reason
from private_wheel.azure.http import TRANSPORT_ERRORS, Client, same_origin
from private_wheel.errors import ServiceFailed, ServiceUnreachable
from private_wheel.publish import Account
from private_wheel.publish.feed_address import FeedAddress
from private_wheel.publish.feed_answers import is_sign_in, refusal

_HTML = {"Accept": "application/vnd.pypi.simple.v1+html, text/html;q=0.9"}
_REDIRECTS = 5
# Azure Artifacts answers 404 for an unknown feed as for an unknown package; its typeKey tells them apart.
_UNKNOWN_FEED = re.compile(r"Feed(Id)?NotFound")


@dataclass(frozen=True, kw_only=True)
class IndexedFile:
    """One link of a project's page. `sha256` is empty where the index gives none; `url` has no fragment."""

    name: str
    url: str
    sha256: str

    @property
    def public_url(self) -> str:
        """The address without what some indexes sign their links with."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], quote(parts.path, safe="/%+~!@="), "", ""))


class SimpleIndex:
    """One index, read with one account."""

    def __init__(self, feed: FeedAddress, account: Account) -> None:
        self._feed, self._account = feed, account
        self._client = Client(feed.index_url, account.authorization)

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
                raise ServiceFailed(f"{self._feed.host} gives no simple index page (PEP 503).", input="feed", said=said)
            return tuple(_links(response.text, response.url))

    def sha256_of(self, file: IndexedFile) -> str:
        """The SHA-256 of a file: as the index says of its own, else of the bytes. Raises as `check_access`."""
        if file.sha256 and same_origin(file.url, self._feed.index_url):
            return file.sha256
        digest = hashlib.sha256()
        with self._get(file.url, stream=True) as response:
            if response.status_code != 200:
                raise refusal(response, self._feed, self._account, "read")
            try:
                for block in response.iter_content(2**20):
                    digest.update(block)
            except TRANSPORT_ERRORS as error:
                raise ServiceUnreachable(f"{file.name} could not be read back.", said=type(error).__name__) from None
        return digest.hexdigest()

    @contextmanager
    def _get(self, url: str, *, stream: bool = False) -> Iterator[requests.Response]:
        """GET, with redirects followed; the credential stays with the feed's own origin (see `Client`)."""
        for _ in range(_REDIRECTS):
            response = self._client.request("GET", url, headers=_HTML, stream=stream)
            location = response.headers.get("Location", "")
            if response.status_code not in (301, 302, 303, 307, 308) or is_sign_in(response):
                break
            response.close()
            url = urljoin(response.url, location)
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


def _links(page: str, base: str) -> Iterator[IndexedFile]:
    parser = _Anchors()
    parser.feed(page)
    for reference in parser.references:
        with suppress(ValueError):  # a link that no program could follow
            url, fragment = urldefrag(urljoin(urljoin(base, parser.base), reference))
            digest = dict(parse_qsl(fragment)).get("sha256", "").lower()
            yield IndexedFile(name=unquote(urlsplit(url).path.rsplit("/", 1)[-1]), url=url, sha256=digest)


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.references: list[str] = []
        self.base = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        reference = dict(attrs).get("href")
        if tag == "a" and reference:
            self.references.append(reference)
        elif tag == "base" and reference:
            self.base = reference
