"""The page of a project in a simple index (PEP 503): its links to files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import parse_qsl, quote, unquote, urldefrag, urljoin, urlsplit, urlunsplit

# What names of distributions are made of; other characters could mean something to a file system,
# a log or a requirements file.
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.!+~-]{0,254}")


@dataclass(frozen=True, kw_only=True)
class IndexedFile:
    """One link of a project's page.

    Attributes:
        name: The file name.
        url: The address, without a fragment.
        sha256: In lower case; empty where the index gives none.
        requires_python: A specifier set or empty (PEP 503).
        yanked: The reason, empty without one; None if the file is not yanked (PEP 592).
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
        host = parts.netloc.rpartition("@")[2]
        path = quote(parts.path, safe="/%+~!@=")
        return urlunsplit((parts.scheme, host, path, "", ""))


def read_page(page: str, base_url: str) -> Iterator[IndexedFile]:
    """Read the files that a page links to. Links that no program could follow are left out."""
    anchors = _Anchors()
    anchors.feed(page)
    for link in anchors.links:
        with suppress(ValueError):
            target = urljoin(urljoin(base_url, anchors.base), link["href"] or "")
            url, fragment = urldefrag(target)
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
    """Collects the links of a page, and its base address if it has one."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[dict[str, str | None]] = []
        self.base = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link or the base address."""
        attributes = dict(attrs)
        reference = attributes.get("href")
        if tag == "a" and reference:
            self.links.append(attributes)
        elif tag == "base" and reference:
            self.base = reference
