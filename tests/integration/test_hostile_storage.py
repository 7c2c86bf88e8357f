"""What answers in the place of blob storage or of the artifact service: one clear error, no success
that is none, and never an exception that nobody foresaw."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from typing import Any

import pytest
from azure.storage.blob import BlobClient

from .conftest import Job, Outcome

FILE = "acme_forecast-1.2.3-py3-none-any.whl"
ROUTES = ("blob", "workspace")
ANSWERS: dict[str, dict[str, Any]] = {
    "page": {"body": "<html><h1>Sign in</h1></html>", "content_type": "text/html"},
    "date": {"headers": {"Last-Modified": "yesterday"}},
    "kind": {
        "headers": {"x-ms-blob-type": "odd", "x-ms-lease-status": "odd", "x-ms-lease-state": "odd"}
    },
}
SUCCESS = {"HEAD": 200, "GET": 206, "PUT": 201}

# A download that breaks off leaves its connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _tidy() -> Iterator[None]:
    yield
    gc.collect()


def run(job: Job, route: str, **inputs: str) -> Outcome:
    of_route = job.blob_inputs() if route == "blob" else job.into_workspace_inputs()
    return job.run(**{**of_route, **inputs}, package=FILE)


def check(ran: Outcome) -> None:
    assert "PW999" not in ran.log, ran.errors
    assert ran.status, ran.log
    assert len(ran.errors) == 1
    assert ran.outputs.get("url", "") == ran.outputs.get("environment-file", "") == ""


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("method", SUCCESS)
def test_a_success_that_is_none(wheel_job: Job, route: str, answer: str, method: str) -> None:
    """For instance a proxy's page, which asks to sign in."""
    wheel_job.sandbox.faults.add(
        server="blob",
        method=method,
        path=f"*/{FILE}",
        times=None,
        status=SUCCESS[method],
        **ANSWERS[answer],
    )
    ran = run(wheel_job, route)
    if (method, answer) in (("PUT", "page"), ("PUT", "kind")):
        assert "PW612" in ran.log  # it is believed, and found out
    check(ran)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.usefixtures("no_pauses")
def test_a_container_that_is_none(wheel_job: Job, answer: str) -> None:
    wheel_job.sandbox.faults.add(
        server="blob", method="GET", path="*/wheels", times=None, status=200, **ANSWERS[answer]
    )
    wheel_job.sandbox.faults.add(server="blob", times=None, status=503, body="no")
    check(run(wheel_job, "blob"))
    assert wheel_job.sent() == []


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("if_exists", ["verify", "replace"])
@pytest.mark.parametrize("new", [False, True], ids=["in the plan", "when it reads back"])
def test_a_blob_changes_while_it_is_read(
    wheel_job: Job, route: str, if_exists: str, new: bool
) -> None:
    """Between the look at it and the reading: what is read belongs to what was looked at."""
    sandbox = wheel_job.sandbox
    account, container = (
        ("acmepackages", "wheels") if route == "blob" else ("acmemlstore", "azureml")
    )
    folder = "" if route == "blob" else "Environment/azureml-private-packages/"
    stored: BlobClient = sandbox.blobs(account, container).get_blob_client(folder + FILE)
    if not new:
        assert run(wheel_job, route).status == 0
        stored.upload_blob(
            b"other bytes", overwrite=True
        )  # without metadata, so that it has to be read
    sandbox.faults.add(
        server="blob",
        method="GET",
        path=f"*/{FILE}",
        hook=lambda: stored.upload_blob(b"a third content", overwrite=True),
    )
    ran = run(wheel_job, route, if_exists=if_exists)
    check(ran)
    assert stored.download_blob().readall() == b"a third content"


@pytest.mark.parametrize(
    "answer",
    [
        {"errors": {FILE: {"error": "text"}}},
        {"errors": {FILE: {"error": ["text"]}}},
        {"errors": {FILE: {"error": {"message": ["text"]}}}},
        {"errors": {FILE: "text"}},
        {"errors": [FILE]},
        {"errors": "text", "artifactContentInformation": "text"},
        {"artifactContentInformation": {FILE: "https://localhost/a/b?sig=x"}},
        {"artifactContentInformation": {FILE: {"contentUri": "https://localhost/"}}},
        {"artifactContentInformation": {FILE: {"contentUri": "https://localhost/?sig=x"}}},
        {"artifactContentInformation": {FILE: {"contentUri": "https://localhost/a?sig=x"}}},
        {"artifactContentInformation": {FILE: {"contentUri": "https://[::1/a/b?sig=x"}}},
        {"artifactContentInformation": {FILE: {"contentUri": 5}}},
        {},
    ],
)
def test_a_registration_that_is_none(wheel_job: Job, answer: object) -> None:
    wheel_job.sandbox.faults.add(
        server="artifact-service", method="POST", times=None, status=200, body=json.dumps(answer)
    )
    check(run(wheel_job, "workspace"))


@pytest.mark.parametrize("status", [403, 500])
@pytest.mark.usefixtures("no_pauses")
def test_a_discovery_that_fails_is_told_as_it_was(wheel_job: Job, status: int) -> None:
    wheel_job.sandbox.faults.add(
        server="artifact-service",
        path="/discovery",
        times=None,
        status=status,
        body="the region is closed",
    )
    ran = run(wheel_job, "workspace")
    check(ran)
    assert str(status) in ran.errors[0]
    assert "the region is closed" in ran.errors[0]
