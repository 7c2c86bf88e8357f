"""Reading a simple index (PEP 503): which files a project has, with their SHA-256."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit, urlunsplit

import requests

from private_wheel.azure.http import RETRIED_STATUSES, Client, server_reason
from private_wheel.errors import (
    CredentialRefused,
    PermissionMissing,
    PrivateWheelError,
    ServiceFailed,
    ServiceUnreachable,
    UnknownFeed,
)
from private_wheel.publish.feed_address import FeedAddress

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


@dataclass(frozen=True, kw_only=True)
class Account:
    """A user name and what gives its token, and the input that the token came from."""

    username: str
    token: Callable[[], str]
    input: str

    def authorization(self) -> str:
        """The Authorization header of RFC 7617."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.token()}".encode()).decode()


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
            return tuple(_links(response.text, response.url))

    def sha256_of(self, file: IndexedFile) -> str:
        """The SHA-256 of a file: as the index says, else of its bytes. Raises as `check_access`."""
        if file.sha256:
            return file.sha256
        digest = hashlib.sha256()
        with self._get(file.url, stream=True) as response:
            if response.status_code != 200:
                raise refusal(response, self._feed, self._account, "read")
            try:
                for block in response.iter_content(2**20):
                    digest.update(block)
            except requests.RequestException as error:
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


def is_sign_in(response: requests.Response) -> bool:
    """Whether a service sent its sign-in page in place of an answer, as Azure DevOps does with 203 and 302."""
    location = response.headers.get("Location", "").lower()
    return response.status_code == 203 or (
        300 <= response.status_code < 400 and any(word in location for word in ("signin", "sign-in", "login", "/oauth"))
    )


def refusal(response: requests.Response, feed: FeedAddress, account: Account, wish: str) -> PrivateWheelError:
    """The error behind an answer that is no success. `wish` is `read` or `write`."""
    status, said = response.status_code, server_reason(response)
    scope = "Packaging > Read" if account.input == "connection-token" else "Packaging > Read & write"
    if status == 401 or is_sign_in(response):
        return CredentialRefused(
            f"{feed.host} did not accept the credential ({status}).",
            input=account.input,
            fix=_advice_401(feed, scope) if feed.is_azure else "Check the token and feed-username.",
            said=said,
        )
    if status == 403:
        role = "Feed Reader" if wish == "read" else "Feed Publisher (Contributor)"
        return PermissionMissing(
            f"The credential may not {wish} this feed.",
            input=account.input,
            fix=f"Give its identity the role {role} in the feed's settings, and the token the scope {scope}."
            if feed.is_azure
            else f"Give its account the right to {wish}.",
            said=said,
        )
    if status == 404:
        return UnknownFeed(
            f"{feed.index_url} leads to no feed.",
            input="feed",
            fix="Check organisation and feed; a project's feed is written organisation/project/feed.",
            said=said,
        )
    again = "Run again." if status in RETRIED_STATUSES else "Check the feed's URL."
    return ServiceFailed(f"{feed.host} failed ({status}).", input="feed", fix=again, said=said)


def _advice_401(feed: FeedAddress, scope: str) -> str:
    organisation = feed.organisation or feed.name
    return (
        f"Likely it is expired, made for another organisation than {organisation!r}, or a global token (those end on"
        f" 2026-12-01). Make one for {organisation!r} with {scope}; a signed-in identity must be a user of it."
    )


def _links(page: str, base: str) -> Iterator[IndexedFile]:
    parser = _Anchors()
    parser.feed(page)
    for reference in parser.references:
        url, fragment = urldefrag(urljoin(parser.base or base, reference))
        digest = fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else ""
        yield IndexedFile(name=unquote(urlsplit(url).path.rsplit("/", 1)[-1]), url=url, sha256=digest.lower())


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
