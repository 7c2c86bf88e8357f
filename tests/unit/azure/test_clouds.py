"""Which cloud is meant, and to which feed its token may go."""

from __future__ import annotations

import pytest

from private_wheel.azure.clouds import CLOUDS
from private_wheel.publish.feed.address import parse_feed


@pytest.mark.parametrize(
    ("name", "arm", "authority"),
    [
        ("AzureCloud", "management.azure.com", "login.microsoftonline.com"),
        ("AzureUSGovernment", "management.usgovcloudapi.net", "login.microsoftonline.us"),
        ("AzureChinaCloud", "management.chinacloudapi.cn", "login.chinacloudapi.cn"),
    ],
)
def test_a_cloud_by_name(name: str, arm: str, authority: str) -> None:
    cloud = CLOUDS[name]
    assert (cloud.arm, cloud.authority) == (f"https://{arm}", f"https://{authority}")
    assert cloud.arm_scope == f"https://{arm}/.default"
    assert cloud.audiences[-1] == "api://AzureADTokenExchange"
    assert not cloud.from_metadata


@pytest.mark.parametrize(
    ("feed", "owned"),
    [
        ("acme/python", True),
        ("https://acme.pkgs.visualstudio.com/_packaging/python/pypi/simple/", True),
        ("https://devops.example.com/Collection/_packaging/python/pypi/simple/", False),
        ("https://pkgs.dev.azure.com.example.com/acme/_packaging/python/pypi/simple/", False),
        ("https://localhost/acme/_packaging/python/pypi/simple/", False),
        ("https://acme.jfrog.io/artifactory/api/pypi/local/simple/", False),
    ],
)
def test_a_token_of_the_public_cloud_goes_to_azure_devops_alone(feed: str, owned: bool) -> None:
    assert CLOUDS["AzureCloud"].has_devops(parse_feed(feed).index_url) is owned
