"""The clouds, and to which hosts their tokens may go."""

from __future__ import annotations

import pytest

from private_wheel.azure.clouds import CLOUDS, Cloud
from private_wheel.publish.feed.address import parse_feed

SANDBOX = Cloud(
    name="Sandbox",
    arm="https://arm.localhost:8443",
    authority="https://localhost:8444",
    storage_suffixes=("storage.localhost",),
)
FROM_METADATA = Cloud(
    name="AzureStack",
    arm="https://management.stack.example",
    authority="https://login.stack.example",
    storage_suffixes=(),
    from_metadata=True,
)


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
    assert not cloud.on_loopback


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


@pytest.mark.parametrize(
    ("cloud", "url", "owned"),
    [
        (SANDBOX, "https://localhost:9000/acme/simple/", True),
        (SANDBOX, "https://feeds.localhost/acme/simple/", True),
        (SANDBOX, "https://pkgs.dev.azure.com/acme/simple/", True),
        (SANDBOX, "https://feeds.example.com/acme/simple/", False),
        (FROM_METADATA, "https://localhost:9000/acme/simple/", False),
        (FROM_METADATA, "https://x.pkgs.dev.azure.com/acme/simple/", False),
        (FROM_METADATA, "https://pkgs.dev.azure.com@evil.example/acme/simple/", False),
        (FROM_METADATA, "", False),
    ],
)
def test_where_a_token_for_azure_devops_may_go(cloud: Cloud, url: str, owned: bool) -> None:
    assert cloud.has_devops(url) is owned


@pytest.mark.parametrize(
    ("cloud", "host", "owned"),
    [
        (CLOUDS["AzureCloud"], "acme.blob.core.windows.net", True),
        (CLOUDS["AzureCloud"], "acme.z01.blob.storage.azure.net", True),
        (CLOUDS["AzureCloud"], "acme.dfs.core.windows.net", False),
        (CLOUDS["AzureCloud"], "blob.core.windows.net", False),
        (CLOUDS["AzureCloud"], "acmeblob.core.windows.net", False),
        (CLOUDS["AzureCloud"], "acme.blob.core.windows.net.evil.example", False),
        (CLOUDS["AzureCloud"], "acme.blob.core.chinacloudapi.cn", False),
        (CLOUDS["AzureCloud"], "localhost", False),
        (CLOUDS["AzureCloud"], "", False),
        (CLOUDS["AzureChinaCloud"], "acme.blob.core.chinacloudapi.cn", True),
        (CLOUDS["AzureChinaCloud"], "acme.blob.core.windows.net", False),
        (CLOUDS["AzureUSGovernment"], "acme.blob.core.usgovcloudapi.net", True),
        (SANDBOX, "acme.blob.storage.localhost", True),
        (SANDBOX, "127.0.0.1", True),
        (SANDBOX, "acme.blob.core.windows.net", False),
        (FROM_METADATA, "acme.blob.stack.example", False),
        (FROM_METADATA, "localhost", False),
    ],
)
def test_where_a_token_for_storage_may_go(cloud: Cloud, host: str, owned: bool) -> None:
    assert cloud.has_storage(host) is owned
