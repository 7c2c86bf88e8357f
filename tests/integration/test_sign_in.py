"""Sign-in against the stand-in for Entra and GitHub's issuer."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

import pytest

from .conftest import Job, Outcome

AMBIENT = (
    "AZURE_CLIENT_ID",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE",
)
NO_OIDC = {"ACTIONS_ID_TOKEN_REQUEST_URL": "", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}


@pytest.fixture(autouse=True)
def _no_ambient_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in AMBIENT:
        monkeypatch.delenv(name, raising=False)


def connect(job: Job, variables: dict[str, str] | None = None, /, **inputs: str) -> Outcome:
    wanted = {
        "publish_to": "none",
        "feed": job.feed_inputs()["feed"],
        **job.workspace_inputs(),
        **inputs,
    }
    return job.run(variables, **wanted)


def test_github_oidc(job: Job) -> None:
    assert connect(job).status == 0


def test_a_service_principal_in_the_environment(job: Job) -> None:
    variables = {
        **NO_OIDC,
        **job.sandbox.service_principal_environ(job.sandbox.identities.contributor),
    }
    assert connect(job, variables, azure_client_id="", azure_tenant_id="").status == 0


def test_workload_identity(job: Job) -> None:
    variables = {
        **NO_OIDC,
        **job.sandbox.workload_identity_environ(job.sandbox.identities.contributor),
    }
    assert connect(job, variables, azure_client_id="", azure_tenant_id="").status == 0


def test_az_login(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Azure CLI is a stand-in of a few lines: it prints the token that it was given, as `az`
    does."""
    token = job.sandbox.access_tokens.issue(
        job.sandbox.identities.contributor, job.sandbox.url("arm")
    )
    script = tmp_path / "bin" / "az"
    script.parent.mkdir()
    script.write_text(
        textwrap.dedent(
            f"""\
            #!{sys.executable}
            import json
            print(json.dumps({{"accessToken": {token!r}, "expiresOn": "2999-01-01 00:00:00.000000"}}))
            """
        )
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    outcome = connect(job, NO_OIDC, azure_client_id="", azure_tenant_id="")
    assert outcome.status == 0, outcome.log
    assert token not in "".join(
        line for line in outcome.log.splitlines() if not line.startswith("::add-mask::")
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"azure_client_id": "11111111-2222-3333-4444-555555555555"},
            ("AADSTS700016", "azure-client-id"),
        ),
        (
            {"azure_tenant_id": "11111111-2222-3333-4444-555555555555"},
            ("AADSTS90002", "azure-tenant-id"),
        ),
    ],
)
def test_what_entra_refuses_is_told_with_its_code(
    job: Job, change: dict[str, str], words: tuple[str, ...]
) -> None:
    outcome = connect(job, **change)
    assert (outcome.status, len(outcome.errors)) == (4, 1), outcome.log
    assert all(word in outcome.errors[0] for word in ("PW401", *words))
    assert job.sent() == []


def test_a_repository_that_the_application_does_not_know(job: Job) -> None:
    outcome = connect(job, job.sandbox.github_oidc_environ("repo:globex/other:ref:refs/heads/main"))
    assert (outcome.status, len(outcome.errors)) == (4, 1)
    assert "federated credential" in outcome.errors[0]


def test_a_job_without_the_permission_for_oidc(job: Job) -> None:
    outcome = connect(job, NO_OIDC)
    assert (outcome.status, len(outcome.errors)) == (4, 1)
    assert "id-token: write" in outcome.errors[0]


def test_nothing_to_sign_in_with(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = connect(job, NO_OIDC, azure_client_id="", azure_tenant_id="")
    assert (outcome.status, len(outcome.errors)) == (4, 1), outcome.log
    assert "PW401" in outcome.errors[0]
    assert "az login" in outcome.errors[0]


def test_the_assertion_is_fetched_afresh(wheel_job: Job) -> None:
    """Once for ARM and once for the feed: GitHub's token lives for five minutes only."""
    inputs = {**wheel_job.workspace_inputs(), "feed": wheel_job.feed_inputs()["feed"]}
    assert wheel_job.run(package="*.whl", **inputs).status == 0
    assert (
        len([request for request in wheel_job.sandbox.requests if request.server == "github"]) == 2
    )


@pytest.mark.parametrize("cloud", ["url", "variable"])
def test_a_cloud_by_its_metadata_url(job: Job, monkeypatch: pytest.MonkeyPatch, cloud: str) -> None:
    if cloud == "url":
        monkeypatch.delenv("ARM_CLOUD_METADATA_URL")
    outcome = connect(job, cloud=job.sandbox.metadata_url if cloud == "url" else "")
    assert outcome.status == 0, outcome.log


def test_a_metadata_url_that_leads_nowhere(job: Job) -> None:
    outcome = connect(job, cloud=job.sandbox.url("arm") + "/nothing")
    assert (outcome.status, len(outcome.errors)) == (2, 1)
    assert "PW112" in outcome.errors[0]
    assert "cloud" in outcome.errors[0]
