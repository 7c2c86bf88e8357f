"""The sandbox's sign-in refuses what Microsoft Entra ID refuses, as it refuses it."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox import Sandbox
from sandbox.identity.access_tokens import DEVOPS_RESOURCE
from sandbox.identity.token_issuers import TokenIssuer
from tests.sandbox.calls import call

GITHUB = "repo:acme/acme-forecast:ref:refs/tags/v1.2.3"


def assertion_form(assertion: str) -> dict[str, str | None]:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return {"client_assertion_type": kind, "client_assertion": assertion, "client_secret": None}


def assertion(sandbox: Sandbox, case: str) -> str:
    """A GitHub job's token with one thing wrong."""
    github = sandbox.github
    job = sandbox.github_oidc_environ(
        "repo:acme/fork:ref:refs/heads/main" if case == "subject" else GITHUB
    )
    if case == "expired":
        github.lifetime = -1
    if case == "foreign":
        return TokenIssuer("https://issuer.invalid").issue(GITHUB)
    if case == "forged":
        return TokenIssuer(github.url).issue(GITHUB)
    audience = "api://other" if case == "audience" else "api://AzureADTokenExchange"
    answer = call(
        sandbox,
        "GET",
        job["ACTIONS_ID_TOKEN_REQUEST_URL"],
        params={"audience": audience},
        headers={"Authorization": f"Bearer {job['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"},
    )
    return str(answer.json()["value"])


def sign_in(
    sandbox: Sandbox, tenant: str | None = None, **changes: str | None
) -> requests.Response:
    identity = sandbox.identities.contributor
    form: dict[str, str | None] = {
        "grant_type": "client_credentials",
        "client_id": identity.client_id,
        "client_secret": identity.secret,
        "scope": f"{DEVOPS_RESOURCE}/.default",
    }
    url = f"{sandbox.url('sign-in')}/{tenant or sandbox.tenant_id}/oauth2/v2.0/token"
    return call(sandbox, "POST", url, data=form | changes)


class TestSignIn:
    @pytest.mark.parametrize(
        ("changes", "status", "number"),
        [
            ({"client_id": "00000000-0000-0000-0000-000000000000"}, 400, "AADSTS700016"),
            ({"client_secret": "wrong"}, 401, "AADSTS7000215"),
            ({"client_secret": None}, 401, "AADSTS7000218"),
            ({"tenant": "00000000-0000-0000-0000-000000000000"}, 400, "AADSTS90002"),
            ({"grant_type": "password"}, 400, "AADSTS70003"),
            ({"scope": DEVOPS_RESOURCE}, 400, "AADSTS1002012"),
            ({"scope": "https://unknown.invalid/.default"}, 400, "AADSTS500011"),
        ],
    )
    def test_refusals(
        self, sandbox: Sandbox, changes: dict[str, Any], status: int, number: str
    ) -> None:
        answer = sign_in(sandbox, **changes)
        assert answer.status_code == status
        assert answer.json()["error_description"].startswith(f"{number}:")

    @pytest.mark.parametrize(
        ("case", "status", "number"),
        [
            ("right", 200, ""),
            ("subject", 400, "AADSTS70021:"),
            ("foreign", 400, "AADSTS70021:"),
            ("forged", 401, "AADSTS700027:"),
            ("audience", 401, "AADSTS700212:"),
            ("expired", 401, "AADSTS700024:"),
        ],
    )
    def test_assertions(self, sandbox: Sandbox, case: str, status: int, number: str) -> None:
        answer = sign_in(sandbox, **assertion_form(assertion(sandbox, case)))
        assert answer.status_code == status, answer.text
        assert answer.json().get("error_description", "").startswith(number)

    def test_unknown_tenant_has_no_discovery(self, sandbox: Sandbox) -> None:
        url = f"{sandbox.url('sign-in')}/unknown/v2.0/.well-known/openid-configuration"
        assert call(sandbox, "GET", url).json()["error_codes"] == [90002]

    def test_issuers_want_their_tokens(self, sandbox: Sandbox) -> None:
        headers = {"Authorization": "Bearer wrong"}
        github = sandbox.github_oidc_environ()["ACTIONS_ID_TOKEN_REQUEST_URL"]
        assert call(sandbox, "GET", f"{github}&audience=x", headers=headers).status_code == 401
        pipelines = sandbox.azure_pipelines_environ()["SYSTEM_OIDCREQUESTURI"]
        assert (
            call(sandbox, "POST", f"{pipelines}?api-version=7.1", headers=headers).status_code
            == 401
        )

    def test_pipelines_issuer_wants_a_known_connection(self, sandbox: Sandbox) -> None:
        url = sandbox.azure_pipelines_environ()["SYSTEM_OIDCREQUESTURI"] + "?api-version=7.1"
        headers = {"Authorization": f"Bearer {sandbox.tokens.system_access}"}
        ids = ("unknown", sandbox.service_connection_id)
        answers = [
            call(sandbox, "POST", f"{url}&serviceConnectionId={one}", headers=headers)
            for one in ids
        ]
        assert [answer.status_code for answer in answers] == [404, 200]
        assert "oidcToken" in answers[1].json()
