"""What child processes see of the environment."""

from __future__ import annotations

from private_wheel.secrets.child_environ import foreign_environ, installer_environ, public_environ

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
