"""Redirects of an index: which ones are followed, and what is sent there."""

from __future__ import annotations

from contextlib import closing

import pytest
import requests

from private_wheel.errors import ServiceFailed
from private_wheel.publish.feed.index_client import IndexClient, UnprotectedRedirect, is_redirect
from tests.unit.publish.transport import Network, Reply, html, redirect

INDEX = "https://index.example/simple/"
PAGE = f"{INDEX}acme/"


def network(replies: dict[str, Reply]) -> Network:
    return Network(lambda request: replies.get(str(request.url), Reply(status=404)))


def status_of(http: Network, url: str = PAGE) -> int:
    client = IndexClient(INDEX, http, lambda: "Basic secret")
    with closing(client), client.get(url) as response:
        return response.status_code


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://files.example/acme/", "https://files.example/acme/"),
        ("//files.example/acme/", "https://files.example/acme/"),
        ("/other/acme/", "https://index.example/other/acme/"),
        ("../b/", f"{INDEX}b/"),
        ("http://localhost:8080/acme/", "http://localhost:8080/acme/"),
    ],
)
def test_a_redirect_is_followed(status: int, location: str, target: str) -> None:
    http = network({PAGE: redirect(location, status), target: html("files")})
    assert status_of(http) == 200
    assert http.urls == [PAGE, target]


@pytest.mark.parametrize(
    ("target", "is_sent"),
    [
        ("https://index.example/other/", True),
        ("https://index.example:443/other/", True),
        ("https://index.example:8443/other/", False),
        ("https://files.example/", False),
        ("https://sub.index.example/", False),
        ("http://localhost/", False),
    ],
)
def test_the_credential_stays_with_the_origin(target: str, is_sent: bool) -> None:
    http = network({PAGE: redirect(target)})
    status_of(http)
    first, second = http.requests
    assert first.headers["Authorization"] == "Basic secret"
    assert ("Authorization" in second.headers) is is_sent


@pytest.mark.parametrize(
    "location",
    ["http://index.example/acme/", "http://files.example/", "file:///etc/passwd", "ftp://x/"],
)
def test_not_to_an_address_without_https(location: str) -> None:
    http = network({PAGE: redirect(location)})
    with pytest.raises(UnprotectedRedirect):
        status_of(http)
    assert http.urls == [PAGE]


def test_not_to_something_that_is_not_an_address() -> None:
    http = network({PAGE: redirect("https://[")})
    with pytest.raises(ServiceFailed, match="not a web address"):
        status_of(http)


@pytest.mark.parametrize(
    "location", ["https://login.microsoftonline.com/x", "https://index.example/_signin?x=1"]
)
def test_not_to_a_sign_in_page(location: str) -> None:
    http = network({PAGE: redirect(location)})
    assert status_of(http) == 302
    assert http.urls == [PAGE]


def test_not_without_end() -> None:
    http = Network(lambda request: redirect(str(request.url) + "x"))
    assert status_of(http) == 302
    assert len(http.requests) == 5


@pytest.mark.parametrize(
    ("status", "is_one"),
    [(200, False), (300, False), (301, True), (304, False), (305, False), (308, True)],
)
def test_what_is_a_redirect(status: int, is_one: bool) -> None:
    response = requests.Response()
    response.status_code = status
    assert is_redirect(response) is is_one
