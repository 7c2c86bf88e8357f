"""Which credential a container gets: the sign-in's token, an emulator's key, or none at all."""

from __future__ import annotations

from typing import Any, cast

import pytest

from private_wheel.azure.clouds import CLOUDS, Cloud
from private_wheel.azure.sign_in import SignIn
from private_wheel.errors import InvalidInputs
from private_wheel.publish.blob.address import parse_container
from private_wheel.publish.blob.credential import storage_credential
from private_wheel.secrets.redaction import Secret

REAL = "https://acmepackages.blob.core.windows.net/wheels"
EMULATOR = "http://127.0.0.1:10000/devstoreaccount1/wheels"
AZURE = CLOUDS["AzureCloud"]
SANDBOX = Cloud(
    name="Sandbox",
    arm="https://localhost:1",
    authority="https://localhost:2",
    storage_suffixes=("storage.localhost",),
)


class SignedIn:
    """A sign-in of which only the cloud is asked."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud


def credential(url: str, key: str = "", cloud: Cloud | None = None) -> Any:
    signed_in = SignedIn(cloud or AZURE)
    return storage_credential(parse_container(url), cast(SignIn, signed_in), Secret(key))


def test_an_emulator_gets_its_key() -> None:
    assert credential(EMULATOR, "a2V5") == {
        "account_name": "devstoreaccount1",
        "account_key": "a2V5",
    }


@pytest.mark.parametrize("key", ["", "a2V5"])
def test_an_account_in_azure_gets_the_sign_in(key: str) -> None:
    assert hasattr(credential(REAL, key), "get_token")


def test_a_sandbox_gets_the_sign_in() -> None:
    assert hasattr(credential("https://localhost:3/acme/wheels", cloud=SANDBOX), "get_token")


@pytest.mark.parametrize(
    ("url", "cloud", "words"),
    [
        ("https://acme.blob.core.chinacloudapi.cn/wheels", None, "core.windows.net"),
        ("https://acme.blob.example.com/wheels", None, "core.windows.net"),
        ("https://acme.blob.example.com/wheels", SANDBOX, "storage.localhost"),
        (REAL, SANDBOX, "Correct the host"),
        (EMULATOR, None, "AZURE_STORAGE_KEY"),
        (EMULATOR, SANDBOX, "AZURE_STORAGE_KEY"),
    ],
)
def test_no_token_goes_to_another_host(url: str, cloud: Cloud | None, words: str) -> None:
    with pytest.raises(InvalidInputs, match="must not be sent to it") as caught:
        credential(url, cloud=cloud)
    assert words in str(caught.value)
