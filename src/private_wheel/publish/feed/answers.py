"""What a feed means by an answer that is not the one hoped for."""

from __future__ import annotations

import re
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
    """Whether a service sent its sign-in page in place of an answer, as Azure DevOps does with 203 and 302."""
    if response.status_code == 203:
        return True
    location = urlsplit(response.headers.get("Location", "").lower().replace("\\", "/"))
    return 300 <= response.status_code < 400 and bool(
        _SIGN_IN_HOST.search(location.netloc) or _SIGN_IN_PATH.search(location.path)
    )


def refusal(
    response: requests.Response, feed: FeedAddress, account: Account, wish: str
) -> PrivateWheelError:
    """The error behind an answer that is no success. `wish` is `read` or `write`."""
    status, said = response.status_code, server_reason(response)
    scope = (
        "Packaging > Read" if account.input == "connection-token" else "Packaging > Read & write"
    )
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


def says_exists(response: requests.Response) -> bool:
    """Whether a refusal of an upload means that the file is there: 409, or the text of another index.

    pypiserver and GitLab say it with 400, Nexus and devpi too, Artifactory with 403. A bare 403 is never it.
    """
    text = f"{response.reason} {response.text}".lower()
    said = any(words in text for words in _EXISTS)
    return response.status_code == 409 or (response.status_code in (400, 403) and said)
