"""The sandbox's environments take what the specification allows, keep it, and list it in pages."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox import Sandbox
from tests.sandbox.calls import ENVIRONMENT_BODY, VERSION, call_arm

ROUTE = {"path": "/live", "port": 8080}


def url(sandbox: Sandbox, below: str) -> str:
    separator = "&" if "?" in below else "?"
    return f"{sandbox.workspace('acme-ml').arm_id}/environments{below}{separator}{VERSION}"


def put(
    sandbox: Sandbox, number: str = "1", name: str = "forecast", **changes: Any
) -> requests.Response:
    body = {"properties": {**ENVIRONMENT_BODY["properties"], **changes}}
    return call_arm(sandbox, "PUT", url(sandbox, f"/{name}/versions/{number}"), body=body)


@pytest.mark.parametrize(
    "changes",
    [
        {"image": 1},
        {"tags": ["a"]},
        {"tags": {"a": 1}},
        {"properties": {"a": {}}},
        {"isArchived": "true"},
        {"osType": "linux"},
        {"autoRebuild": "Always"},
        {"inferenceConfig": {"liveness_route": ROUTE}},
        {"inferenceConfig": {"livenessRoute": {"path": "/live"}}},
        {"inferenceConfig": {"livenessRoute": {"path": "", "port": 1}}},
        {"inferenceConfig": {"livenessRoute": {"path": "/live", "port": "8080"}}},
        {"inferenceConfig": {"livenessRoute": {"path": "/live", "port": True}}},
        {"image": None},
        {"condaFile": ["dependencies"]},
        {"condaFile": "dependencies: {a: b}"},
    ],
)
def test_bodies(sandbox: Sandbox, changes: dict[str, Any]) -> None:
    assert put(sandbox, **changes).status_code == 400
    assert sandbox.workspace("acme-ml").environments == {}


@pytest.mark.parametrize(
    ("name", "code"), [("with.dot", "RequestInvalid"), ("AzureML-x", "UserError")]
)
def test_names(sandbox: Sandbox, name: str, code: str) -> None:
    answer = put(sandbox, name=name)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


@pytest.mark.parametrize(
    "changes",
    [
        {
            "inferenceConfig": {
                "livenessRoute": ROUTE,
                "readinessRoute": ROUTE,
                "scoringRoute": ROUTE,
            }
        },
        {"environmentType": "UserCreated", "provisioningState": "Succeeded", "build": None},
        {"tags": {"a": "b"}, "description": "ours", "isAnonymous": False, "osType": "Linux"},
    ],
)
def test_what_may_be_said(sandbox: Sandbox, changes: dict[str, Any]) -> None:
    assert put(sandbox, **changes).status_code == 201
    assert put(sandbox, **changes).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"condaFile": "# ours\ndependencies: [python=3.11]\n"}, 200),
        ({"osType": "Linux", "isAnonymous": False}, 200),
        ({"tags": {"a": "b"}, "isArchived": True}, 200),
        ({"condaFile": "dependencies: [python=3.12]\n"}, 409),
        ({"osType": "Windows"}, 409),
        ({"inferenceConfig": {"livenessRoute": ROUTE}}, 409),
    ],
)
def test_what_may_be_changed(sandbox: Sandbox, changes: dict[str, Any], status: int) -> None:
    """The text of the conda file stays the first one."""
    assert put(sandbox).status_code == 201
    assert put(sandbox, **changes).status_code == status
    stored = sandbox.workspace("acme-ml").environments["forecast"]["1"]
    assert stored["condaFile"] == ENVIRONMENT_BODY["properties"]["condaFile"]


def numbers(sandbox: Sandbox, query: str) -> tuple[list[str], int]:
    """All versions of a list, and on how many pages they were."""
    found, pages, link = [], 0, url(sandbox, f"/forecast/versions{query}")
    while link:
        answer = call_arm(sandbox, "GET", link).json()
        found += [one["name"] for one in answer["value"]]
        link, pages = answer.get("nextLink", "").removeprefix(sandbox.url("arm")), pages + 1
    return found, pages


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", (["5", "3", "2", "1"], 2)),
        ("?listViewType=All", (["5", "4", "3", "2", "1"], 3)),
        ("?listViewType=ArchivedOnly", (["4"], 1)),
        ("?listViewType=All&$top=3", (["5", "4", "3"], 2)),
    ],
)
def test_pages(sandbox: Sandbox, query: str, expected: tuple[list[str], int]) -> None:
    for number in "12345":
        put(sandbox, number, isArchived=number == "4")
    assert numbers(sandbox, query) == expected


@pytest.mark.parametrize("query", ["?listViewType=Some", "?$top=-1"])
def test_questions_that_are_none(sandbox: Sandbox, query: str) -> None:
    put(sandbox)
    assert call_arm(sandbox, "GET", url(sandbox, f"/forecast/versions{query}")).status_code == 400
