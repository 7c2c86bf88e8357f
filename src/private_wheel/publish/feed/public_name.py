"""Whether the public index has projects of our packages' names.

With two indexes, pip takes a package from either. Dependency confusion:
https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-extra-index-url
"""

from __future__ import annotations

import logging
import queue
import re
from collections.abc import Sequence
from concurrent.futures import wait
from contextlib import closing, suppress

import requests

from private_wheel.azure.http import AT_ONCE, TRANSPORT_ERRORS, HttpClients
from private_wheel.errors import ServiceFailed, ServiceUnreachable
from private_wheel.publish.feed.address import FeedAddress
from private_wheel.publish.feed.answers import is_sign_in
from private_wheel.publish.feed.index_client import IndexClient, UnprotectedRedirect, is_redirect
from private_wheel.publish.feed.public_index import (
    IndexNotUsableError,
    PublicIndex,
    find_public_index,
)
from private_wheel.system.background import in_background
from private_wheel.system.pip_configuration import PipConfiguration

_LOG = logging.getLogger(__name__)
# Seconds for all names together: neither a dead host nor its name server holds up the run.
_PATIENCE = 5.0
# A link to a file, as the end of a quoted or bare address. Some indexes have an empty page for
# every name.
_FILE = re.compile(rb"\.(?:whl|tar\.gz|tar\.bz2|tgz|zip|egg)[\"'#?<>\s]", re.IGNORECASE)
_LONGEST_SUFFIX = 16
# Bytes that are read of a page. The first link is near the beginning.
_LONGEST_PAGE = 2**20
_BLOCK_SIZE = 2**14


def public_name_warnings(
    names: Sequence[str], pip: PipConfiguration, feed: FeedAddress, http: HttpClients
) -> list[str]:
    """Warn about names that the public index has too, and about those that it was not asked for.

    This sends the names to the public index. No text of its server gets into a warning: it may
    repeat a credential.

    Args:
        names: Of the packages, canonical (PEP 503).
        pip: Names the public index.
        feed: The extra index beside the public one.
        http: Makes the clients.
    """
    try:
        index = find_public_index(pip)
    except IndexNotUsableError as error:
        return [_unknown(names, str(error))]
    if index.url.lower() == f"{feed.index_url.rstrip('/')}/".lower():
        _LOG.info("The feed is this machine's only index, so no public index can have the names.")
        return []
    names = list(dict.fromkeys(names))
    answers = _ask(index, names, http)
    warnings: list[str] = []
    names_by_reason: dict[str, list[str]] = {}
    for name in names:
        answer = answers.get(name, f"it did not answer within {_PATIENCE:.0f} seconds")
        if isinstance(answer, str):
            names_by_reason.setdefault(answer, []).append(name)
        elif answer:
            warnings.append(_confusing(name, index))
    for reason, unknown_names in names_by_reason.items():
        warnings.append(_unknown(unknown_names, reason))
    return warnings


def _ask(index: PublicIndex, names: Sequence[str], http: HttpClients) -> dict[str, bool | str]:
    """Ask for all names and return what is known in time: an answer, or why there is none."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    answers: dict[str, bool | str] = {}
    for name in names:
        waiting.put(name)

    def work() -> None:
        authorize = (lambda: index.authorization) if index.authorization else None
        client = IndexClient(index.url, http, authorize, repeats=False)
        with closing(client), suppress(queue.Empty):
            while True:
                name = waiting.get_nowait()
                answers[name] = _answer(client, f"{index.url}{name}/")

    # Daemon threads, which a silent host cannot make the run wait for.
    workers = [in_background(work, on_failure=lambda: None) for _ in names[:AT_ONCE]]
    wait(workers, timeout=_PATIENCE)
    return dict(answers)


def _answer(client: IndexClient, url: str) -> bool | str:
    """Return whether the project's page links to a file, or why that is unknown."""
    try:
        with client.get(url, stream=True) as response:
            return _reading(response)
    except UnprotectedRedirect:
        return "it redirects to an address without https"
    except (ServiceFailed, ServiceUnreachable, ValueError, *TRANSPORT_ERRORS):
        return "it could not be reached"


def _reading(response: requests.Response) -> bool | str:
    if is_sign_in(response):
        return "it requires a sign-in"
    if is_redirect(response):
        return "it redirects too often"
    if response.status_code == 404:
        return False
    if response.status_code != 200:
        return f"it answered {response.status_code}"
    return _has_file(response)


def _has_file(response: requests.Response) -> bool:
    end_of_last, length = b"", 0
    for block in response.iter_content(_BLOCK_SIZE):
        if _FILE.search(end_of_last + block):
            return True
        end_of_last = block[-_LONGEST_SUFFIX:]
        length += len(block)
        if length > _LONGEST_PAGE:
            break
    return False


def _confusing(name: str, index: PublicIndex) -> str:
    return (
        f"The public index at {index.host} also has a project {name}. With --extra-index-url, pip"
        " takes a package from either index, so the project's owner could get code into your"
        " images. Set index-mode: only, with a feed that has upstream sources, or choose another"
        " name."
    )


def _unknown(names: Sequence[str], reason: str) -> str:
    return (
        f"Whether the public index has a project {' or '.join(names)} is not known: {reason}."
        " If that is expected, set check-public-name: false."
    )
