"""Which credential publishes to a feed: the user's, the job's own, or the sign-in's."""

from __future__ import annotations

from typing import cast

import pytest

from private_wheel.azure.clouds import CLOUDS, Cloud
from private_wheel.azure.identity import JobToken
from private_wheel.azure.sign_in import SignIn
from private_wheel.errors import InvalidInputs
from private_wheel.publish.feed.accounts import Account, FeedCredentials, feed_writer
from private_wheel.publish.feed.address import parse_feed
from private_wheel.secrets.redaction import Secret

SERVER = "https://devops.example.com/Collection/_packaging/python/pypi/simple/"
ANOTHER_INDEX = "https://index.example/simple/"


class SignedIn:
    """A sign-in that gives its scope as its token."""

    cloud: Cloud = CLOUDS["AzureCloud"]

    def token(self, scope: str) -> str:
        return f"token for {scope}"


def writer(feed: str, *, token: str = "", job_token: str = "", collection: str = "") -> Account:
    credentials = FeedCredentials(
        username="private-wheel",
        token=Secret(token),
        job_token=JobToken(token=Secret(job_token), collection=collection),
    )
    return feed_writer(parse_feed(feed), credentials, cast(SignIn, SignedIn()))


@pytest.mark.parametrize("feed", ["acme/python", SERVER, ANOTHER_INDEX])
def test_the_users_token_comes_first(feed: str) -> None:
    account = writer(
        feed, token="the-users", job_token="the-jobs", collection="https://dev.azure.com/acme/"
    )
    assert (account.token(), account.input, account.username) == (
        "the-users",
        "feed-token",
        "private-wheel",
    )


@pytest.mark.parametrize(
    ("feed", "collection"),
    [
        ("acme/python", "https://dev.azure.com/acme/"),
        ("Acme/python", "https://dev.azure.com/ACME"),
        ("acme/python", "https://acme.visualstudio.com/"),
        (SERVER, "https://devops.example.com/Collection/"),
        (SERVER, "https://DevOps.example.com/collection"),
    ],
)
def test_the_jobs_own_token_goes_to_its_organisation(feed: str, collection: str) -> None:
    assert writer(feed, job_token="the-jobs", collection=collection).token() == "the-jobs"


@pytest.mark.parametrize(
    "collection",
    [
        "https://dev.azure.com/globex/",
        "https://dev.azure.com/",
        "https://dev.azure.com/acme/other/",
        "https://dev.azure.com/acme2/",
        "https://globex.visualstudio.com/",
        "https://dev.azure.com.example/acme/",
        "https://example.com/acme/",
        "",
    ],
)
def test_the_jobs_own_token_goes_to_no_other_organisation(collection: str) -> None:
    account = writer("acme/python", job_token="the-jobs", collection=collection)
    assert account.input == "azure-client-id"
    assert "the-jobs" not in account.token()


@pytest.mark.parametrize(
    "collection",
    [
        "https://devops.example.com/Other/",
        "https://devops.example.com/Coll/",
        "https://devops.example.com/",
        "https://devops.example.com:8443/Collection/",
        "http://devops.example.com/Collection/",
        "https://dev.azure.com/Collection/",
        "",
    ],
)
@pytest.mark.parametrize("feed", [SERVER, ANOTHER_INDEX])
def test_no_token_goes_to_another_server(feed: str, collection: str) -> None:
    with pytest.raises(InvalidInputs, match="must not be sent to it"):
        writer(feed, job_token="the-jobs", collection=collection)


def test_the_sign_ins_token_is_asked_for_when_it_is_needed() -> None:
    account = writer("acme/python")
    assert account.token() == "token for 499b84ac-1321-427f-aa17-267ca6975798/.default"
    assert account.authorization().startswith("Basic ")
