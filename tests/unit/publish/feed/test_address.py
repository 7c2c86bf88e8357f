"""The ways to name a feed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from private_wheel.azureml.targets import covers
from private_wheel.publish.blob.address import parse_container
from private_wheel.publish.feed.address import parse_feed
from private_wheel.secrets.addresses import check_address

AZURE = "https://pkgs.dev.azure.com"


@pytest.mark.parametrize(
    ("value", "scope"),
    [
        ("acme/python", "acme"),
        ("acme/ml/python", "acme/ml"),
        ("acme / data science / python", "acme/data%20science"),
        (f"{AZURE}/acme/_packaging/python/pypi/simple/", "acme"),
        (f"{AZURE}/acme/ml/_packaging/python/pypi/upload", "acme/ml"),
        (f"{AZURE}/acme/data%20science/_packaging/python/pypi/upload", "acme/data%20science"),
        ("https://PKGS.dev.azure.com/acme/_packaging/python/pypi/simple/", "acme"),
        ("https://acme.pkgs.visualstudio.com/_packaging/python/pypi/simple/", "acme"),
        ("https://acme.pkgs.visualstudio.com/ml/_packaging/python/pypi/upload/", "acme/ml"),
        (
            "https://acme.pkgs.visualstudio.com/DefaultCollection/ml/_packaging/python/pypi/simple/",
            "acme/ml",
        ),
    ],
)  # fmt: skip
def test_azure_artifacts(value: str, scope: str) -> None:
    feed = parse_feed(value)
    base = f"{AZURE}/{scope}/_packaging/python/pypi"
    assert (feed.index_url, feed.upload_url) == (f"{base}/simple/", f"{base}/upload/")
    assert (feed.target, feed.organisation, feed.is_azure) == (f"{AZURE}/acme", "acme", True)
    assert covers(feed.target, feed.index_url)


def test_azure_devops_server() -> None:
    feed = parse_feed(
        "https://devops.example.com:8443/Collection/ml/_packaging/python/pypi/simple/"
    )
    assert (
        feed.upload_url
        == "https://devops.example.com:8443/Collection/ml/_packaging/python/pypi/upload/"
    )
    assert (feed.target, feed.organisation) == ("https://devops.example.com:8443/Collection", "")


@pytest.mark.parametrize(
    ("value", "index", "upload", "target"),
    [
        ("https://h.example/simple", "https://h.example/simple/", "https://h.example/", "https://h.example"),
        ("https://h.example/team/dev/+simple/", "https://h.example/team/dev/+simple/", "https://h.example/team/dev/", "https://h.example"),
        (
            "https://acme.jfrog.io/artifactory/api/pypi/local/simple",
            "https://acme.jfrog.io/artifactory/api/pypi/local/simple/",
            "https://acme.jfrog.io/artifactory/api/pypi/local/",
            "https://acme.jfrog.io",
        ),
        ("http://localhost:8080/simple/", "http://localhost:8080/simple/", "http://localhost:8080/", "http://localhost:8080"),
    ],
)  # fmt: skip
def test_another_index(value: str, index: str, upload: str, target: str) -> None:
    feed = parse_feed(value)
    assert (feed.index_url, feed.upload_url, feed.target) == (index, upload, target)
    assert not feed.is_azure


@pytest.mark.parametrize(
    "value",
    [
        "python", "a/b/c/d", "acme/", "/python", "acme/python@Local", "acme/py?thon", "ftp://h/simple/", "https:///simple/",
        "https://h.example/", "https://h.example/simple/?x=1", "https://h.example/simple/#x", "https://u@h.example/simple/",
        f"{AZURE}/acme/simple/", f"{AZURE}/_packaging/python/pypi/simple/",
        f"{AZURE}/acme/_packaging/python@Release/pypi/simple/", "http://h.example/simple/", "http://localhost.evil.example/simple/",
    ],
)  # fmt: skip
def test_what_is_no_feed(value: str) -> None:
    with pytest.raises(ValueError, match=r"\."):
        parse_feed(value)


@pytest.mark.parametrize(
    "value",
    [
        "u:s3cret@h/x", "https:/u:s3cret@h/x", "//u:s3cret@h", "https//u:s3cret@h", "https:u:s3cret@h", "s3cret@h/x",
        "s3cret@h", "https%3A%2F%2Fu%3As3cret%40h", "https://u:s3cret@h/x", "https://u:s3cret@h:port/x",
        "ftp://h/x?sig=s3cret",
    ],
)  # fmt: skip
@pytest.mark.parametrize("read", [check_address, parse_feed, parse_container])
def test_no_login_is_told(read: Callable[[str], object], value: str) -> None:
    with pytest.raises(ValueError, match=r"\.") as caught:
        read(value)
    assert "s3cret" not in str(caught.value)


def test_a_view_is_told_by_its_name() -> None:
    for value in ("acme/python@Local", f"{AZURE}/acme/_packaging/python@Local/pypi/simple/"):
        with pytest.raises(ValueError, match=r"python@Local' names a view"):
            parse_feed(value)
