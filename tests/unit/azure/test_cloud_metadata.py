"""Which cloud is meant, as far as no server is asked."""

from __future__ import annotations

import pytest

from private_wheel.azure.cloud_metadata import find_cloud
from private_wheel.azure.clouds import CLOUDS
from private_wheel.azure.http import HttpClients
from private_wheel.azure.http_config import HttpConfig
from private_wheel.errors import UnknownCloud


@pytest.mark.parametrize("name", CLOUDS)
def test_a_cloud_by_its_name(name: str) -> None:
    assert find_cloud(name, "", HttpClients(HttpConfig())).name == name


@pytest.mark.parametrize("name", ["AzureStack", "azurecloud", ""])
def test_a_name_that_is_not_known(name: str) -> None:
    """As a service connection may have one."""
    with pytest.raises(UnknownCloud, match=f"'{name}' is not a known cloud"):
        find_cloud(name, "", HttpClients(HttpConfig()))


@pytest.mark.parametrize(
    "url",
    [
        "http://management.example.com/metadata",
        "https://user:secret@management.example.com/metadata",
        "ftp://management.example.com/metadata",
    ],
)
@pytest.mark.parametrize("from_input", [True, False])
def test_metadata_is_read_by_https_only(url: str, from_input: bool) -> None:
    value, metadata_url = (url, "") if from_input else ("AzureCloud", url)
    with pytest.raises(UnknownCloud, match="does not return usable ARM metadata"):
        find_cloud(value, metadata_url, HttpClients(HttpConfig()))
