"""Whether the public index has projects of our packages' names: with two indexes, pip takes a file from either.

Dependency confusion: https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-extra-index-url
"""

from __future__ import annotations

import base64
import logging
import queue
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import wait
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

import requests

from private_wheel.azure.http import AT_ONCE, TRANSPORT_ERRORS, Client, HttpClients
from private_wheel.errors import ServiceUnreachable
from private_wheel.publish.feed.address import FeedAddress
from private_wheel.publish.feed.answers import is_sign_in
from private_wheel.secrets.addresses import is_protected
from private_wheel.system.background import in_background
from private_wheel.system.pip_configuration import PipConfiguration

_LOG = logging.getLogger(__name__)
_HTML = {"Accept": "application/vnd.pypi.simple.v1+html, text/html;q=0.9"}
_PATIENCE = (
    5.0  # seconds, for all names together: neither a dead host nor its name server holds up the run
)
_REDIRECTS = 5
# A link to a file, as the end of a quoted or bare address. Some indexes have an empty page for every name.
_FILE = re.compile(rb"\.(?:whl|tar\.gz|tar\.bz2|tgz|zip|egg)[\"'#?<>\s]", re.IGNORECASE)
_LONGEST_PAGE = 2**20  # bytes; the first link is near the beginning
_LONGEST_SUFFIX = 16


@dataclass(frozen=True, kw_only=True)
class _Index:
    """`url` holds no credential and ends with a slash; `authorization` is the header's value, or empty."""

    url: str
    authorization: str


class _NotAskedError(Exception):
    """The text says why, without a word of the server's: it may repeat the credential."""


def public_name_warnings(
    names: Sequence[str], pip: PipConfiguration, feed: FeedAddress, http: HttpClients
) -> list[str]:
    """What to tell of `names`, which are canonical (PEP 503), when `feed` is an extra index beside the public one.

    The public index is the one that pip uses on this machine. Asking tells it the names.
    """
    try:
        index = _public_index(pip)
        if index.url.lower() == f"{feed.index_url.rstrip('/')}/".lower():
            _LOG.info(
                "The feed is this machine's only index: there is no public one that could know the names."
            )
            return []
        known, reasons = _ask_all(index, list(dict.fromkeys(names)), http)
    except _NotAskedError as error:
        return [_not_asked(names, str(error))]
    warnings = [_confusing(name, index) for name in known]
    return warnings + [_not_asked(those, reason) for reason, those in reasons.items()]


def _public_index(pip: PipConfiguration) -> _Index:
    if pip.no_index and not pip.uv_index:
        raise _NotAskedError("pip is told to use no index here")
    # uv takes an index's name before its URL: https://docs.astral.sh/uv/concepts/indexes/
    url = re.sub(r"^[\w.-]+=(?=https?:)", "", pip.default_index)
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise _NotAskedError("the index that pip is told to use is not a web address") from None
    if not host or not is_protected(url):
        raise _NotAskedError("the index that pip is told to use is not reached by https")
    login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    encoded = base64.b64encode(login.encode()).decode()
    bare = parts._replace(
        netloc=parts.netloc.rpartition("@")[2],
        path=f"{parts.path.rstrip('/')}/",
        query="",
        fragment="",
    )
    return _Index(
        url=bare.geturl(), authorization=f"Basic {encoded}" if "@" in parts.netloc else ""
    )


def _ask_all(
    index: _Index, names: Sequence[str], http: HttpClients
) -> tuple[list[str], dict[str, list[str]]]:
    """The names that the index has, and by their reasons those of which nothing is known."""
    left: queue.SimpleQueue[str] = queue.SimpleQueue()
    answers: dict[str, bool | str] = {}
    for name in names:
        left.put(name)

    def work() -> None:
        authorize = (lambda: index.authorization) if index.authorization else None
        client = http.client(index.url, authorize, repeats=False)
        with closing(client), suppress(queue.Empty):
            while True:
                name = left.get_nowait()
                answers[name] = _answer(client, f"{index.url}{name}/")

    # Daemon threads, which a silent host cannot make the run wait for.
    wait([in_background(work, on_failure=lambda: None) for _ in names[:AT_ONCE]], timeout=_PATIENCE)
    known, reasons = [], dict[str, list[str]]()
    for name in names:
        answer = answers.get(name, f"it did not answer within {_PATIENCE:.0f} seconds")
        if isinstance(answer, str):
            reasons.setdefault(answer, []).append(name)
        elif answer:
            known.append(name)
    return known, reasons


def _answer(client: Client, url: str) -> bool | str:
    """Whether there is a project page with a file on it, or why that is not known."""
    try:
        with _get(client, url) as response:
            return response.status_code == 200 and _has_file(response)
    except _NotAskedError as error:
        return str(error)
    except (
        ServiceUnreachable,
        ValueError,
        *TRANSPORT_ERRORS,
    ):  # also of a redirect that is no address
        return "it could not be reached"


@contextmanager
def _get(client: Client, url: str) -> Iterator[requests.Response]:
    """The answer, which is 200 or 404. The credential stays with the index's own origin (see `Client`)."""
    for _ in range(_REDIRECTS):
        if not is_protected(url):
            raise _NotAskedError("it leads to an address without https")
        with client.request("GET", url, headers=_HTML, stream=True) as response:
            if is_sign_in(response):
                raise _NotAskedError("it wants a sign-in")
            if response.status_code in (200, 404):
                yield response
                return
            if response.status_code not in (301, 302, 303, 307, 308):
                raise _NotAskedError(f"it answered {response.status_code}")
            url = urljoin(response.url, response.headers.get("Location", ""))
    raise _NotAskedError("it redirects without end")


def _has_file(response: requests.Response) -> bool:
    end, length = b"", 0
    for block in response.iter_content(2**14):
        if _FILE.search(end + block):
            return True
        end, length = block[-_LONGEST_SUFFIX:], length + len(block)
        if length > _LONGEST_PAGE:
            break
    return False


def _confusing(name: str, index: _Index) -> str:
    return (
        f"The public index at {urlsplit(index.url).netloc} has a project {name} too. With --extra-index-url pip takes a"
        " package from either index, so its owner could get code into your images. Set index-mode: only, with a feed"
        " that has upstream sources, or choose another name."
    )


def _not_asked(names: Sequence[str], reason: str) -> str:
    return (
        f"Whether the public index has a project {' or '.join(names)} is not known: {reason}. If that is as it should"
        " be, set check-public-name: false."
    )
