"""To which addresses a credential may be sent."""

from __future__ import annotations

import pytest

from private_wheel.secrets.addresses import check_address, is_loopback, is_protected

ACCEPTED = [
    "https://h.invalid",
    "https://h.invalid:8443/simple/",
    "HTTPS://H.invalid/a%20b?c=d#e",
    "https://h.invalid/a@b",
    "https://h.invalid/x?sv=1&sig=c2lnbmF0dXJl",
    "http://localhost:8080/simple/",
    "http://127.0.0.1/",
    "http://[::1]:10000/",
    "http://feed.localhost/",
]

REFUSED = {
    "https://user:s3cret@h.invalid/": "contains a credential",
    "https://s3cret-abcdefghij0123@h.invalid/": "contains a credential",
    "https://:s3cret@h.invalid/": "contains a credential",
    "https://acme@dev.azure.com/acme/p/_git/r": "contains a user name. Remove it.",
    "https://s3cret@h.invalid/": "contains a user name. Remove it.",
    "http://h.invalid/": "clear text",
    "http://localhost.h.invalid/": "clear text",
    "http://127.0.0.1.h.invalid/": "clear text",
    "ftp://h.invalid/": "not a web address",
    "//h.invalid/": "not a web address",
    "h.invalid/simple/": "not a web address",
    "https:///simple/": "not a web address",
    "https://h.invalid:0/": "not a web address",
    "https://h.invalid:port/": "not a web address",
    "https://h.invalid:99999/": "not a web address",
    "https://[h.invalid/": "not a web address",
    "s3cret@h.invalid": "this is not a web address",
    "": "not a web address",
    "https://h.invalid/a b": "blank or a backslash",
    "https://h.invalid\\@g.invalid/": "blank or a backslash",
    "https://h.invalid/\x00": "blank or a backslash",
    "https://h.invalid/\n": "blank or a backslash",
    "https://h.invalid/\u00a0": "blank or a backslash",
}


@pytest.mark.parametrize("url", ACCEPTED)
def test_accepted(url: str) -> None:
    check_address(url)


@pytest.mark.parametrize("url", REFUSED)
def test_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"\.$|https://…$") as caught:
        check_address(url)
    assert REFUSED[url] in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "protected"),
    [
        ("https://h.invalid/", True),
        ("http://localhost/", True),
        ("http://h.invalid/", False),
        ("ftp://localhost/", False),
        ("https://[h.invalid/", False),
        ("", False),
    ],
)
def test_protected(url: str, protected: bool) -> None:
    assert is_protected(url) is protected


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("feed.localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("notlocalhost", False),
        ("127.0.0.1.h.invalid", False),
        ("", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
