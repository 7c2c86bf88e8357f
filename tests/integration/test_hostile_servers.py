"""Servers that lie, break, or lead elsewhere: no token follows them, and no success is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Job, Outcome

WHEEL = "acme_forecast-1.2.3-py3-none-any.whl"
PAGE = "/acme/_packaging/python/pypi/simple/acme-forecast/"
UPLOAD = "/acme/_packaging/python/pypi/upload/"


def publish(job: Job, **inputs: str) -> Outcome:
    return job.run(package="*.whl", **{**job.feed_inputs(), **inputs})


def page(job: Job, href: str, *, times: int | None = None, after: int = 0) -> None:
    """The project's page says this, once `after` answers of the feed's own are given."""
    for _ in range(after):
        job.sandbox.faults.add(server="feed", method="GET", path=PAGE)
    body = f'<!DOCTYPE html><base href="."><a href="{href}">{WHEEL}</a>'
    job.sandbox.faults.add(
        server="feed",
        method="GET",
        path=PAGE,
        status=200,
        body=body,
        content_type="text/html",
        times=times,
    )


def confusing(job: Job, path: str) -> str:
    """An address that urllib.parse takes for the feed's own, and urllib3 for the other server's."""
    return f"{job.sandbox.url('plain-index')}\\@{job.sandbox.url('feed').removeprefix('https://')}{path}"


def sha256(job: Job) -> str:
    import hashlib

    return hashlib.sha256((job.checkout / WHEEL).read_bytes()).hexdigest()


def reached(job: Job, server: str) -> str:
    return " ".join(
        str(request.headers) for request in job.sandbox.requests if request.server == server
    )


def test_no_token_follows_a_link_that_two_programs_read_differently(wheel_job: Job) -> None:
    page(wheel_job, confusing(wheel_job, f"/{WHEEL}"))
    publish(wheel_job)
    assert "Authorization" not in reached(wheel_job, "plain-index")


def test_no_token_follows_a_redirect_that_two_programs_read_differently(wheel_job: Job) -> None:
    location = {"Location": confusing(wheel_job, "/x/")}
    wheel_job.sandbox.faults.add(
        server="feed", method="GET", path=PAGE, status=302, headers=location
    )
    publish(wheel_job)
    assert "Authorization" not in reached(wheel_job, "plain-index")


@pytest.mark.parametrize("form", ["{storage}/x", "{storage}\\@{arm_host}/x", "https://[/", 5])
def test_no_token_follows_arms_next_link_to_another_host(job: Job, form: Any) -> None:
    storage, arm = job.sandbox.url("storage"), job.sandbox.url("arm")
    link = (
        form.format(storage=storage, arm_host=arm.removeprefix("https://"))
        if isinstance(form, str)
        else form
    )
    body = json.dumps({"value": [], "nextLink": link})
    job.sandbox.faults.add(
        server="arm",
        method="GET",
        path="*/connections",
        status=200,
        body=body,
        content_type="application/json",
    )
    outcome = job.run(publish_to="none", feed=job.feed_inputs()["feed"], **job.workspace_inputs())
    assert (outcome.status, len(outcome.errors)) == (6, 1), outcome.log
    assert "PW611" in outcome.errors[0]
    assert reached(job, "storage") == ""
    assert job.sent() == []


@pytest.mark.parametrize("value", [5, ["text"], [{}], [{"name": "x", "properties": 5}]])
def test_a_list_of_connections_that_is_none(job: Job, value: Any) -> None:
    body = json.dumps({"value": value})
    job.sandbox.faults.add(
        server="arm",
        method="GET",
        path="*/connections",
        status=200,
        body=body,
        content_type="application/json",
    )
    outcome = job.run(publish_to="none", feed=job.feed_inputs()["feed"], **job.workspace_inputs())
    assert (outcome.status, len(outcome.errors)) == (6, 1), outcome.log
    assert job.sent() == []


def test_a_role_that_takes_the_right_to_write_away(job: Job) -> None:
    body = json.dumps(
        {"value": [{"actions": ["*"], "notActions": ["microsoft.machinelearningservices/*/Write"]}]}
    )
    job.sandbox.faults.add(
        server="arm", path="*/permissions", status=200, body=body, content_type="application/json"
    )
    outcome = job.run(publish_to="none", feed=job.feed_inputs()["feed"], **job.workspace_inputs())
    assert (outcome.status, len(outcome.errors)) == (4, 1), outcome.log
    assert job.sent() == []


def test_a_page_that_lists_other_bytes_after_the_upload(wheel_job: Job) -> None:
    page(wheel_job, f"{WHEEL}#sha256={'0' * 64}", after=1)
    outcome = publish(wheel_job)
    assert (outcome.status, len(outcome.errors)) == (6, 1), outcome.log
    assert "PW612" in outcome.errors[0]
    assert outcome.outputs["url"] == ""
    assert "published" in outcome.outputs["result"]


@pytest.mark.usefixtures("no_pauses")
def test_a_link_to_another_host_is_not_believed_by_its_fragment(wheel_job: Job) -> None:
    page(wheel_job, f"https://nowhere.invalid/{WHEEL}#sha256={sha256(wheel_job)}")
    outcome = publish(wheel_job)
    assert outcome.status == 6, outcome.log
    assert outcome.outputs["url"] == ""


@pytest.mark.parametrize("name", [WHEEL, WHEEL.replace("acme", "Acme")])
@pytest.mark.parametrize("fragment", ["sha256={}", "sha256={}&egg=acme", "egg=acme&sha256={}"])
def test_links_as_indexes_write_them(wheel_job: Job, name: str, fragment: str) -> None:
    page(
        wheel_job,
        f"../files/{name}?sv=1&sig=signature#{fragment.format(sha256(wheel_job).upper())}",
    )
    outcome = publish(wheel_job)
    assert (outcome.status, outcome.outputs["result"]) == (0, "identical"), outcome.log
    assert (
        outcome.outputs["url"]
        == f"{wheel_job.sandbox.url('feed')}/acme/_packaging/python/pypi/simple/files/{name}"
    )
    assert "signature" not in outcome.log + outcome.summary


@pytest.mark.parametrize(
    "link", ["http://[x/", "https://localhost:abc/x.whl", "javascript:alert(1)"]
)
def test_one_broken_link_does_not_hide_the_others(wheel_job: Job, link: str) -> None:
    page(wheel_job, f'{link}"></a><a href="{WHEEL}#sha256={sha256(wheel_job)}')
    assert publish(wheel_job).outputs["result"] == "identical"


def test_an_answer_that_is_no_page(wheel_job: Job) -> None:
    wheel_job.sandbox.faults.add(
        server="feed",
        method="GET",
        path=PAGE,
        status=200,
        body="{}",
        content_type="application/json",
        times=None,
    )
    outcome = publish(wheel_job)
    assert (outcome.status, len(outcome.errors)) == (6, 1), outcome.log
    assert "PEP 503" in outcome.errors[0]
    assert wheel_job.sent() == []


def test_a_sign_in_page_is_no_success_of_an_upload(wheel_job: Job) -> None:
    wheel_job.sandbox.faults.add(server="feed", method="POST", path=UPLOAD, status=203, times=None)
    outcome = publish(wheel_job)
    assert (outcome.status, len(outcome.errors)) == (4, 1), outcome.log
    assert "PW402" in outcome.errors[0]


def test_a_conflict_after_a_retry_is_compared(wheel_job: Job, tiny_wheel: Any) -> None:
    assert publish(wheel_job).status == 0
    (wheel_job.checkout / WHEEL).write_bytes(Path(tiny_wheel(content="ANSWER = 43\n")).read_bytes())
    wheel_job.sandbox.faults.add(server="feed", method="GET", path=PAGE, status=404)
    wheel_job.sandbox.faults.add(server="feed", method="POST", path=UPLOAD, status=503, times=2)
    outcome = publish(wheel_job)
    assert (outcome.status, len(outcome.errors)) == (5, 1), outcome.log
    assert "PW501" in outcome.errors[0]


@pytest.mark.parametrize("retry_after", ["soon", "-1", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_retry_after_that_says_nothing(wheel_job: Job, retry_after: str) -> None:
    for method, path in (("GET", PAGE), ("POST", UPLOAD)):
        wheel_job.sandbox.faults.add(
            server="feed",
            method=method,
            path=path,
            status=503,
            headers={"Retry-After": retry_after},
            times=2,
        )
    outcome = publish(wheel_job)
    assert outcome.status in (0, 6), outcome.log
    assert "PW999" not in outcome.log


def test_what_was_published_is_read_back_with_the_workspaces_token(wheel_job: Job) -> None:
    import base64

    publish(wheel_job, **wheel_job.workspace_inputs())
    last = [request for request in wheel_job.sandbox.requests if request.path == PAGE][-1]
    password = (
        base64.b64decode(last.headers["Authorization"].removeprefix("Basic "))
        .decode()
        .partition(":")[2]
    )
    assert password == wheel_job.sandbox.tokens.read


@pytest.mark.usefixtures("no_pauses")
def test_a_lost_answer_is_not_told_as_nothing(wheel_job: Job) -> None:
    """The upload is stored, and its answers are lost."""
    wheel_job.sandbox.faults.add(server="feed", method="POST", path=UPLOAD, reset=True, times=1)
    wheel_job.sandbox.faults.add(
        server="feed", method="POST", path=UPLOAD, reset=True, after_work=True, times=None
    )
    outcome = publish(wheel_job, **wheel_job.workspace_inputs())
    assert outcome.status == 6, outcome.log
    assert f"Possibly completed: {WHEEL.replace('_', chr(92) + '_')}." in outcome.summary
    assert "Not completed: connection acme of acme-ml." in outcome.summary
    wheel_job.sandbox.faults.clear()
    assert publish(wheel_job, **wheel_job.workspace_inputs()).outputs["result"] == "identical"


def test_two_runs_at_once_that_make_two_connections(job: Job) -> None:
    """The other run's connection appears between our look and our write."""
    target = f"{job.sandbox.url('feed')}/acme"
    other = {
        "category": "PythonFeed",
        "target": target,
        "authType": "PAT",
        "credentials": {"pat": "x"},
    }
    connections = job.sandbox.workspace("acme-ml").connections
    job.sandbox.faults.add(
        server="arm",
        method="PUT",
        times=None,
        hook=lambda: connections.update({"of-the-other-run": other}),
    )
    outcome = job.run(publish_to="none", feed=job.feed_inputs()["feed"], **job.workspace_inputs())
    assert (outcome.status, len(outcome.errors)) == (5, 1), outcome.log
    assert "of-the-other-run" in outcome.errors[0]
