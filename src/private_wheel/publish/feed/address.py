"""The address of a feed, however the user writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from private_wheel.secrets.addresses import check_address
from private_wheel.secrets.quoting import quoted, quoted_address

AZURE_HOST = "pkgs.dev.azure.com"
_SERVICES_HOST = "dev.azure.com"
_LEGACY_HOST = re.compile(
    r"^(?P<organisation>[a-z0-9][a-z0-9-]*)\.pkgs\.visualstudio\.com$", re.IGNORECASE
)
_AZURE_PATH = re.compile(
    r"^(?P<root>(?:/[^/]+)*?)/_packaging/(?P<feed>[^/]+)/pypi/(?:simple|upload)/?$", re.IGNORECASE
)
_SIMPLE_PATH = re.compile(r"^(?P<root>.*/)\+?simple/?$")
_NAME = re.compile(r"^(?!\.{1,2}$)[^/\\?#%@:<>\"|*\x00-\x1f]+$")
_FEED_AND_VIEW = re.compile(r"^[^:@%]+@[^:@%]+$")
_VIEW = (
    "{} names a view, and views are read-only. Publish to the feed itself:"
    " leave out the @ and what follows."
)


@dataclass(frozen=True, kw_only=True)
class FeedAddress:
    """Where a feed is.

    Attributes:
        index_url: The simple index (PEP 503).
        upload_url: The legacy upload API.
        target: The base URL that a workspace connection for the feed serves.
        name: The organisation or collection; of another index, its host.
        organisation: Set for Azure DevOps Services only.
    """

    index_url: str
    upload_url: str
    target: str
    name: str
    organisation: str = ""

    @property
    def is_azure(self) -> bool:
        """Whether it is Azure Artifacts': on Azure DevOps Services, Server, or the sandbox."""
        return "/_packaging/" in self.index_url

    @property
    def host(self) -> str:
        """The host name, with its port if it has one."""
        return urlsplit(self.index_url).netloc

    def belongs_to(self, collection: str) -> bool:
        """Return whether the feed is in the organisation or collection at that URL.

        If it is, the token of a job in that organisation may be sent to it.
        """
        parts = urlsplit(collection)
        path = parts.path.strip("/").lower()
        if self.organisation:
            host, organisation = (parts.hostname or "").lower(), self.organisation.lower()
            if host == _SERVICES_HOST:
                return path == organisation
            return host == f"{organisation}.visualstudio.com"
        root = f"{parts.scheme}://{parts.netloc.lower()}/{path}/"
        return self.is_azure and bool(path) and self.index_url.lower().startswith(root)


def parse_feed(value: str) -> FeedAddress:
    """Read `organisation/feed`, `organisation/project/feed` or a URL.

    Raises:
        ValueError: The value is not a feed. The text is a sentence for the user.
    """
    if "://" in value:
        return _from_url(value)
    parts = [part.strip() for part in value.split("/")]
    *others, last = parts
    if len(parts) in (2, 3) and all(_NAME.match(part) for part in others):
        if _NAME.match(last):
            return _azure(f"https://{AZURE_HOST}", others, last, others[0])
        if _FEED_AND_VIEW.match(last):
            raise ValueError(_VIEW.format(quoted(value)))
    raise ValueError(
        f"{quoted_address(value)} is not a feed. Write organisation/feed,"
        " organisation/project/feed, or the URL of its simple index."
    )


def same_index(one: str, other: str) -> bool:
    """Return whether two URLs are the same index, however they are written, login or not."""
    return _canonical(one) == _canonical(other)


def _canonical(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if not parts.netloc:
        return url.rstrip("/")
    host = parts.netloc.rpartition("@")[2].lower()
    without_login = parts._replace(netloc=host).geturl()
    try:
        feed = parse_feed(without_login)
    except ValueError:
        return without_login.rstrip("/")
    if feed.is_azure:
        # Azure's names are not case-sensitive.
        return unquote(feed.index_url).lower().rstrip("/")
    return feed.index_url.rstrip("/")


def _from_url(value: str) -> FeedAddress:
    check_address(value)
    parts = urlsplit(value)
    if parts.query or parts.fragment:
        raise ValueError("the URL has a query or fragment. Give the plain URL of the simple index.")
    if azure := _AZURE_PATH.match(parts.path):
        return _from_azure_url(parts, azure["root"], unquote(azure["feed"]))
    simple = _SIMPLE_PATH.match(parts.path)
    if not simple:
        raise ValueError(
            "the URL is neither …/_packaging/FEED/pypi/simple/ nor another index's …/simple/."
        )
    if parts.netloc.lower() == AZURE_HOST or _LEGACY_HOST.match(parts.hostname or ""):
        raise ValueError("the URL lacks /_packaging/FEED/pypi/ before simple/.")
    origin = _origin(parts)
    path = parts.path.rstrip("/") + "/"
    return FeedAddress(
        index_url=origin + path,
        upload_url=origin + simple["root"],
        target=origin,
        name=parts.hostname or "",
    )


def _from_azure_url(parts: SplitResult, root_path: str, feed: str) -> FeedAddress:
    if "@" in feed:
        raise ValueError(_VIEW.format(quoted(feed)))
    origin = _origin(parts)
    root = [unquote(part) for part in root_path.split("/") if part]
    if legacy := _LEGACY_HOST.match(parts.hostname or ""):
        # https://ORG.pkgs.visualstudio.com/[PROJECT/]. A connection for the new host name would
        # not match the old one.
        projects = [part for part in root if part.lower() != "defaultcollection"]
        root = [legacy["organisation"], *projects]
        origin = f"https://{AZURE_HOST}"
    if not root:
        raise ValueError(f"the URL lacks the organisation before /_packaging/{feed}.")
    organisation = root[0] if origin == f"https://{AZURE_HOST}" else ""
    return _azure(origin, root, feed, organisation)


def _origin(parts: SplitResult) -> str:
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), "", "", ""))


def _azure(origin: str, root: list[str], feed: str, organisation: str) -> FeedAddress:
    quoted_root = [quote(part) for part in root]
    base = "/".join([origin, *quoted_root, "_packaging", quote(feed), "pypi"])
    return FeedAddress(
        index_url=f"{base}/simple/",
        upload_url=f"{base}/upload/",
        target=f"{origin}/{quote(root[0])}",
        name=root[0],
        organisation=organisation,
    )
