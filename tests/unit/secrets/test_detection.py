"""A text that holds a credential, told from one that only looks like it."""

from __future__ import annotations

import time

import pytest

from private_wheel.secrets.detection import find_credentials, first_credential, holds_credential
from private_wheel.secrets.quoting import shown
from private_wheel.secrets.shapes import SHAPES
from tests.masked_forms import masked_forms

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
    # The scheme is broken, or missing.
    "--extra-index-url https:/u:s3cret@h/simple",
    "--extra-index-url //u:s3cret@h/simple",
    "--extra-index-url https//u:s3cret@h/simple",
    "--extra-index-url htps//u:s3cret@h/simple",
    "--extra-index-url https;//u:s3cret@h/simple",
    "--extra-index-url https:u:s3cret@h/simple",
    "--extra-index-url htps:u:s3cret@h/simple",
    "--extra-index-url https:\\\\u:s3cret@h/simple",
    "--extra-index-url user:s3cret@h/simple",
    "--extra-index-url=u:s3cret@h/simple",
    "--extra 'user:s3cret@h/simple'",
    "-iuser:s3cret@h/simple",
    "-f user:s3cret@h/simple",
    "--trusted-host u:s3cret@h",
    "  PIP_INDEX_URL: u:s3cret@h/simple",
    "--extra-index-url abcdefghij0123456789@h/simple",
    "- git+https:user:s3cret@h/r",
    "git+https:/user:s3cret@h/r",
    "git+https:///user:s3cret@h/r",
    "https:/abcdefghij0123456789@h/a.whl",
    "https%3A//u:s3cret@h/x.whl",
    "https%3A%2F%2Fu:s3cret@h/x.whl",
    "https://u%3As3cret@h/x.whl",
    "six @ user:s3cret@h/x.whl",
    "https://:s3cret@h/x.whl",
    "https://git:s3cret@h/x.whl",
    "https://a.b@c.example:s3cret@h/simple/",  # the e-mail address of a user
    "git+ssh://git:s3cret@h/r",
    "image: https://u:s3cret@sha256/a",
    *(
        f"https://u:{before}{blank}{behind}@h/x"
        for blank in "\u00a0\u2003\u3000"
        for before, behind in (("s3cret", "x"), ("", "s3cret"))
    ),
    "https://u\u00a0v:s3cret@h/x",
    "https://a.blob.core.windows.net/w/a.whl?sig=*\u00a0abc",
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
    "six @ git+ssh://git@example.invalid:acme/six.git@v1",
    "git+ssh://git@example.invalid:six.git@v1",
    "git+ssh://a-long-name-of-a-user@example.invalid/six.git",
    "git@github.com:org/repo@v1",
    "# git@github.com:repo@v1",
    "FROM docker://ubuntu:22.04@sha256:" + "a" * 64,
    "image: localhost:5000/a:1@sha256:" + "a" * 64,
    "# ask a.b@c.example: he knows",
    "# of mailto:first.last-name@c.example, or maintainer:first.last@c.example",
    "# write me @ first.last-name@c.example",
    "six @ https://example.invalid/six-1.0-py3-none-any.whl",
    "six@https://example.invalid/six-1.0-py3-none-any.whl",
    "a-name-of-many-letters@https://example.invalid/a.zip",
    "-e git@github.com:org/repo",
    "-i ${A_LONG_NAME_OF_A_TOKEN}@h/simple",
    "-i https:/${USER}:${PASSWORD}@h/simple",
    "https://example.invalid?mail=a:b@c.example",
    "https://example.invalid/simple/a:b@c.example",
    "# at 12:30@noon",
    "--index-url https://example.invalid:8443/simple/",
]


@pytest.mark.parametrize("line", CREDENTIALS)
def test_a_credential_is_found_on_its_line(line: str) -> None:
    before = "name: x\n\n"
    credential = first_credential(f"{before}{line}\n# end\n")
    assert credential
    assert len(before) <= credential.start < len(before) + len(line)
    assert (credential.kind == "signature") == ("sig=" in line)


@pytest.mark.parametrize("line", HARMLESS)
def test_what_only_looks_like_one_is_left(line: str) -> None:
    assert not holds_credential(f"name: x\n{line}\n")


def test_the_runs_own_secrets_are_found_in_every_form() -> None:
    secrets = sorted(masked_forms("correct horse/battery"))
    for form in secrets:
        credential = first_credential(f"a\nb\nc {form} d\n", secrets)
        assert credential
        assert credential.start == len("a\nb\nc ")
    assert first_credential("a\nb\nc\n", ["", *secrets]) is None


def test_the_first_of_several_is_told() -> None:
    text = f"a\n# {NEW_TOKEN}\n# ghp_{'a' * 36}\nhttps://u:p@x/\nxyzzy\n"
    first = first_credential(text, ["xyzzy"])
    second = first_credential("xyzzy\n" + text, ["xyzzy"])
    assert first
    assert second
    assert (first.start, second.start) == (text.index(NEW_TOKEN), 0)


# With these in a text, it is searched for every shape.
HINTS = "".join(f"{hint} " for shape in SHAPES for hint in shape.hints) + "\n"


@pytest.mark.parametrize(
    "unit",
    [
        "://", "@", ":", "/", "//", "\\", "https:", "https:u:p@", "//u:${P}@h", "a@", "a:b@",
        "a@/", "-i ", "-i", " ", " @", ": ", "%40", "%3A", "index_url", "\u00a0", "git+",
        "https:/$A@", "\"", "@ @", "-", "a", "abcdef2", "eyJ", "eyJabcdef.", "sig=", "?sig=",
        "%26sig%3D", "SharedAccessSignature=", "AccountKey=", ";password=", "token", "token: ",
        "token=", "\"token\":\"", "\"token", "bearer ", "bearer 1", "authorization: ", "://a/t/",
        "a.b/", "/t/a1234567/", ":_auth=", "-----BEGIN PRIVATE KEY-----", "-----BEGIN A", "==",
        "Q~", "glpat-",
    ],
)  # fmt: skip
def test_long_texts_are_read_in_linear_time(unit: str) -> None:
    for before, after in [("", ""), ("https://u:", "@"), ("-i ", ""), (HINTS, "")]:
        short = seconds(before + unit * (15_000 // len(unit)) + after)
        long = seconds(before + unit * (120_000 // len(unit)) + after)
        assert long < 24 * short + 0.3


def seconds(text: str) -> float:
    start = time.process_time()
    list(find_credentials(text))
    shown(text)
    return time.process_time() - start
