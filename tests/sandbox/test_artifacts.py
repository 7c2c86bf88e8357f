"""The sandbox's artifact service: what SDK v1's own client would see, and links that work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient

from sandbox import Sandbox
from sandbox.identity.access_tokens import STORAGE_RESOURCE
from tests.sandbox.calls import VERSION, bearer, call, call_arm

FOLDER = "Environment/azureml-private-packages"
WHEEL = "foo-1.0-py3-none-any.whl"
OTHER = "foo-1.0+local.1-py3-none-any.whl"
BLOCK = 64 * 1024


def service(
    sandbox: Sandbox,
    method: str,
    below: str,
    who: str = "contributor",
    workspace: str = "acme-ml",
    audience: str = "",
    **options: Any,
) -> requests.Response:
    service, arm_id = sandbox.url("artifact-service"), sandbox.workspace(workspace).arm_id
    root = f"{service}/artifact/v2.0{arm_id}/artifacts"
    headers = {
        **bearer(sandbox, getattr(sandbox.identities, who), audience),
        **options.pop("headers", {}),
    }
    return call(sandbox, method, root + below, headers=headers, **options)


def register(sandbox: Sandbox, *names: str, **options: Any) -> requests.Response:
    headers = {"Content-Type": "application/json-patch+json; charset=utf-8"}
    body = {"paths": [{"path": name} for name in names]}
    return service(
        sandbox, "POST", f"/batch/metadata/{FOLDER}", json=body, headers=headers, **options
    )


def write_link(sandbox: Sandbox, name: str = WHEEL) -> str:
    link: str = register(sandbox, name).json()["artifactContentInformation"][name]["contentUri"]
    return link


@pytest.fixture
def trusting(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    for name, value in sandbox.environ().items():
        monkeypatch.setenv(name, value)
    return sandbox


class TestDiscovery:
    def test_the_workspace_leads_to_the_service(self, sandbox: Sandbox) -> None:
        workspace = sandbox.workspace("acme-ml")
        properties = call_arm(sandbox, "GET", f"{workspace.arm_id}?{VERSION}").json()["properties"]
        assert properties["storageAccount"] == (
            f"{workspace.resource_group_id}/providers/Microsoft.Storage/storageAccounts/acmemlstore"
        )
        found = call(sandbox, "GET", properties["discoveryUrl"]).json()
        assert found["history"] == found["api"] == sandbox.url("artifact-service")

    def test_each_workspace_has_an_account_of_its_own(self, sandbox: Sandbox) -> None:
        accounts = {
            sandbox.workspace(name).storage_account
            for name in ("acme-ml", "acme-test", "acme-locked")
        }
        assert len(accounts) == 3

    def test_the_storage_suffix_of_the_cloud(self, sandbox: Sandbox) -> None:
        (cloud,) = call(sandbox, "GET", sandbox.metadata_url).json()
        assert f"https://{cloud['suffixes']['storage']}" == sandbox.url("blob")

    def test_subscriptions_are_those_that_one_may_read(self, sandbox: Sandbox) -> None:
        listed = call_arm(sandbox, "GET", "/subscriptions?api-version=2022-12-01").json()["value"]
        assert [one["subscriptionId"] for one in listed] == [
            sandbox.workspace("acme-ml").subscription_id
        ]
        assert call_arm(
            sandbox, "GET", "/subscriptions?api-version=2022-12-01", "stranger"
        ).json() == {"value": []}


class TestRegistering:
    def test_several_at_once(self, sandbox: Sandbox) -> None:
        answer = register(sandbox, WHEEL, OTHER)
        assert answer.status_code == 200
        content = answer.json()
        assert set(content) == {"artifacts", "artifactContentInformation", "errors"}
        assert (
            set(content["artifacts"])
            == set(content["artifactContentInformation"])
            == {WHEEL, OTHER}
        )
        assert content["errors"] == {}
        assert content["artifacts"][WHEEL]["artifactId"] == f"{FOLDER}/{WHEEL}"
        link = content["artifactContentInformation"][OTHER]["contentUri"].partition("?")[0]
        assert link == sandbox.blob_url("acmemlstore", "azureml", f"{FOLDER}/{OTHER}")
        assert "%2Blocal" in link
        assert set(sandbox.workspace("acme-ml").artifacts) == {WHEEL, OTHER}
        assert not sandbox.workspace("acme-test").artifacts

    def test_conflict_in_the_answer(self, sandbox: Sandbox) -> None:
        register(sandbox, WHEEL)
        content = register(sandbox, WHEEL, OTHER).json()
        assert set(content["artifacts"]) == set(content["artifactContentInformation"]) == {OTHER}
        error = content["errors"][WHEEL]["error"]
        assert error["code"] == "UserError"
        assert error["message"] == f"Resource Conflict: ArtifactId {FOLDER}/{WHEEL} already exists."

    def test_conflict_as_a_status(self, sandbox: Sandbox) -> None:
        sandbox.artifact_switches.raw_conflict = True
        assert register(sandbox, WHEEL).status_code == 200
        answer = register(sandbox, WHEEL)
        assert answer.status_code == 409
        assert answer.json()["error"]["message"].startswith("Resource Conflict: ArtifactId")

    @pytest.mark.parametrize(
        ("media_type", "body", "status"),
        [
            ("text/plain", '{"paths": [{"path": "x.whl"}]}', 415),
            ("application/json", "{", 400),
            ("application/json", "[]", 400),
            ("application/json", "{}", 400),
            ("application/json", '{"paths": []}', 400),
            ("application/json", '{"paths": ["x.whl"]}', 400),
            ("application/json", '{"paths": [{"path": ""}]}', 400),
            ("application/json", '{"paths": [{"path": "x.whl", "name": "x"}]}', 400),
            ("application/json", '{"paths": [{"path": "x.whl"}], "name": "x"}', 400),
        ],
    )
    def test_a_wrong_body(self, sandbox: Sandbox, media_type: str, body: str, status: int) -> None:
        headers = {"Content-Type": media_type}
        answer = service(sandbox, "POST", f"/batch/metadata/{FOLDER}", data=body, headers=headers)
        assert answer.status_code == status
        assert answer.json()["error"]["code"] == "UserError"
        assert not sandbox.workspace("acme-ml").artifacts


class TestRefusals:
    @pytest.mark.parametrize(
        ("method", "below", "status"),
        [
            ("GET", f"/batch/metadata/{FOLDER}", 405),
            ("PUT", f"/batch/metadata/{FOLDER}", 405),
            ("POST", f"/contentinfo/{FOLDER}/{WHEEL}", 405),
            ("POST", f"/write/{FOLDER}/{WHEEL}", 405),
            ("POST", "/batch/metadata/Environment/other", 404),
            ("GET", f"/contentinfo/Other/azureml-private-packages/{WHEEL}", 404),
            ("GET", f"/contentinfo/{FOLDER}/{WHEEL}/more", 404),
        ],
    )
    def test_wrong_routes(self, sandbox: Sandbox, method: str, below: str, status: int) -> None:
        register(sandbox, WHEEL)
        assert service(sandbox, method, below).status_code == status

    @pytest.mark.parametrize("kind", ["contentinfo", "write", "metadata"])
    def test_unknown_artifacts(self, sandbox: Sandbox, kind: str) -> None:
        answer = service(sandbox, "GET", f"/{kind}/{FOLDER}/{WHEEL}")
        assert answer.status_code == 404
        assert "not found" in answer.json()["error"]["message"]

    @pytest.mark.parametrize("wrong", ["audience", "expired", "unknown", "missing"])
    def test_a_wrong_token(self, sandbox: Sandbox, wrong: str) -> None:
        sandbox.access_tokens.lifetime = -1 if wrong == "expired" else 3600
        audience = STORAGE_RESOURCE if wrong == "audience" else ""
        headers = {"unknown": {"Authorization": "Bearer x"}, "missing": {"Authorization": ""}}.get(
            wrong, {}
        )
        answer = service(
            sandbox, "GET", f"/contentinfo/{FOLDER}/{WHEEL}", audience=audience, headers=headers
        )
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "UserError"

    @pytest.mark.parametrize(
        ("who", "workspace", "may_read", "may_write"),
        [
            ("contributor", "acme-ml", True, True),
            ("contributor", "acme-locked", True, False),
            ("reader", "acme-ml", True, False),
            ("outsider", "acme-ml", True, True),
            ("stranger", "acme-ml", False, False),
        ],
    )
    def test_roles(
        self, sandbox: Sandbox, who: str, workspace: str, may_read: bool, may_write: bool
    ) -> None:
        sandbox.workspace(workspace).artifacts[WHEEL] = {"path": WHEEL}
        options = {"who": who, "workspace": workspace}
        read = [
            service(sandbox, "GET", f"/{kind}/{FOLDER}/{WHEEL}", **options)
            for kind in ("contentinfo", "metadata")
        ]
        write = [register(sandbox, OTHER, **options)]
        write += [service(sandbox, "GET", f"/write/{FOLDER}/{WHEEL}", **options)]
        write += [service(sandbox, "DELETE", f"/metadata/{FOLDER}/{WHEEL}", **options)]
        assert [one.status_code for one in read] == [200 if may_read else 403] * 2
        assert [one.status_code for one in write] == [200 if may_write else 403] * 3
        for refused in (one for one in read + write if one.status_code == 403):
            assert "does not have permissions for" in refused.json()["error"]["message"]

    def test_unknown_workspace(self, sandbox: Sandbox) -> None:
        path = f"{sandbox.workspace('acme-ml').arm_id}-x/artifacts/contentinfo/{FOLDER}/{WHEEL}"
        url = f"{sandbox.url('artifact-service')}/artifact/v2.0{path}"
        answer = call(sandbox, "GET", url, headers=bearer(sandbox, sandbox.identities.contributor))
        assert answer.status_code == 404


class TestLinks:
    def test_writes_once_and_tells_the_size(self, trusting: Sandbox) -> None:
        link = write_link(trusting)
        headers = {"x-ms-blob-type": "BlockBlob", "If-None-Match": "*"}
        assert [
            call(trusting, "PUT", link, headers=headers, data=b"wheel").status_code
            for _ in range(2)
        ] == [201, 409]
        assert call(trusting, "HEAD", link).headers["Content-Length"] == "5"
        stored = trusting.blobs("acmemlstore", "azureml").download_blob(f"{FOLDER}/{WHEEL}")
        assert stored.readall() == b"wheel"

    def test_writes_blocks(self, trusting: Sandbox) -> None:
        with BlobClient.from_blob_url(
            write_link(trusting, OTHER), max_single_put_size=1, max_block_size=BLOCK
        ) as blob:
            blob.upload_blob(bytes(3 * BLOCK), validate_content=True)
            assert blob.get_blob_properties().size == 3 * BLOCK

    def test_is_for_one_blob(self, trusting: Sandbox) -> None:
        link = write_link(trusting).replace("foo-1.0-", "bar-1.0-")
        with BlobClient.from_blob_url(link) as blob, pytest.raises(HttpResponseError) as caught:
            blob.upload_blob(b"wheel")
        assert getattr(caught.value, "error_code", "") == "AuthenticationFailed"

    def test_deletes_nothing(self, trusting: Sandbox) -> None:
        with BlobClient.from_blob_url(write_link(trusting)) as blob:
            blob.upload_blob(b"wheel")
            with pytest.raises(HttpResponseError) as caught:
                blob.delete_blob()
        assert getattr(caught.value, "error_code", "") == "AuthorizationPermissionMismatch"

    def test_expires(self, trusting: Sandbox) -> None:
        trusting.artifact_switches.link_lifetime = timedelta(seconds=-1)
        with (
            BlobClient.from_blob_url(write_link(trusting)) as blob,
            pytest.raises(HttpResponseError) as caught,
        ):
            blob.upload_blob(b"wheel")
        assert getattr(caught.value, "error_code", "") == "AuthenticationFailed"

    @pytest.mark.parametrize("may_write", [False, True])
    def test_of_what_is_registered(self, trusting: Sandbox, may_write: bool) -> None:
        trusting.artifact_switches.contentinfo_may_write = may_write
        register(trusting, WHEEL)
        answer = service(trusting, "GET", f"/contentinfo/{FOLDER}/{WHEEL}").json()
        assert set(answer) == {"contentUri", "origin", "container", "path"}
        headers = {"x-ms-blob-type": "BlockBlob"}
        put = call(trusting, "PUT", answer["contentUri"], headers=headers, data=b"wheel")
        assert put.status_code == (201 if may_write else 403)
        assert call(trusting, "HEAD", answer["contentUri"]).status_code == (
            200 if may_write else 404
        )

    def test_repairs_what_never_arrived(self, trusting: Sandbox) -> None:
        register(trusting, WHEEL)
        answer = service(trusting, "GET", f"/write/{FOLDER}/{WHEEL}").json()
        assert set(answer) == {"contentUri", "origin", "container", "path"}
        with BlobClient.from_blob_url(answer["contentUri"]) as blob:
            blob.upload_blob(b"wheel")
        link = service(trusting, "GET", f"/contentinfo/{FOLDER}/{WHEEL}").json()["contentUri"]
        assert call(trusting, "GET", link).content == b"wheel"

    @pytest.mark.parametrize("query", ["", "?hardDelete=true"])
    def test_a_deleted_name_is_free(self, sandbox: Sandbox, query: str) -> None:
        register(sandbox, WHEEL)
        assert service(sandbox, "DELETE", f"/metadata/{FOLDER}/{WHEEL}{query}").status_code == 200
        assert register(sandbox, WHEEL).json()["errors"] == {}
