"""What is masked, and what a child may see."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

from hypothesis import given
from hypothesis import strategies as st

from private_wheel.secrets.child_environ import foreign_environ, installer_environ, public_environ
from private_wheel.secrets.redaction import MASK, Redactor, Secret

TOKENS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C"]), min_size=8, max_size=90
).filter(lambda text: len(text.strip()) >= 8 and MASK not in text)


@given(
    token=TOKENS,
    user=st.text(max_size=12).filter(lambda text: ":" not in text),
    before=st.text(max_size=5),
)
def test_every_derived_form_is_taken_out(token: str, user: str, before: str) -> None:
    redactor = Redactor()
    redactor.add([token])
    forms = [
        token,
        quote(token),
        quote(token, safe=""),
        quote_plus(token),
        json.dumps(token),
        json.dumps(token, ensure_ascii=False),
        repr(token),
    ]
    for form in forms:
        cleaned = redactor.clean(f"{before} {form} behind")
        assert MASK in cleaned
        assert token not in cleaned
    encoded = base64.b64encode(f"{user}:{token}".encode()).decode()
    assert MASK in redactor.clean(f"Authorization: Basic {encoded}")


def test_a_header_with_any_user_name_shows_no_part_of_the_token() -> None:
    token = "abcdefghijklmnopqrstuvwxyz0123456789"
    redactor = Redactor()
    redactor.add([token])
    for user in ("", "u", "us", "use", "private-wheel"):
        encoded = base64.b64encode(f"{user}:{token}".encode()).decode()
        left = redactor.clean(encoded).split(MASK)
        assert len(left) == 2
        assert len(left[1].rstrip("=")) <= 1
        assert base64.b64decode(left[0][: len(left[0]) // 4 * 4]).decode() in f"{user}:{token[:2]}"


def test_each_line_of_a_secret_is_one() -> None:
    redactor = Redactor()
    redactor.add(["first-line\nsecond-line\n"])
    assert redactor.clean("first-line, then second-line") == f"{MASK}, then {MASK}"


def test_what_is_too_short_is_not_masked() -> None:
    redactor = Redactor()
    redactor.add(["abc", " \n"])
    assert redactor.clean("abc and blanks") == "abc and blanks"


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("the-token")
    assert f"{secret} {secret!r} {[secret]}".count("the-token") == 0
    assert secret.value == "the-token"
    assert not Secret("")


ENVIRON = {
    "PATH": "/bin",
    "HOME": "/home/runner",
    "CFLAGS": "-O2",
    "PYTHONPATH_OF_TOKENIZERS": "kept",
    "KEYBOARD": "kept",
    "INPUT_FEEDTOKEN": "x",
    "INPUT_PACKAGE": "x",
    "GITHUB_TOKEN": "x",
    "GITHUB_OUTPUT": "x",
    "GITHUB_ENV": "x",
    "GITHUB_PATH": "x",
    "GITHUB_STEP_SUMMARY": "x",
    "GITHUB_STATE": "x",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "x",
    "ACTIONS_RUNTIME_TOKEN": "x",
    "SYSTEM_ACCESSTOKEN": "x",
    "SECRET_PAT": "x",
    "ENDPOINT_AUTH_1": "x",
    "AZURE_CLIENT_SECRET": "x",
    "AZURE_FEDERATED_TOKEN_FILE": "x",
    "AZURE_DEVOPS_EXT_PAT": "x",
    "ARM_CLIENT_SECRET": "x",
    "ARM_ACCESS_KEY": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AZURE_STORAGE_KEY": "x",
    "AZURE_STORAGE_CONNECTION_STRING": "x",
    "TWINE_PASSWORD": "x",
    "UV_PUBLISH_TOKEN": "x",
    "NPM_TOKEN": "x",
    "DB_PASSWORD": "x",
    "GH_AUTH": "x",
    "MYSQL_PWD": "x",
    "PWD": "/here",
}
PUBLIC = {"PWD", "PATH", "HOME", "CFLAGS", "PYTHONPATH_OF_TOKENIZERS", "KEYBOARD"}


def test_what_looks_like_a_credential_or_belongs_to_the_host_is_not_public() -> None:
    assert public_environ(ENVIRON).keys() == PUBLIC
    assert foreign_environ(ENVIRON).keys() == PUBLIC


def test_a_copy_of_a_token_under_another_name_is_not_public() -> None:
    environ = {
        "INPUT_FEEDTOKEN": "write-token-1",
        "COPY": "prefix write-token-1",
        "OTHER": "write",
        "INPUT_FEED": "acme",
    }
    assert public_environ(environ) == {"OTHER": "write"}


def test_a_value_that_holds_a_credential_is_not_for_foreign_code() -> None:
    environ = {
        "PIP_INDEX_URL": "https://reader:index-password@example.invalid/simple/",
        "UV_INDEX_PRIVATE_PASSWORD": "index-password",
        "UV_PUBLISH_PASSWORD": "x",
        "HTTPS_PROXY": "http://user:proxy-password@proxy.invalid:3128",
        "BLOB": "https://a.blob.core.windows.net/c/x.whl?sv=1&sig=abc",
        "COPY": "prefix-the-token-suffix",
        "PIP_COPY": "the-token",
        "PLAIN": "https://example.invalid/simple/",
    }
    secrets = ["the-token"]
    assert foreign_environ(environ, secrets).keys() == {"PLAIN"}
    assert installer_environ(environ, secrets).keys() == {
        "PLAIN", "PIP_INDEX_URL", "UV_INDEX_PRIVATE_PASSWORD", "HTTPS_PROXY",
    }  # fmt: skip
