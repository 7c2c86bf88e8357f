"""What the environment offers: read once, and shown by nobody."""

from __future__ import annotations

import json

import pytest

from private_wheel.azure.http_config import HttpConfig
from private_wheel.inputs.ambient import (
    read_emulator_key,
    read_http_config,
    read_job_token,
    read_service_connection,
    read_sign_in,
    read_system_token,
)

ID = "11111111-2222-3333-4444-555555555555"
OWN_CONNECTION = "ENDPOINT_AUTH_SYSTEMVSSCONNECTION"


def connection_environ(scheme: str, **parameters: str) -> dict[str, str]:
    environ = {f"ENDPOINT_AUTH_PARAMETER_{ID}_{name}": value for name, value in parameters.items()}
    return {
        f"ENDPOINT_AUTH_SCHEME_{ID}": scheme,
        f"ENDPOINT_DATA_{ID}_ENVIRONMENT": "AzureUSGovernment",
        f"ENDPOINT_DATA_{ID}_MSICLIENTID": "managed-identity",
        "SYSTEM_OIDCREQUESTURI": "https://issuer.example/token",
        "SYSTEM_ACCESSTOKEN": "token-of-the-job",
        **environ,
    }


def test_a_workload_identity_federation() -> None:
    environ = connection_environ(
        "WorkloadIdentityFederation", TENANTID="tenant", SERVICEPRINCIPALID="client"
    )
    service = read_service_connection(ID, environ)
    assert (service.identifier, service.tenant_id, service.client_id) == (ID, "tenant", "client")
    assert service.cloud == "AzureUSGovernment"
    assert service.issuer.url == "https://issuer.example/token"
    assert service.issuer.request_token.value == "token-of-the-job"
    assert not service.secret
    assert not service.certificate


@pytest.mark.parametrize(
    ("kind", "secret", "certificate"),
    [
        ({}, "the-secret", ""),
        ({"AUTHENTICATIONTYPE": "spnKey"}, "the-secret", ""),
        ({"AUTHENTICATIONTYPE": "spnCertificate"}, "", "the-pem"),
    ],
)
def test_a_service_principal(kind: dict[str, str], secret: str, certificate: str) -> None:
    environ = connection_environ(
        "ServicePrincipal",
        SERVICEPRINCIPALKEY="the-secret",
        SERVICEPRINCIPALCERTIFICATE="the-pem",
        **kind,
    )
    service = read_service_connection(ID, environ)
    assert (service.secret.value, service.certificate.value) == (secret, certificate)


def test_a_managed_identity_has_its_id_elsewhere() -> None:
    service = read_service_connection(ID, connection_environ("ManagedServiceIdentity"))
    assert service.client_id == "managed-identity"


@pytest.mark.parametrize(
    ("environ", "words"),
    [({}, "no such service connection"), (connection_environ("Token"), "the scheme Token")],
)
def test_a_connection_that_cannot_sign_in(environ: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_service_connection(ID, environ)


@pytest.mark.parametrize(
    ("environ", "token"),
    [
        ({}, ""),
        ({"SYSTEM_ACCESSTOKEN": "mapped"}, "mapped"),
        ({OWN_CONNECTION: json.dumps({"parameters": {"AccessToken": "own"}})}, "own"),
        (
            {
                OWN_CONNECTION: json.dumps({"parameters": {"AccessToken": "own"}}),
                "SYSTEM_ACCESSTOKEN": "mapped",
            },
            "own",
        ),
        ({OWN_CONNECTION: "{broken", "SYSTEM_ACCESSTOKEN": "mapped"}, "mapped"),
        ({OWN_CONNECTION: "[]", "SYSTEM_ACCESSTOKEN": "mapped"}, "mapped"),
        ({OWN_CONNECTION: '{"parameters": null}', "SYSTEM_ACCESSTOKEN": "mapped"}, "mapped"),
        ({OWN_CONNECTION: '{"parameters": {}}'}, ""),
    ],
)
def test_the_token_of_an_azure_pipelines_job(environ: dict[str, str], token: str) -> None:
    assert read_system_token(environ).value == token
    organisation = "https://dev.azure.com/acme/"
    job = read_job_token({**environ, "SYSTEM_COLLECTIONURI": organisation})
    assert (job.token.value, job.collection) == (token, organisation)


def test_what_the_environment_offers_hides_its_secrets() -> None:
    secrets = {
        "AZURE_CLIENT_SECRET": "client-secret",
        "AZURE_CLIENT_CERTIFICATE_PASSWORD": "certificate-password",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token",
    }
    others = {
        "AZURE_TENANT_ID": "ambient-tenant",
        "AZURE_CLIENT_ID": "ambient-client",
        "AZURE_CLIENT_CERTIFICATE_PATH": "ambient.pem",
        "AZURE_FEDERATED_TOKEN_FILE": "ambient-token",
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://github.example/token",
        "ARM_CLOUD_METADATA_URL": "https://metadata.example/",
    }
    config = read_sign_in(
        {**secrets, **others},
        client_id="client",
        tenant_id="tenant",
        cloud="AzureCloud",
        service_connection=None,
    )
    assert config.ambient.client_secret.value == "client-secret"
    assert config.ambient.certificate_password.value == "certificate-password"
    assert config.github.request_token.value == "request-token"
    shown = repr(config)
    assert [value for value in others.values() if value not in shown] == []
    assert [value for value in secrets.values() if value in shown] == []


@pytest.mark.parametrize(
    ("environ", "ca_bundle"),
    [
        ({}, ""),
        ({"REQUESTS_CA_BUNDLE": "a.pem"}, "a.pem"),
        ({"CURL_CA_BUNDLE": "b.pem"}, "b.pem"),
        ({"REQUESTS_CA_BUNDLE": "a.pem", "CURL_CA_BUNDLE": "b.pem"}, "a.pem"),
        ({"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "b.pem"}, "b.pem"),
    ],
)
def test_the_ca_file_of_the_environment(environ: dict[str, str], ca_bundle: str) -> None:
    assert read_http_config(environ) == HttpConfig(ca_bundle=ca_bundle)


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({}, ""),
        ({"AZURE_STORAGE_KEY": "a2V5"}, "a2V5"),
        ({"AZURE_STORAGE_CONNECTION_STRING": "AccountName=a;AccountKey=a2V5==;X=1"}, "a2V5=="),
        ({"AZURE_STORAGE_CONNECTION_STRING": "accountkey=b", "AZURE_STORAGE_KEY": "a"}, "b"),
        ({"AZURE_STORAGE_CONNECTION_STRING": "UseDevelopmentStorage=true"}, ""),
    ],
)
def test_the_key_in_the_environment(environ: dict[str, str], key: str) -> None:
    assert read_emulator_key(environ).value == key
