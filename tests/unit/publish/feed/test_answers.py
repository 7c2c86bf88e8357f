"""What the answers of a feed mean: refusals, sign-in pages, and a file that exists."""

from __future__ import annotations

from typing import Literal

import pytest

from private_wheel.errors import (
    CredentialRefused,
    PermissionMissing,
    PrivateWheelError,
    ServiceFailed,
    UnknownFeed,
)
from private_wheel.publish.feed.accounts import Account
from private_wheel.publish.feed.address import parse_feed
from private_wheel.publish.feed.answers import is_sign_in, refusal, says_exists
from tests.unit.publish.transport import Reply, redirect, response

AZURE = "acme/python"
Action = Literal["read", "write"]
ANOTHER = "https://index.example/simple/"


def refused(
    reply: Reply, feed: str = AZURE, *, input: str = "feed-token", action: Action = "write"
) -> PrivateWheelError:
    account = Account(username="u", token=lambda: "t", input=input)
    return refusal(response(reply), parse_feed(feed), account, action)


@pytest.mark.parametrize("feed", [AZURE, ANOTHER])
@pytest.mark.parametrize(
    ("reply", "kind", "input"),
    [
        (Reply(status=401), CredentialRefused, "feed-token"),
        (Reply(status=203), CredentialRefused, "feed-token"),
        (redirect("https://login.example/"), CredentialRefused, "feed-token"),
        (Reply(status=403), PermissionMissing, "feed-token"),
        (Reply(status=404), UnknownFeed, "feed"),
        (redirect("https://elsewhere.example/"), ServiceFailed, "feed"),
        (Reply(status=400), ServiceFailed, "feed"),
        (Reply(status=500), ServiceFailed, "feed"),
        (Reply(status=503), ServiceFailed, "feed"),
    ],
)
def test_the_error_of_an_answer(
    reply: Reply, kind: type[PrivateWheelError], input: str, feed: str
) -> None:
    error = refused(reply, feed)
    assert type(error) is kind
    assert error.input == input
    assert error.said.startswith(str(reply.status))


@pytest.mark.parametrize(
    ("status", "words"), [(400, "Check the feed's URL"), (429, "Run again"), (503, "Run again")]
)
def test_only_a_passing_failure_is_worth_another_run(status: int, words: str) -> None:
    assert words in refused(Reply(status=status)).fix


@pytest.mark.parametrize(
    ("input", "action", "words"),
    [
        ("feed-token", "write", ("Feed Publisher", "Packaging > Read & write")),
        ("connection-token", "read", ("Feed Reader", "Packaging > Read")),
        ("feed-token", "read", ("Feed Reader", "Packaging > Read & write")),
    ],
)
def test_which_role_is_missing(input: str, action: Action, words: tuple[str, ...]) -> None:
    error = refused(Reply(status=403), input=input, action=action)
    assert error.input == input
    for word in words:
        assert word in error.fix
    assert (f"{words[-1]} & write" in error.fix) is False


@pytest.mark.parametrize("status", [401, 403])
def test_azures_advice_is_for_azure_alone(status: int) -> None:
    assert "Packaging" in refused(Reply(status=status)).fix
    assert "Packaging" not in refused(Reply(status=status), ANOTHER).fix


@pytest.mark.parametrize(
    ("reply", "is_one"),
    [
        (Reply(status=203), True),
        (Reply(status=200), False),
        (Reply(status=401), False),
        (redirect("https://login.microsoftonline.com/t"), True),
        (redirect("https://app.vssps.visualstudio.com/x"), True),
        (redirect("https://index.example/_signin?realm=x"), True),
        (redirect("/users/sign_in"), True),
        (redirect("/oauth2/authorize"), True),
        (redirect("HTTPS://LOGIN.example\\x"), True),
        (redirect("https://files.example/simple/login-helper/"), False),
        (redirect("https://index.example/simple/signin/"), False),
        (Reply(status=200, headers={"Location": "/login"}), False),
    ],
)
def test_what_is_a_sign_in_page(reply: Reply, is_one: bool) -> None:
    assert is_sign_in(response(reply)) is is_one


@pytest.mark.parametrize(
    ("status", "body", "exists"),
    [
        (409, "", True),
        (409, "something else", True),
        (400, "File already exists", True),  # pypiserver
        (400, "Validation failed: File name has already been taken", True),  # GitLab
        (400, "Repository does not allow updating assets: pypi", True),  # Nexus
        (403, "Not enough permissions to delete/overwrite artifact", True),  # Artifactory
        (400, "the feed ALREADY CONTAINS file 'x'", True),
        (403, "", False),
        (403, "Forbidden", False),
        (400, "Invalid metadata version", False),
        (401, "already exists", False),
        (404, "already exists", False),
        (500, "already exists", False),
        (200, "already exists", False),
    ],
)
def test_who_says_that_the_file_exists(status: int, body: str, exists: bool) -> None:
    assert says_exists(response(Reply(status=status, body=body))) is exists
