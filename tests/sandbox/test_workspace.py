"""The sandbox's workspaces refuse what Azure Resource Manager refuses, as it refuses it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.identity.access_tokens import DEVOPS_RESOURCE
from tests.sandbox.calls import ENVIRONMENT_BODY, PAT_BODY, SECRET, VERSION, bearer, call, call_arm


class TestWorkspaceRefusals:
    @pytest.mark.parametrize(
        ("who", "method", "path", "status", "code"),
        [
            ("contributor", "GET", "", 200, ""),
            ("outsider", "PUT", "/connections/acme", 200, ""),
            ("reader", "GET", "", 200, ""),
            ("contributor", "GET", "/jobs", 404, "InvalidResourceType"),
            ("contributor", "GET", "/connections/missing", 404, "ResourceNotFound"),
            ("contributor", "GET", "/environments/missing", 404, "ResourceNotFound"),
            ("contributor", "GET", "/environments/missing/versions/1", 404, "ResourceNotFound"),
            ("contributor", "PUT", "/connections/c1", 400, "ValidationError"),
            ("contributor", "PUT", "", 405, "MethodNotAllowed"),
            ("contributor", "PATCH", "/connections/acme", 405, "MethodNotAllowed"),
            ("contributor", "DELETE", "/connections/missing", 204, ""),
            ("reader", "GET", "/connections", 200, ""),
            ("reader", "PUT", "/connections/acme", 403, "AuthorizationFailed"),
            ("reader", "DELETE", "/connections/acme", 403, "AuthorizationFailed"),
            ("reader", "POST", "/connections/acme/listsecrets", 403, "AuthorizationFailed"),
            ("stranger", "GET", "", 403, "AuthorizationFailed"),
        ],
    )
    def test_roles_and_paths(
        self, sandbox: Sandbox, who: str, method: str, path: str, status: int, code: str
    ) -> None:
        url = f"{sandbox.workspace('acme-ml').arm_id}{path}?{VERSION}"
        answer = call_arm(sandbox, method, url, who, PAT_BODY if method == "PUT" else None)
        assert answer.status_code == status, answer.text
        assert not code or answer.json()["error"]["code"] == code

    def test_text_of_a_missing_role(self, sandbox: Sandbox) -> None:
        path = f"{sandbox.workspace('acme-locked').arm_id}/connections/acme"
        answer = call_arm(sandbox, "PUT", f"{path}?{VERSION}", body=PAT_BODY)
        action = "Microsoft.MachineLearningServices/workspaces/connections/write"
        assert answer.status_code == 403
        assert f"perform action '{action}' over scope '{path}'" in answer.json()["error"]["message"]
        assert sandbox.workspace("acme-locked").connections == {}

    @pytest.mark.parametrize(
        ("old", "new", "status", "code"),
        [
            ("acme-ml", "acme-mll", 404, "ResourceNotFound"),
            ("resourceGroups/ml", "resourceGroups/mll", 404, "ResourceGroupNotFound"),
            ("subscriptions/", "subscriptions/0", 404, "SubscriptionNotFound"),
            (f"?{VERSION}", "", 400, "MissingApiVersionParameter"),
            (VERSION, "api-version=2020-01-01", 400, "NoRegisteredProviderFound"),
            ("MachineLearningServices", "MachineLearning", 404, "NotFound"),
        ],
    )
    def test_addresses(self, sandbox: Sandbox, old: str, new: str, status: int, code: str) -> None:
        url = f"{sandbox.workspace('acme-ml').arm_id}?{VERSION}"
        assert old in url
        answer = call_arm(sandbox, "GET", url.replace(old, new))
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)

    @pytest.mark.parametrize(
        ("credential", "code"),
        [
            ("none", "AuthenticationFailed"),
            ("unknown", "InvalidAuthenticationToken"),
            ("expired", "ExpiredAuthenticationToken"),
            ("devops", "InvalidAuthenticationTokenAudience"),
        ],
    )
    def test_tokens(self, sandbox: Sandbox, credential: str, code: str) -> None:
        identity = sandbox.identities.contributor
        if credential == "expired":
            sandbox.access_tokens.lifetime = -1
        headers = {
            "none": {},
            "unknown": {"Authorization": "Bearer unknown"},
            "expired": bearer(sandbox, identity),
            "devops": bearer(sandbox, identity, DEVOPS_RESOURCE),
        }[credential]
        url = f"{sandbox.url('arm')}{sandbox.workspace('acme-ml').arm_id}?{VERSION}"
        answer = call(sandbox, "GET", url, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)

    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            ({"value": SECRET}, "'value'"),
            ({"valueFormat": "JSON"}, "'valueFormat'"),
            ({"useWorkspaceManagedIdentity": True}, "'useWorkspaceManagedIdentity'"),
            ({"category": "python_feed"}, "category"),
            ({"category": None}, "category"),
            ({"target": ""}, "'target'"),
            ({"authType": "pat"}, "authType"),
            ({"authType": "None"}, "takes no credentials"),
            ({"authType": "UsernamePassword"}, "password, username"),
            ({"credentials": None}, "needs credentials"),
            ({"credentials": {"pat": SECRET, "username": "x"}}, "must have the members pat"),
            ({"credentials": {"pat": ""}}, "not empty"),
            ({"isSharedToAll": "true"}, "'isSharedToAll'"),
            ({"metadata": {"a": 1}}, "'metadata'"),
            ({"expiryTime": "tomorrow"}, "'expiryTime'"),
        ],
    )
    def test_bodies_of_connections(
        self, sandbox: Sandbox, changes: dict[str, Any], text: str
    ) -> None:
        workspace = sandbox.workspace("acme-ml")
        body = {"properties": {**PAT_BODY["properties"], **changes}}
        answer = call_arm(
            sandbox, "PUT", f"{workspace.arm_id}/connections/acme?{VERSION}", body=body
        )
        assert answer.status_code == 400, answer.text
        assert text in answer.json()["error"]["message"]
        assert workspace.connections == {}

    @pytest.mark.parametrize(
        ("content", "content_type", "status"),
        [
            ("{", "application/json", 400),
            ("[]", "application/json", 400),
            ('{"properties": []}', "application/json", 400),
            ('{"name": "acme", "properties": {}}', "application/json", 400),
            (json.dumps(PAT_BODY), "text/plain", 415),
        ],
    )
    def test_bodies_in_general(
        self, sandbox: Sandbox, content: str, content_type: str, status: int
    ) -> None:
        url = (
            f"{sandbox.url('arm')}{sandbox.workspace('acme-ml').arm_id}/connections/acme?{VERSION}"
        )
        headers = {**bearer(sandbox, sandbox.identities.contributor), "Content-Type": content_type}
        assert call(sandbox, "PUT", url, data=content, headers=headers).status_code == status

    @pytest.mark.parametrize(
        ("name", "changes"),
        [
            ("AzureML-forecast", {}),
            ("microsoft-forecast", {}),
            ("forecast", {"unknown": 1}),
            ("forecast", {"build": {"contextUri": "https://example.invalid"}}),
            ("forecast", {"condaFile": "dependencies: ["}),
            ("forecast", {"condaFile": "name: x"}),
        ],
    )
    def test_bodies_of_environments(
        self, sandbox: Sandbox, name: str, changes: dict[str, Any]
    ) -> None:
        workspace = sandbox.workspace("acme-ml")
        body = {"properties": {**ENVIRONMENT_BODY["properties"], **changes}}
        answer = call_arm(
            sandbox,
            "PUT",
            f"{workspace.arm_id}/environments/{name}/versions/1?{VERSION}",
            body=body,
        )
        assert answer.status_code == 400, answer.text
        assert workspace.environments == {}


class TestWorkspace:
    def test_secrets_come_back_by_listsecrets_alone(self, sandbox: Sandbox) -> None:
        url = f"{sandbox.workspace('acme-ml').arm_id}/connections"
        answers = [
            call_arm(sandbox, "PUT", f"{url}/acme?{VERSION}", body=PAT_BODY),
            call_arm(sandbox, "GET", f"{url}/acme?{VERSION}"),
            call_arm(sandbox, "GET", f"{url}?{VERSION}"),
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert not any(SECRET in answer.text for answer in answers)
        secrets = call_arm(sandbox, "POST", f"{url}/ACME/listsecrets?{VERSION}")
        assert secrets.json()["properties"]["credentials"] == {"pat": SECRET}

    def test_filters_and_pages(self, sandbox: Sandbox) -> None:
        workspace = sandbox.workspace("acme-ml")
        for name in ("one", "two", "three"):
            workspace.connections[name] = {
                **PAT_BODY["properties"],
                "target": f"https://{name}.invalid",
            }
        workspace.connections["git"] = {**PAT_BODY["properties"], "category": "Git"}
        first = call_arm(
            sandbox, "GET", f"{workspace.arm_id}/connections?{VERSION}&category=PythonFeed"
        ).json()
        second = call_arm(sandbox, "GET", first["nextLink"].removeprefix(sandbox.url("arm"))).json()
        assert [item["name"] for item in first["value"] + second["value"]] == [
            "one",
            "three",
            "two",
        ]
        assert "nextLink" not in second
        filtered = call_arm(
            sandbox, "GET", f"{workspace.arm_id}/connections?{VERSION}&target=https://two.invalid"
        )
        assert [item["name"] for item in filtered.json()["value"]] == ["two"]

    def test_delete(self, sandbox: Sandbox) -> None:
        workspace = sandbox.workspace("acme-ml")
        workspace.connections["acme"] = PAT_BODY["properties"]
        url = f"{workspace.arm_id}/connections/acme?{VERSION}"
        assert [call_arm(sandbox, "DELETE", url).status_code for _ in range(2)] == [200, 204]

    def test_environment_versions(self, sandbox: Sandbox) -> None:
        url = f"{sandbox.workspace('acme-ml').arm_id}/environments/forecast"
        changed = {
            "properties": {**ENVIRONMENT_BODY["properties"], "image": "example.invalid/base:2"}
        }
        tagged = {"properties": {**ENVIRONMENT_BODY["properties"], "tags": {"a": "b"}}}
        answers = [
            call_arm(sandbox, "PUT", f"{url}/versions/1?{VERSION}", body=body)
            for body in (ENVIRONMENT_BODY, ENVIRONMENT_BODY, tagged, changed)
        ]
        assert [answer.status_code for answer in answers] == [201, 200, 200, 409]
        assert (
            call_arm(sandbox, "PUT", f"{url}/versions/2?{VERSION}", body=changed).status_code == 201
        )
        container = call_arm(sandbox, "GET", f"{url}?{VERSION}").json()["properties"]
        assert (container["latestVersion"], container["nextVersion"]) == ("2", "3")
        versions = call_arm(sandbox, "GET", f"{url}/versions?{VERSION}&$top=1").json()["value"]
        assert [one["name"] for one in versions] == ["2"]

    @pytest.mark.parametrize(("version", "listed"), [("2019-05-01", True), ("2022-09-01", False)])
    def test_metadata(self, sandbox: Sandbox, version: str, listed: bool) -> None:
        content = call(sandbox, "GET", sandbox.metadata_url.replace("2019-05-01", version)).json()
        cloud = content[0] if listed else content
        assert cloud["resourceManager"] == sandbox.url("arm") + "/"
        assert cloud["authentication"]["loginEndpoint"] == sandbox.url("sign-in") + "/"

    def test_metadata_of_another_version(self, sandbox: Sandbox) -> None:
        url = sandbox.metadata_url.replace("2019-05-01", "2031-01-01")
        assert call(sandbox, "GET", url).status_code == 400
