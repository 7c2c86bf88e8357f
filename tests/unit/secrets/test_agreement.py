"""One answer to "is this a credential?": for children, for files, and for masking."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from private_wheel.environment.base import WrongFile, read_base
from private_wheel.inputs.secret_values import secret_values
from private_wheel.secrets.child_environ import foreign_environ
from private_wheel.secrets.redaction import MASK, Redactor
from private_wheel.system.pip_configuration import PipConfiguration

OLD_PAT = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst"
NEW_PAT = "A1b2" * 19 + "AZDO" + "9xYz"
KEY = "k3Y+" * 21 + "k3=="
GITHUB = "ghp_" + "aB3" * 12
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
SIG = "c2lnbmF0dXJl%2BLW9m%3D"
PEM = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"


@dataclass(frozen=True)
class Held:
    """A text, the part of it that is secret, and words of it that are not."""

    text: str
    secret: str
    plain: tuple[str, ...] = field(default=())


CREDENTIALS = [
    # The rows of the table that the three answers used to disagree on.
    Held(f"SharedAccessSignature=sig={SIG}", SIG, ("SharedAccessSignature",)),
    Held("SharedAccessKey=s3cretkey=", "s3cretkey=", ("SharedAccessKey",)),
    Held(
        "https://s3.example.invalid/x?X-Amz-Signature=0123456789abcdef",
        "0123456789abcdef",
        ("s3.example.invalid", "X-Amz-Signature"),
    ),
    Held(f"token {GITHUB}", GITHUB, ("token",)),
    Held("https://h.invalid/x?access_token=s3cret", "s3cret", ("h.invalid", "access_token")),
    # Signed URLs.
    Held(f"https://a.blob.core.windows.net/w/a.whl?sv=1&sig={SIG}&se=2", SIG, ("a.whl", "sv=1")),
    Held(f"https://a.blob.core.windows.net/w/a.whl?sv=1&amp;sig={SIG}", SIG, ("a.whl",)),
    Held(f"https%3A%2F%2Fa.invalid%2Fw%3Fsv%3D1%26sig%3D{SIG}%26se%3D2", SIG, ("a.invalid",)),
    Held(f"sig={SIG}&se=2030-01-01&sp=rl", SIG, ("2030-01-01",)),
    Held(f"SharedAccessSignature sr=acme.invalid&sig={SIG}&se=1", SIG, ("acme.invalid",)),
    Held("https://storage.invalid/b/o?X-Goog-Signature=0a1b2c3d4e5f", "0a1b2c3d4e5f", ("b/o",)),
    Held("https://b.invalid/o?GoogleAccessId=me&Signature=aGVsbG8%3D", "aGVsbG8%3D", ("me",)),
    Held("https://s3.invalid/x?X-Amz-Security-Token=IQoJb3Jp", "IQoJb3Jp", ("s3.invalid",)),
    # Connection strings.
    Held(
        "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=s3cret==;EndpointSuffix=x.net",
        "s3cret==",
        ("DefaultEndpointsProtocol", "acme", "x.net"),
    ),
    Held(
        "BlobEndpoint=https://acme.invalid/;SharedAccessSignature="
        f"sv=2024-11-04&ss=b&sig={SIG};TableEndpoint=x",
        SIG,
        ("BlobEndpoint", "2024-11-04", "TableEndpoint"),
    ),
    Held("BlobEndpoint=https://a.invalid/;SharedAccessSignature=c2lnbmF0dXJl", "c2lnbmF0dXJl"),
    Held(
        "Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=s3c=",
        "s3c=",
        ("servicebus", "SharedAccessKeyName", "Root"),
    ),
    Held("HostName=a.invalid;DeviceId=d;SharedAccessKey=s3cretkey=", "s3cretkey=", ("a.invalid",)),
    Held("Server=tcp:db.invalid,1433;User ID=me;Password=s3cret!;Encrypt=True", "s3cret!", ("me",)),
    # Logins in URLs.
    Held("https://reader:s3cret@h.invalid/simple/", "s3cret", ("reader", "h.invalid")),
    Held("https://reader:s3c%40ret%21@h.invalid/simple/", "s3c%40ret%21", ("reader",)),
    Held("https://reader:s3c@ret@h.invalid/simple/", "s3c@ret", ("reader", "h.invalid")),
    Held("https://:s3cret@h.invalid/", "s3cret", ("h.invalid",)),
    Held("https://u%3As3cret@h.invalid/x", "s3cret", ("h.invalid",)),
    Held("https%3A%2F%2Fuser:s3cret@h.invalid/x", "s3cret", ("user", "h.invalid")),
    Held("http://me:s3cret@proxy.invalid:3128", "s3cret", ("proxy.invalid", "3128")),
    Held("git+https://x-token-auth:s3cret@b.invalid/acme/lib.git@v1", "s3cret", ("lib.git",)),
    Held("git+https://abcdefghij0123456789@g.invalid/acme/lib", "abcdefghij0123456789", ("acme",)),
    Held(
        "https://abcdefghij0123456789:x-oauth-basic@g.invalid/acme/lib",
        "abcdefghij0123456789",
        ("x-oauth-basic",),
    ),
    Held("https://abcdefghij0123456789:@h.invalid/x", "abcdefghij0123456789", ("h.invalid",)),
    Held("--extra-index-url user:s3cret@h.invalid/simple", "s3cret", ("user", "simple")),
    # Headers and parameters.
    Held(f"Authorization: Bearer {JWT}", JWT, ("Authorization", "Bearer")),
    Held(f"Bearer {JWT}", JWT, ("Bearer",)),
    Held("Bearer 0123456789abcdefghij", "0123456789abcdefghij", ("Bearer",)),
    Held("AUTHORIZATION: basic OnMzY3JldA==", "OnMzY3JldA==", ("basic",)),
    Held("PRIVATE-TOKEN: s3cret-value", "s3cret-value", ("PRIVATE",)),
    Held("https://gitlab.invalid/api?private_token=s3cret&x=1", "s3cret", ("gitlab.invalid",)),
    Held("https://h.invalid/x?a=1&api-key=s3cret", "s3cret", ("api-key",)),
    Held("https://raw.invalid/f?token=GHSAT0AAAAAA", "GHSAT0AAAAAA", ("raw.invalid",)),
    Held("https://conda.invalid/t/ab-1234-5678/acme", "ab-1234-5678", ("conda.invalid", "acme")),
    Held("//registry.invalid/:_authToken=s3cret-value", "s3cret-value", ("registry.invalid",)),
    Held('{"clientId": "acme", "clientSecret": "s3cret-1"}', "s3cret-1", ("clientId", "acme")),
    # Tokens and keys.
    Held(f"pat {OLD_PAT}", OLD_PAT, ("pat ",)),
    Held(f"pat {NEW_PAT}", NEW_PAT, ("pat ",)),
    Held(f"key {KEY}", KEY, ("key ",)),
    Held("is abc8Q~" + "d1-_" * 8, "abc8Q~" + "d1-_" * 8, ("is ",)),
    Held("github_pat_" + "aB3_" * 10, "github_pat_" + "aB3_" * 10),
    Held("npm_" + "aB3" * 12, "npm_" + "aB3" * 12),
    Held("glpat-" + "aB3-" * 5, "glpat-" + "aB3-" * 5),
    Held("xoxb-123456789012-abcdef", "xoxb-123456789012-abcdef"),
    Held("pypi-AgEIcHlwaS5vcmcCJDEy", "pypi-AgEIcHlwaS5vcmcCJDEy"),
    Held("hf_" + "aB3" * 11, "hf_" + "aB3" * 11),
    Held(f"-----BEGIN PRIVATE KEY-----\n{PEM}\n-----END PRIVATE KEY-----", PEM, ("BEGIN", "END")),
    Held(f"-----BEGIN RSA PRIVATE KEY-----\n{PEM}\n", PEM, ("RSA",)),
]

HARMLESS = [
    "https://acme@dev.azure.com/acme/p/_git/r",
    "https://a-long-organisation-name@dev.azure.com/a-long-organisation-name/p/_git/r",
    "git+https://acme@dev.azure.com/acme/p/_git/r@v1",
    "git@github.com:acme/lib.git",
    "ssh://git@github.com/acme/lib.git",
    "git+ssh://a-long-name-of-a-user@h.invalid/lib.git",
    "first.last-name@c.invalid",
    "mailto:first.last-name@c.invalid",
    "acme.azurecr.io/train:1@sha256:" + "0a" * 32,
    "https://reader:$(TOKEN)@h.invalid/simple/",
    "https://reader:${TOKEN}@h.invalid/simple/",
    "https://${TOKEN}@h.invalid/simple/",
    "https://reader:<token>@h.invalid/simple/",
    "https://reader:***@h.invalid/simple/",
    "https://h.invalid/x?access_token=***",
    "https://h.invalid/x?access_token=${TOKEN}",
    "https://h.invalid/x?access_token=${{ secrets.TOKEN }}",
    "https://a.invalid/w/a.whl?sv=1&sig=$(SAS)",
    "AccountName=acme;AccountKey=<key>",
    "SharedAccessKeyName=RootManageSharedAccessKey",
    "https://discuss.invalid/t/a-subject-with-3-words/12345",
    "/mnt/t/private-wheel-1/bin:/usr/bin",
    "https://h.invalid:8443/simple/",
    "https://h.invalid/a.whl?design=1&version=2",
    "token: refresh the token of the feed",
    "a bearer of bad news and the authorization of it",
    "cd x; pwd=/home/runner; ls",
    '{"token": "string", "secret": ""}',
    "0123456789abcdef" * 4,
    "8f14e45f-ceea-467f-a9f1-1b2c3d4e5f60",
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "sig==1.0",
]


def a_child_sees(text: str) -> bool:
    return bool(foreign_environ({"VALUE": text}))


def a_file_is_refused(text: str, checkout: Path) -> bool:
    indented = "".join(f"    {line}\n" for line in text.splitlines())
    content = f"dependencies:\n- python=3.11\nvariables:\n  VALUE: |-\n{indented}"
    (checkout / "base.yml").write_text(content)
    try:
        read_base("base.yml", checkout)
    except WrongFile as error:
        return "credential" in str(error) or "signature" in str(error)
    return False


def masked(text: str) -> list[str]:
    return secret_values({"VALUE": text}, PipConfiguration(files={}, variables={}), ())


@pytest.mark.parametrize("held", CREDENTIALS, ids=lambda held: held.text[:60])
def test_a_credential_is_one_for_all(held: Held, checkout: Path) -> None:
    assert not a_child_sees(held.text)
    assert a_file_is_refused(held.text, checkout)
    redactor = Redactor()
    redactor.add(masked(held.text))
    cleaned = redactor.clean(held.text)
    assert MASK in cleaned
    for line in held.secret.splitlines():
        assert line not in cleaned


@pytest.mark.parametrize("held", CREDENTIALS, ids=lambda held: held.text[:60])
def test_only_the_secret_part_is_masked(held: Held) -> None:
    redactor = Redactor()
    redactor.add(masked(held.text))
    cleaned = redactor.clean(held.text)
    assert all(word in cleaned for word in held.plain)
    assert all(held.secret.find(word) < 0 for word in held.plain)
    assert redactor.clean(held.secret) == MASK or "\n" in held.secret


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_credential_is_none_for_anybody(text: str, checkout: Path) -> None:
    assert a_child_sees(text)
    assert not a_file_is_refused(text, checkout)
    assert masked(text) == []


def test_a_secret_is_masked_as_it_is_written_and_as_it_is_used() -> None:
    assert set(masked("https://reader:mirror%21password@b.invalid/")) == {
        "mirror%21password",
        "mirror!password",
    }
    assert "a+b=c!++" in masked(
        "https%3A%2F%2Fa.invalid%2F%3Fsv%3D1%26sig%3Da%252Bb%253Dc%2521%252B%252B"
    )
    one_line = (
        "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkq\\nBKcwggSj\\n-----END PRIVATE KEY-----"
    )
    redactor = Redactor()
    redactor.add(masked(one_line))
    assert redactor.clean("MIIEvQIBADANBgkq and BKcwggSj") == "*** and ***"
