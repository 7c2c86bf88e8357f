"""The links of the artifact service: which of them are used, and that masking many takes no time."""

from __future__ import annotations

import json
import time

import pytest

from private_wheel.secrets.redaction import Redactor

from .conftest import Job

FILE = "acme_forecast-1.2.3-py3-none-any.whl"
FOLDER = "Environment/azureml-private-packages"


@pytest.mark.parametrize(
    "path",
    [
        f"acmemlstore/azureml/{FOLDER}/numpy-1.0-py3-none-any.whl",
        f"acmemlstore/azureml/other/{FILE}",
        f"acmemlstore/azureml/{FOLDER}/{FILE}#x",
        f"acmemlstore/a<b>|${{HOME}}/{FOLDER}/{FILE}",
    ],
)
def test_a_link_to_something_else_is_not_used(wheel_job: Job, path: str) -> None:
    answer = {"contentUri": f"{wheel_job.sandbox.url('blob')}/{path}?sig=c2lnbmF0dXJlLW9mLWEtc2Fz"}
    wheel_job.sandbox.faults.add(
        server="artifact-service", path=f"*/{FILE}", times=None, status=200, body=json.dumps(answer)
    )
    ran = wheel_job.run(**wheel_job.into_workspace_inputs(), package=FILE)
    assert ran.status == 6, ran.log
    assert "gives no usable link" in ran.errors[0]
    assert not [one for one in wheel_job.sandbox.requests if one.server == "blob"]


def test_the_discovery_gets_no_token(wheel_job: Job) -> None:
    ran = wheel_job.run(**wheel_job.into_workspace_inputs(), package=FILE)
    assert ran.status == 0, ran.log
    asked = [one for one in wheel_job.sandbox.requests if one.path == "/discovery"]
    assert asked
    assert not any("Authorization" in one.headers for one in asked)


def test_another_refusal_than_a_conflict_is_no_conflict(wheel_job: Job) -> None:
    content = {
        "artifacts": {},
        "errors": {FILE: {"error": {"code": "UserError", "message": "The quota is used up."}}},
    }
    wheel_job.sandbox.faults.add(
        server="artifact-service", method="POST", times=None, status=200, body=json.dumps(content)
    )
    ran = wheel_job.run(**wheel_job.into_workspace_inputs(), package=FILE)
    assert ran.status == 6, ran.log
    assert "The quota is used up." in ran.errors[0]
    assert not [one for one in wheel_job.sandbox.requests if "/write/" in one.path]


def test_who_may_not_read_artifacts_is_told_before_anything_is_sent(wheel_job: Job) -> None:
    wheel_job.sandbox.faults.add(
        server="artifact-service", path="*/contentinfo/*", times=None, status=403, body="no"
    )
    ran = wheel_job.run(**wheel_job.into_workspace_inputs(), package=FILE)
    assert ran.status == 4, ran.log
    assert wheel_job.sent() == []


def test_many_links_are_masked_in_no_time() -> None:
    redactor = Redactor()
    start = time.process_time()
    for number in range(300):
        redactor.add([f"signature-{number:04}-of-a-link-that-is-long-enough+/="])
        redactor.clean("a line of the log")
    assert time.process_time() - start < 2
    assert redactor.clean("signature-0123-of-a-link-that-is-long-enough+/=") == "***"
