"""When two URLs are one target, and which target serves which URL."""

from __future__ import annotations

import pytest

from private_wheel.azureml.targets import covers, default_name, same_target

AZURE = "https://pkgs.dev.azure.com"
FEED = f"{AZURE}/acme/_packaging/python/pypi/simple/"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{AZURE}/acme", f"{AZURE}/acme/"),
        (f"{AZURE}/acme", f"{AZURE}/ACME"),
        (f"{AZURE}/acme", "https://PKGS.dev.azure.com/acme"),
        (f"{AZURE}/acme", "HTTPS://pkgs.dev.azure.com/acme"),
        (f"{AZURE}/acme", f"{AZURE}:443/acme"),
        (f"{AZURE}/acme", f"{AZURE}//acme//"),
        (f"{AZURE}/a%20b", f"{AZURE}/a b"),
        ("http://h.example/x", "http://h.example:80/x"),
        ("https://h.example", "https://h.example/"),
        ("https://h.example:8443/x", "https://h.example:8443/x"),
        ("not a web address:x", "Not a web address:x/"),
    ],
)
def test_one_target(one: str, other: str) -> None:
    assert same_target(one, other)
    assert same_target(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{AZURE}/acme", f"{AZURE}/acme2"),
        (f"{AZURE}/acme", f"{AZURE}/acme/ml"),
        (f"{AZURE}/acme", AZURE),
        ("https://h.example/x", "http://h.example/x"),
        ("https://h.example/x", "https://h.example:8443/x"),
        ("https://h.example:80/x", "https://h.example/x"),
        ("http://h.example:443/x", "https://h.example/x"),
        ("https://h.example/x", "https://h.example.org/x"),
        ("https://h.example:x/y", "https://h.example/y"),
    ],
)
def test_two_targets(one: str, other: str) -> None:
    assert not same_target(one, other)


@pytest.mark.parametrize(
    ("target", "url", "is_served"),
    [
        (f"{AZURE}/acme", FEED, True),
        (f"{AZURE}:443/acme", FEED, True),
        (f"{AZURE}/acme/", FEED.replace("acme", "ACME"), True),
        (FEED, FEED, True),
        (AZURE, FEED, True),
        (f"{AZURE}/acm", FEED, False),
        (f"{FEED}x", FEED, False),
        ("https://acme.pkgs.visualstudio.com", FEED, False),
        ("http://pkgs.dev.azure.com/acme", FEED, False),
        ("https://h.example:8443", "https://h.example/simple/", False),
    ],
)
def test_which_target_serves_which_url(target: str, url: str, is_served: bool) -> None:
    assert covers(target, url) is is_served


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (f"{AZURE}/acme", "acme"),
        ("https://acme.jfrog.io", "acme-jfrog-io"),
        (f"{AZURE}/ab", "feed-ab"),
        (f"{AZURE}/{'x' * 50}", "x" * 33),
        ("https://127.0.0.1:8080", "127-0-0-1"),
        (f"{AZURE}/-a%20b-", "a-20b"),
    ],
)
def test_the_name_of_a_new_connection(target: str, name: str) -> None:
    assert default_name(target) == name
