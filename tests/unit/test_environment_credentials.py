"""A text that holds a credential, told from one that only looks like it."""

from __future__ import annotations

import pytest

from private_wheel.environment.credentials import Credential, held_credential
from private_wheel.secrets import derived_forms

NEW_TOKEN = "A1b2" * 19 + "AZDO" + "9xYz"
OLD_TOKEN = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst"

CREDENTIALS = [
    "--extra-index-url https://user:secret@pkgs.dev.azure.com/acme/_packaging/python/pypi/simple/",
    "git+https://x-token-auth:s3cret@bitbucket.org/acme/lib.git#egg=lib",
    "- git+https://abcdefghij0123456789@github.com/acme/lib.git",
    "https://abcdefghij0123456789:x-oauth-basic@github.com/acme/lib.git",
    "https://${USER}:secret@example.invalid/simple/",
    "https://acme.blob.core.windows.net/w/a.whl?sv=2024-01-01&sig=abc%3D",
    "https://acme.blob.core.windows.net/w/a.whl?sig=abc",
    "https://acme.blob.core.windows.net/w/a.whl?sv=1&amp;sig=abc",
    "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=abcd==;EndpointSuffix=x",
    f"# {OLD_TOKEN}",
    f"TOKEN={NEW_TOKEN}",
    *(f"# gh{letter}_{'aB3' * 12}" for letter in "opsur"),
    f"github_pat_{'aB3_' * 10}",
    "pypi-AgEIcHlwaS5vcmcCJDEyMzQ1Njc4",
    "token: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----",
]

HARMLESS = [
    "git+ssh://git@github.com/acme/lib.git@v1.0#egg=lib",
    "git+https://git@github.com/acme/lib.git@" + "0123456789abcdef" * 2 + "01234567",
    "https://acme@dev.azure.com/acme/project/_git/lib",
    "https://a-long-organisation-name@dev.azure.com/a-long-organisation-name/p/_git/lib",
    "--index-url https://${USER}:${PASSWORD}@example.invalid/simple/",
    "--index-url https://a-long-service-account:${PASSWORD}@example.invalid/simple/",
    "--index-url https://${A_LONG_NAME_OF_A_TOKEN}@example.invalid/simple/",
    "# https://user:<token>@example.invalid/simple/",
    "git+https://example.invalid:8443/acme/lib.git@v1.0",
    "numpy==1.0 --hash=sha256:" + "0123456789abcdef" * 4,
    "# " + "0123456789abcdef" * 3 + "0123",  # 52 letters, and a hash's
    "image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04@sha256:" + "a" * 64,
    "design==1.0 ; extra == 'sig'",
    "https://example.invalid/a.whl?design=1",
]


@pytest.mark.parametrize("line", CREDENTIALS)
def test_a_credential_is_found_on_its_line(line: str) -> None:
    found = held_credential(f"name: x\n\n{line}\n# end\n")
    assert found == Credential(line=3, is_signature="sig=" in line)


@pytest.mark.parametrize("line", HARMLESS)
def test_what_only_looks_like_one_is_left(line: str) -> None:
    assert held_credential(f"name: x\n{line}\n") is None


def test_the_runs_own_secrets_are_found_in_every_form() -> None:
    secrets = sorted(derived_forms("correct horse/battery"))
    for form in secrets:
        assert held_credential(f"a\nb\nc {form} d\n", secrets) == Credential(line=3, is_signature=False)
    assert held_credential("a\nb\nc\n", ["", *secrets]) is None


def test_the_first_of_several_is_told() -> None:
    text = f"a\n# {NEW_TOKEN}\n# ghp_{'a' * 36}\nhttps://u:p@x/\nxyzzy\n"
    first, second = held_credential(text, ["xyzzy"]), held_credential("xyzzy\n" + text, ["xyzzy"])
    assert (first, second) == (Credential(line=2, is_signature=False), Credential(line=1, is_signature=False))
