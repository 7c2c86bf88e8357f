"""What a feed means by an answer that is not a success."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

import requests

from private_wheel.azure.answers import server_reason
from private_wheel.azure.retries import RETRIED_STATUSES
from private_wheel.errors import (
    CredentialRefused,
    PermissionMissing,
    PrivateWheelError,
    ServiceFailed,
    UnknownFeed,
)
from private_wheel.publish.feed.accounts import Account
from private_wheel.publish.feed.address import FeedAddress

_SIGN_IN_HOST = re.compile(r"^login\.|vssps\.visualstudio\.com$")
_SIGN_IN_PATH = re.compile(r"^/(_signin|signin|sign-in|sign_in|login|users/sign_in)(/|$)|/oauth2/")
_EXISTS = (
    "already exist",
    "already contains",
    "already been taken",
    "packagealreadyexists",
    "delete/overwrite",
    "does not allow updating",
)


def is_sign_in(response: requests.Response) -> bool:
    """Return whether a service sent its sign-in page: Azure DevOps does with 203 and 302."""
    if response.status_code == 203:
        return True
    if not 300 <= response.status_code < 400:
        return False
    try:
        location = urlsplit(response.headers.get("Location", "").lower().replace("\\", "/"))
    except ValueError:
        return False
    return bool(_SIGN_IN_HOST.search(location.netloc) or _SIGN_IN_PATH.search(location.path))


def refusal(
    response: requests.Response,
    feed: FeedAddress,
    account: Account,
    action: Literal["read", "write"],
) -> PrivateWheelError:
    """Make the error for an answer that is not a success."""
    status, said = response.status_code, server_reason(response)
    if status == 401 or is_sign_in(response):
        return CredentialRefused(
            f"{feed.host} did not accept the credential ({status}).",
            input=account.input,
            fix=_advice_401(feed, account),
            said=said,
        )
    if status == 403:
        return PermissionMissing(
            f"The credential may not {action} this feed.",
            input=account.input,
            fix=_advice_403(feed, account, action),
            said=said,
        )
    if status == 404:
        return UnknownFeed(
            f"Feed not found: {feed.index_url}.",
            input="feed",
            fix="Check the organisation and the feed name;"
            " write the feed of a project as organisation/project/feed.",
            said=said,
        )
    fix = "Run again." if status in RETRIED_STATUSES else "Check the feed's URL."
    return ServiceFailed(f"{feed.host} failed ({status}).", input="feed", fix=fix, said=said)


def _advice_401(feed: FeedAddress, account: Account) -> str:
    if not feed.is_azure:
        return "Check the token and feed-username."
    organisation = feed.organisation or feed.name
    return (
        f"Likely it has expired, was made for another organisation than {organisation!r}, or is a"
        f" global token (those end on 2026-12-01). Make one for {organisation!r} with"
        f" {_scope(account)}; a signed-in identity must be a user of the organisation."
    )


def _advice_403(feed: FeedAddress, account: Account, action: Literal["read", "write"]) -> str:
    if not feed.is_azure:
        return f"Give its account the right to {action}."
    role = "Feed Reader" if action == "read" else "Feed Publisher (Contributor)"
    return (
        f"Give its identity the role {role} in the feed's settings, and the token the scope"
        f" {_scope(account)}."
    )


def _scope(account: Account) -> str:
    if account.input == "connection-token":
        return "Packaging > Read"
    return "Packaging > Read & write"


def says_exists(response: requests.Response) -> bool:
    """Return whether a refused upload means that the file exists.

    Azure Artifacts answers 409. Of other indexes the text tells: pypiserver and GitLab answer
    400, Nexus and devpi too, Artifactory 403. A 403 without such a text never means it.
    """
    text = f"{response.reason} {response.text}".lower()
    if response.status_code in (400, 403):
        return any(words in text for words in _EXISTS)
    return response.status_code == 409
