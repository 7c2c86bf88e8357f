"""Which container URLs are understood, and which are refused."""

from __future__ import annotations

import pytest

from private_wheel.azure.clouds import find_cloud
from private_wheel.publish.container_address import parse_container

PUBLIC = "https://acmepackages.blob.core.windows.net"


@pytest.mark.parametrize(
    ("value", "account_url", "container", "prefix"),
    [
        (f"{PUBLIC}/wheels", PUBLIC, "wheels", ""),
        (f"{PUBLIC}/wheels/", PUBLIC, "wheels", ""),
        (f"{PUBLIC}/wheels/team/a", PUBLIC, "wheels", "team/a/"),
        (f"{PUBLIC}/wheels/team%20a/", PUBLIC, "wheels", "team a/"),
        (f"{PUBLIC}/wheels/100%25", PUBLIC, "wheels", "100%/"),
        ("https://AcmePackages.Blob.Core.Windows.Net/wheels", PUBLIC, "wheels", ""),
        ("https://acmepackages.privatelink.blob.core.windows.net/wheels", PUBLIC, "wheels", ""),
        ("https://acme1.z07.blob.storage.azure.net/w-1", "https://acme1.z07.blob.storage.azure.net", "w-1", ""),
        ("https://acme.blob.core.usgovcloudapi.net/wheels", "https://acme.blob.core.usgovcloudapi.net", "wheels", ""),
        ("https://acme.blob.core.chinacloudapi.cn/wheels", "https://acme.blob.core.chinacloudapi.cn", "wheels", ""),
        ("https://acme.blob.local.stack.example.com/wheels", "https://acme.blob.local.stack.example.com", "wheels", ""),
        ("http://127.0.0.1:10000/devstoreaccount1/wheels", "http://127.0.0.1:10000/devstoreaccount1", "wheels", ""),
        ("https://localhost:10000/acme/wheels/a/b", "https://localhost:10000/acme", "wheels", "a/b/"),
        ("http://acme.blob.localhost:10000/wheels", "http://acme.blob.localhost:10000", "wheels", ""),
    ],
)
def test_understood(value: str, account_url: str, container: str, prefix: str) -> None:
    address = parse_container(value)
    assert (address.account_url, address.container, address.prefix) == (account_url, container, prefix)
    assert parse_container(address.url) == address


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("http://acmepackages.blob.core.windows.net/wheels", "plain http"),
        ("/srv/wheels", "not a web address"),
        ("wheels", "not a web address"),
        (PUBLIC, "names no container"),
        (f"{PUBLIC}/", "names no container"),
        ("http://127.0.0.1:10000/devstoreaccount1", "names no container"),
        (f"{PUBLIC}/$root", "not a container's name"),
        (f"{PUBLIC}/Wheels", "not a container's name"),
        (f"{PUBLIC}/a--b", "not a container's name"),
        (f"{PUBLIC}/ab", "not a container's name"),
        (f"{PUBLIC}/{'a' * 64}", "not a container's name"),
        (f"{PUBLIC}/wheels/../secrets", "not allowed"),
        (f"{PUBLIC}/wheels/%2e%2e/secrets", "not allowed"),
        (f"{PUBLIC}/wheels/./a", "not allowed"),
        (f"{PUBLIC}/wheels//a", "not allowed"),
        (f"{PUBLIC}/wheels/a%2Fb", "not allowed"),
        (f"{PUBLIC}/wheels/a%5Cb", "not allowed"),
        (f"{PUBLIC}/wheels/a%00b", "not allowed"),
        (f"{PUBLIC}/wheels/a.", "not allowed"),
        (f"{PUBLIC}/wheels/%ff", "UTF-8"),
        (f"{PUBLIC}/wheels/{'a' * 600}", "longer than"),
        (f"{PUBLIC}/wheels?", "query"),
        (f"{PUBLIC}/wheels?comp=list", "query"),
        (f"{PUBLIC}/wheels#a", "fragment"),
        ("https://acmepackages.dfs.core.windows.net/wheels", "write blob"),
        ("https://acmepackages-secondary.blob.core.windows.net/wheels", "Leave out -secondary"),
        ("https://acme_packages.blob.core.windows.net/wheels", "not a blob host"),
        ("https://packages.example.com/wheels", "not a blob host"),
        (f"https://user:word@{PUBLIC[8:]}/wheels", "credential"),
    ],
)
def test_refused(value: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_container(value)


@pytest.mark.parametrize(
    "value",
    [
        f"{PUBLIC}/wheels?sv=2024-11-04&sr=c&sig=c2lnbmF0dXJl",
        f"{PUBLIC}/wheels?sig=c2lnbmF0dXJl",
        "DefaultEndpointsProtocol=https;AccountName=acmepackages;AccountKey=c2lnbmF0dXJl",
        "BlobEndpoint=https://acmepackages.blob.core.windows.net/;SharedAccessSignature=c2lnbmF0dXJl",
    ],
)
def test_a_credential_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(ValueError, match="holds a credential") as caught:
        parse_container(value)
    assert "c2lnbmF0dXJl" not in str(caught.value)


@pytest.mark.parametrize(
    ("cloud", "host", "owned"),
    [
        ("AzureCloud", "acme.blob.core.windows.net", True),
        ("AzureCloud", "acme.z07.blob.storage.azure.net", True),
        ("AzureCloud", "acme.blob.core.chinacloudapi.cn", False),
        ("AzureCloud", "acme.blob.core.windows.net.example.com", False),
        ("AzureCloud", "acmeblob.core.windows.net", False),
        ("AzureCloud", "localhost", False),
        ("AzureUSGovernment", "acme.blob.core.usgovcloudapi.net", True),
        ("AzureUSGovernment", "acme.blob.core.windows.net", False),
        ("AzureChinaCloud", "acme.blob.core.chinacloudapi.cn", True),
    ],
)
def test_a_token_for_storage_goes_to_blobs_of_its_cloud_alone(cloud: str, host: str, owned: bool) -> None:
    assert find_cloud(cloud, {}).has_storage(host) is owned
