"""Which texts are masked before anything is printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from private_wheel.hosts import SECRET_VARIABLES
from private_wheel.inputs.secret_values import secret_values
from private_wheel.system.pip_configuration import PipConfiguration, read_pip_configuration

NOTHING_CONFIGURED = PipConfiguration(files={}, variables={})

SECRET_NAMES = [
    "INPUT_FEEDTOKEN",
    "INPUT_CONNECTIONTOKEN",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_STORAGE_KEY",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "SYSTEM_ACCESSTOKEN",
    "ENDPOINT_AUTH_PARAMETER_acme-ml_SERVICEPRINCIPALKEY",
    "ENDPOINT_AUTH_PARAMETER_acme-ml_SERVICEPRINCIPALCERTIFICATE",
    "ENDPOINT_AUTH_PARAMETER_acme-ml_APITOKEN",
    "ENDPOINT_AUTH_PARAMETER_acme-ml_IDTOKEN",
    "ENDPOINT_AUTH_PARAMETER_acme-ml_ACCESSTOKEN",
    "endpoint_auth_parameter_acme-ml_idtoken",
]
PLAIN_VARIABLES = [
    "INPUT_FEED",
    "AZURE_CLIENT_ID",
    "ENDPOINT_AUTH_PARAMETER_acme-ml_TENANTID",
    "ENDPOINT_AUTH_SCHEME_acme-ml",
    "ENDPOINT_DATA_acme-ml_ENVIRONMENT",
    "SYSTEM_COLLECTIONURI",
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_the_value_of_a_secret_variable(name: str) -> None:
    assert (
        secret_values({name: "a plain word"}, NOTHING_CONFIGURED, SECRET_VARIABLES)[0]
        == "a plain word"
    )


@pytest.mark.parametrize("name", PLAIN_VARIABLES)
def test_the_value_of_another_variable_is_shown(name: str) -> None:
    assert secret_values({name: "a plain word"}, NOTHING_CONFIGURED, SECRET_VARIABLES) == []


def test_the_token_of_the_job_within_its_own_connection() -> None:
    content = json.dumps({"parameters": {"AccessToken": "words"}, "scheme": "OAuth"})
    environ = {"ENDPOINT_AUTH_SYSTEMVSSCONNECTION": content}
    assert secret_values(environ, NOTHING_CONFIGURED, SECRET_VARIABLES) == ["words"]


def test_blanks_and_the_name_of_a_missing_variable_are_shown() -> None:
    environ = {"INPUT_FEEDTOKEN": " ", "AZURE_CLIENT_SECRET": "$(CLIENT_SECRET)"}
    assert secret_values(environ, NOTHING_CONFIGURED, SECRET_VARIABLES) == []


def test_credentials_within_variables_and_the_configuration_of_pip(tmp_path: Path) -> None:
    configuration = tmp_path / "pip.conf"
    configuration.write_text(
        "[global]\n"
        "extra-index-url = https://a.invalid/simple https://reader:mirror%21password@b.invalid/x\n"
        "[install]\n"
        "find-links = https://a-token-of-a-mirror@c.invalid/links/\n"
        "proxy = http://me:proxy-password@d:1\n"
    )
    environ = {
        "PIP_CONFIG_FILE": str(configuration),
        "PIP_INDEX_URL": "https://reader:index-password@example.invalid/simple/",
    }
    assert set(secret_values(environ, read_pip_configuration(environ), SECRET_VARIABLES)) == {
        *("index-password", "proxy-password"),
        *("mirror%21password", "mirror!password", "a-token-of-a-mirror"),
    }
