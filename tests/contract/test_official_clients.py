"""The sandbox is as good as what Microsoft's and the packaging world's own clients can do with it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.identity.access_tokens import DEVOPS_RESOURCE

SCOPE = f"{DEVOPS_RESOURCE}/.default"
ML_CLIENT = Path(__file__).with_name("ml_client.py")


def run(
    command: list[str], environ: Mapping[str, str], directory: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=dict(environ),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


@dataclass(frozen=True, kw_only=True)
class MLClientRun:
    sandbox: Sandbox
    seen: dict[str, Any]

    def bodies(self, path_part: str) -> dict[str, dict[str, Any]]:
        """Bodies of the PUTs below `path_part` of the workspace, by the last segment of the path."""
        puts = [
            one for one in self.sandbox.requests if one.method == "PUT" and path_part in one.path
        ]
        return {one.path.rpartition("/")[2]: json.loads(one.body) for one in puts}


@pytest.fixture(scope="module")
def ml_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MLClientRun]:
    """One run of azure-ai-ml, told to use the sandbox by variables alone."""
    directory = tmp_path_factory.mktemp("ml_client")
    with Sandbox(directory / "sandbox") as sandbox:
        environ = {
            **os.environ,
            **sandbox.environ(),
            **sandbox.service_principal_environ(sandbox.identities.contributor),
            "FEED_TOKEN": sandbox.tokens.read,
        }
        workspace = sandbox.workspace("acme-ml").short.split("/")
        ended = run(
            [sys.executable, str(ML_CLIENT), *workspace, f"{sandbox.url('feed')}/acme"],
            environ,
            directory,
        )
        assert ended.returncode == 0, ended.stderr
        yield MLClientRun(sandbox=sandbox, seen=json.loads(ended.stdout))


class TestMLClient:
    def test_finds_the_workspace(self, ml_client: MLClientRun) -> None:
        assert ml_client.seen["workspace"] == ml_client.sandbox.workspace("acme-ml").arm_id

    def test_sets_connections(self, ml_client: MLClientRun) -> None:
        stored = ml_client.sandbox.workspace("acme-ml").connections
        token = ml_client.sandbox.tokens.read
        assert stored["with-pat"]["credentials"] == {"pat": token}
        assert stored["with-password"]["credentials"] == {"username": "builder", "password": token}
        assert stored["with-pat"]["authType"] == "PAT"
        assert stored["with-password"]["authType"] == "UsernamePassword"

    def test_lists_over_pages_and_deletes(self, ml_client: MLClientRun) -> None:
        assert ml_client.seen["listed"] == ["third", "with-password", "with-pat"]
        assert ml_client.seen["left"] == ["with-password", "with-pat"]
        assert any("skip=" in one.query for one in ml_client.sandbox.requests)

    def test_reads_a_connection(self, ml_client: MLClientRun) -> None:
        target = f"{ml_client.sandbox.url('feed')}/acme/with-pat"
        assert ml_client.seen["got"] == {
            "type": "python_feed",
            "target": target,
            "credentials": "pat",
        }

    def test_creates_and_reads_an_environment(self, ml_client: MLClientRun) -> None:
        stored = ml_client.sandbox.workspace("acme-ml").environments["forecast"]["1.2.3"]
        assert "acme-forecast==1.2.3" in stored["condaFile"]
        assert ml_client.seen["environment"]["image"] == "example.invalid/base:1"
        assert ml_client.seen["environment"]["conda_file"]["dependencies"][0] == "python=3.11"

    def test_cannot_change_an_environment(self, ml_client: MLClientRun) -> None:
        assert ml_client.seen["changed_environment"] == "409"

    def test_body_of_a_connection(self, ml_client: MLClientRun) -> None:
        """What our own PUT is compared with."""
        assert ml_client.bodies("/connections/")["with-pat"] == {
            "properties": {
                "target": f"{ml_client.sandbox.url('feed')}/acme/with-pat",
                "credentials": {"pat": ml_client.sandbox.tokens.read},
                "metadata": {},
                "category": "PythonFeed",
                "isSharedToAll": True,
                "authType": "PAT",
            }
        }


@pytest.fixture
def trusting(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, trusted by this very process."""
    for name, value in {**sandbox.environ(), **sandbox.azure_pipelines_environ()}.items():
        monkeypatch.setenv(name, value)
    return sandbox


class TestAzureIdentity:
    def test_client_secret(self, trusting: Sandbox) -> None:
        from azure.identity import ClientSecretCredential

        identity = trusting.identities.contributor
        with ClientSecretCredential(
            identity.tenant_id, identity.client_id, identity.secret, **authority(trusting)
        ) as credential:
            check_token(trusting, credential.get_token(SCOPE).token)

    def test_client_assertion_of_a_github_job(self, trusting: Sandbox) -> None:
        import requests
        from azure.identity import ClientAssertionCredential

        job = trusting.github_oidc_environ()

        def assertion() -> str:
            url = f"{job['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience=api%3A%2F%2FAzureADTokenExchange"
            headers = {"Authorization": f"Bearer {job['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"}
            return str(requests.get(url, headers=headers, timeout=60).json()["value"])

        identity = trusting.identities.contributor
        with ClientAssertionCredential(
            identity.tenant_id, identity.client_id, assertion, **authority(trusting)
        ) as credential:
            check_token(trusting, credential.get_token(SCOPE).token)

    def test_azure_pipelines(self, trusting: Sandbox) -> None:
        from azure.identity import AzurePipelinesCredential

        identity = trusting.identities.contributor
        with AzurePipelinesCredential(
            tenant_id=identity.tenant_id,
            client_id=identity.client_id,
            service_connection_id=trusting.service_connection_id,
            system_access_token=trusting.tokens.system_access,
            **authority(trusting),
        ) as credential:
            check_token(trusting, credential.get_token(SCOPE).token)

    def test_workload_identity(self, trusting: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        from azure.identity import WorkloadIdentityCredential

        for name, value in trusting.workload_identity_environ(
            trusting.identities.contributor
        ).items():
            monkeypatch.setenv(name, value)
        with WorkloadIdentityCredential(disable_instance_discovery=True) as credential:
            check_token(trusting, credential.get_token(SCOPE).token)

    def test_wrong_secret(self, trusting: Sandbox) -> None:
        from azure.core.exceptions import ClientAuthenticationError
        from azure.identity import ClientSecretCredential

        identity = trusting.identities.contributor
        with (
            ClientSecretCredential(
                identity.tenant_id, identity.client_id, "wrong", **authority(trusting)
            ) as credential,
            pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
        ):
            credential.get_token(SCOPE)


def authority(sandbox: Sandbox) -> dict[str, Any]:
    return {"authority": sandbox.url("sign-in"), "disable_instance_discovery": True}


def check_token(sandbox: Sandbox, value: str) -> None:
    """The token is for the contributor, and good for Azure DevOps."""
    token = sandbox.access_tokens.find(value)
    assert token is not None
    assert (token.identity, token.audience) == (sandbox.identities.contributor, DEVOPS_RESOURCE)


@pytest.fixture
def twine_upload(
    sandbox: Sandbox, tmp_path: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    def upload(wheel: Path, url: str, user: str, password: str) -> subprocess.CompletedProcess[str]:
        environ = {
            **os.environ,
            **sandbox.environ(),
            "TWINE_USERNAME": user,
            "TWINE_PASSWORD": password,
        }
        options = [
            "--non-interactive",
            "--disable-progress-bar",
            "--verbose",
            "--repository-url",
            url,
        ]
        return run(
            [sys.executable, "-m", "twine", "upload", *options, str(wheel)], environ, tmp_path
        )

    return upload


class TestPackagingClients:
    def test_twine_uploads_once(
        self, sandbox: Sandbox, tiny_wheel: Callable[..., Path], twine_upload: Callable[..., Any]
    ) -> None:
        wheel = tiny_wheel()
        url = sandbox.feed_url("acme", "python", "ml", api="upload")
        first = twine_upload(wheel, url, "any", sandbox.tokens.write)
        assert first.returncode == 0, first.stdout + first.stderr
        second = twine_upload(wheel, url, "any", sandbox.tokens.write)
        assert second.returncode == 1
        reason = "The feed 'python' already contains file 'acme_forecast-1.2.3-py3-none-any.whl'"
        assert reason in " ".join(second.stdout.split())

    def test_twine_to_the_plain_index(
        self, sandbox: Sandbox, tiny_wheel: Callable[..., Path], twine_upload: Callable[..., Any]
    ) -> None:
        wheel = tiny_wheel()
        url = sandbox.plain_index_url.removesuffix("simple/")
        assert twine_upload(wheel, url, *sandbox.plain_index_account).returncode == 0
        second = twine_upload(wheel, url, *sandbox.plain_index_account)
        assert second.returncode == 1
        assert "400 Bad Request" in second.stdout
        assert "already exists" in second.stdout

    @pytest.mark.parametrize("installer", ["pip", "uv"])
    def test_installs_from_the_feed(
        self,
        sandbox: Sandbox,
        tiny_wheel: Callable[..., Path],
        twine_upload: Callable[..., Any],
        tmp_path: Path,
        installer: str,
    ) -> None:
        project = "data science"
        upload_url = sandbox.feed_url("acme", "python", project, api="upload")
        assert twine_upload(tiny_wheel(), upload_url, "any", sandbox.tokens.write).returncode == 0
        index = sandbox.feed_url("acme", "python", project).replace(
            "//", f"//any:{sandbox.tokens.read}@", 1
        )
        target = tmp_path / "installed"
        ended = run(
            [*install_command(installer), "--target", str(target), "acme-forecast"],
            {**os.environ, **sandbox.environ(), "PIP_INDEX_URL": index, "UV_INDEX_URL": index},
            tmp_path,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert (target / "acme_forecast.py").read_text() == "ANSWER = 42\n"
        served = [one for one in sandbox.requests if one.server == "storage"]
        assert served
        assert all("Authorization" not in one.headers for one in served)


def install_command(installer: str) -> list[str]:
    if installer == "pip":
        return [sys.executable, "-m", "pip", "install"]
    uv = shutil.which(
        "uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    )
    assert uv, "uv is one of the development requirements"
    return [uv, "pip", "install", "--no-cache", "--no-config"]
