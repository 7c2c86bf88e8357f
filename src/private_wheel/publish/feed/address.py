"""The three ways to name a feed, brought to one address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit, urlunsplit

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


@dataclass(frozen=True, kw_only=True)
class FeedAddress:
    """Where a feed is.

    `index_url` is its simple index (PEP 503), `upload_url` its legacy upload API, `target` the base URL that a
    workspace connection for it serves. `organisation` is set for Azure DevOps Services only.
    """

    index_url: str
    upload_url: str
    target: str
    name: str
    organisation: str = ""

    @property
    def is_azure(self) -> bool:
        """Whether it has Azure Artifacts' form: on Azure DevOps Services, Server, or the sandbox."""
        return "/_packaging/" in self.index_url

    def belongs_to(self, collection: str) -> bool:
        """Whether the feed is of the Azure DevOps organisation (or a server's collection) at that URL, so that a job's
        own token may go to it."""
        parts = urlsplit(collection)
        host, path = (parts.hostname or "").lower(), parts.path.strip("/").lower()
        if self.organisation:
            organisation = self.organisation.lower()
            return (host, path) == (
                _SERVICES_HOST,
                organisation,
            ) or host == f"{organisation}.visualstudio.com"
        root = f"{parts.scheme}://{parts.netloc.lower()}/{path}/" if path else ""
        return self.is_azure and bool(root) and self.index_url.lower().startswith(root)

    @property
    def host(self) -> str:
        return urlsplit(self.index_url).netloc


def parse_feed(value: str) -> FeedAddress:
    """Read `organisation/feed`, `organisation/project/feed` or a URL.

    Raises:
        ValueError: with the sentence for the user.
    """
    if "://" in value:
        return _from_url(value)
    parts = [part.strip() for part in value.split("/")]
    if len(parts) not in (2, 3) or not all(_NAME.match(part) for part in parts):
        if (
            all(map(_NAME.match, parts[:-1]))
            and _FEED_AND_VIEW.match(parts[-1])
            and len(parts) in (2, 3)
        ):
            raise ValueError(_VIEW.format(quoted(value)))
        what = f"{quoted_address(value)} is not a feed."
        raise ValueError(
            f"{what} Write organisation/feed, organisation/project/feed, or its simple index's URL."
        )
    organisation, *project, feed = parts
    return _azure(f"https://{AZURE_HOST}", [organisation, *project], feed, organisation)


def same_index(one: str, other: str) -> bool:
    """Whether two URLs lead to one index, in whatever spelling and with whatever login."""
    return _spelling(one) == _spelling(other)


def _spelling(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if not parts.netloc:
        return url.rstrip("/")
    host = parts.netloc.rpartition("@")[2].lower()
    plain = parts._replace(netloc=host).geturl()
    try:
        feed = parse_feed(plain)
    except ValueError:
        return plain.rstrip("/")
    # Azure's names know no upper and lower case.
    return (
        unquote(feed.index_url).lower().rstrip("/") if feed.is_azure else feed.index_url.rstrip("/")
    )


_VIEW = "{} names a view, and views are read-only. Publish to the feed itself: leave out the @ and what follows."


def _from_url(value: str) -> FeedAddress:
    check_address(value)
    parts = urlsplit(value)
    if parts.query or parts.fragment:
        raise ValueError("the URL has a query or fragment. Give the plain URL of the simple index.")
    origin = urlunsplit((parts.scheme.lower(), parts.netloc.lower(), "", "", ""))
    if azure := _AZURE_PATH.match(parts.path):
        root = [unquote(part) for part in azure["root"].split("/") if part]
        feed = unquote(azure["feed"])
        if "@" in feed:
            raise ValueError(_VIEW.format(quoted(feed)))
        legacy = _LEGACY_HOST.match(parts.hostname or "")
        if legacy:
            # https://ORG.pkgs.visualstudio.com/[PROJECT/]: a connection on the other host name would not match.
            root = [
                legacy["organisation"],
                *(part for part in root if part.lower() != "defaultcollection"),
            ]
            origin = f"https://{AZURE_HOST}"
        if not root:
            raise ValueError(f"the URL lacks the organisation before /_packaging/{feed}.")
        cloud = origin == f"https://{AZURE_HOST}"
        return _azure(origin, root, feed, root[0] if cloud else "")
    simple = _SIMPLE_PATH.match(parts.path)
    if not simple:
        raise ValueError(
            "the URL is neither …/_packaging/FEED/pypi/simple/ nor another index's …/simple/."
        )
    if parts.netloc.lower() == AZURE_HOST or _LEGACY_HOST.match(parts.hostname or ""):
        raise ValueError("the URL lacks /_packaging/FEED/pypi/ before simple/.")
    path = parts.path.rstrip("/") + "/"
    return FeedAddress(
        index_url=origin + path,
        upload_url=origin + simple["root"],
        target=origin,
        name=parts.hostname or "",
    )


def _azure(origin: str, root: list[str], feed: str, organisation: str) -> FeedAddress:
    base = "/".join([origin, *(quote(part) for part in root), "_packaging", quote(feed), "pypi"])
    return FeedAddress(
        index_url=f"{base}/simple/",
        upload_url=f"{base}/upload/",
        target=f"{origin}/{quote(root[0])}",
        name=root[0],
        organisation=organisation,
    )
