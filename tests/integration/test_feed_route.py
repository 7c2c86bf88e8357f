"""The feed route against a real index: publish, repeat, collide, fail, recover."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable
from contextlib import closing
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from private_wheel.azure.http import HttpClients
from private_wheel.errors import NotPublished
from private_wheel.inputs.ambient import read_http_config
from private_wheel.publish.feed.accounts import Account
from private_wheel.publish.feed.address import parse_feed
from private_wheel.publish.feed.route import FeedRoute
from private_wheel.wheels.wheel import read_wheel

from .conftest import Job

WHEEL = "acme_forecast-1.2.3-py3-none-any.whl"
UPLOAD = "/acme/_packaging/python/pypi/upload/"
PAGE = "/acme/_packaging/python/pypi/simple/acme-forecast/"
INDEX = "/acme/_packaging/python/pypi/simple/"


def publish(job: Job, **inputs: str):  # type: ignore[no-untyped-def]  # Outcome
    return job.run(**{"package": "*.whl", **job.feed_inputs(), **inputs})


def other_content(job: Job, tiny_wheel: Callable[..., Path]) -> None:
    """Put the same file name with other bytes into the checkout."""
    (job.checkout / WHEEL).write_bytes(tiny_wheel(content="ANSWER = 43\n").read_bytes())


def sha256(job: Job) -> str:
    return hashlib.sha256((job.checkout / WHEEL).read_bytes()).hexdigest()


@pytest.mark.parametrize("project", [None, "ml", "data science"])
@pytest.mark.parametrize("api", ["simple", "upload"])
def test_publishes_and_reads_back(wheel_job: Job, project: str | None, api: str) -> None:
    feed = wheel_job.sandbox.feed_url("acme", "python", project, api=api)
    outcome = publish(wheel_job, feed=feed)
    assert outcome.status == 0, outcome.log
    index_url = wheel_job.sandbox.feed_url("acme", "python", project)
    assert outcome.outputs["result"] == "published"
    assert outcome.outputs["sha256"] == sha256(wheel_job)
    assert outcome.outputs["index-url"] == index_url
    assert outcome.outputs["url"].endswith(f"/pypi/download/acme-forecast/1.2.3/{WHEEL}")
    assert outcome.outputs["requirement"] == "acme-forecast==1.2.3"
    assert json.loads(outcome.outputs["packages-json"])[0]["wheel"] == WHEEL
    assert outcome.outputs["environment-file"] == str(Path("azureml-environment/conda.yml"))
    assert (
        f"--extra-index-url {index_url}"
        in (wheel_job.checkout / outcome.outputs["environment-file"]).read_text()
    )
    assert "acme-forecast" in outcome.summary


def test_another_index_is_served_too(wheel_job: Job) -> None:
    user, password = wheel_job.sandbox.plain_index_account
    inputs = {
        "feed": wheel_job.sandbox.plain_index_url,
        "feed_username": user,
        "feed_token": password,
    }
    assert publish(wheel_job, **inputs).outputs["result"] == "published"
    assert publish(wheel_job, **inputs).outputs["result"] == "identical"


@pytest.mark.parametrize("if_exists", ["verify", "skip"])
def test_the_same_again_is_a_success_and_sends_nothing(wheel_job: Job, if_exists: str) -> None:
    publish(wheel_job)
    before = wheel_job.sent()
    outcome = publish(wheel_job, if_exists=if_exists)
    assert (outcome.status, outcome.outputs["result"]) == (0, "identical")
    assert outcome.outputs["url"]
    assert wheel_job.sent() == before


@pytest.mark.parametrize(
    ("if_exists", "status", "code"),
    [("verify", 5, "PW501"), ("skip", 0, ""), ("fail", 5, "PW502"), ("replace", 2, "PW101")],
)
def test_other_content_under_the_same_name(
    wheel_job: Job, tiny_wheel: Callable[..., Path], if_exists: str, status: int, code: str
) -> None:
    publish(wheel_job)
    first = sha256(wheel_job)
    before = wheel_job.sent()
    other_content(wheel_job, tiny_wheel)
    outcome = publish(wheel_job, if_exists=if_exists)
    assert outcome.status == status, outcome.log
    assert wheel_job.sent() == before
    if code:
        assert len(outcome.errors) == 1
        assert code in outcome.errors[0]
        assert "if-exists" in outcome.errors[0]
    else:
        assert outcome.outputs["result"] == "skipped"
        assert outcome.outputs["sha256"] == first
    if code == "PW501":
        assert first in outcome.errors[0]
        assert sha256(wheel_job) in outcome.errors[0]


def test_content_is_compared_by_download_where_the_index_gives_no_hash(
    wheel_job: Job, tiny_wheel: Callable[..., Path]
) -> None:
    wheel_job.sandbox.feed_switches.hashes = False
    assert publish(wheel_job).outputs["result"] == "published"
    assert publish(wheel_job).outputs["result"] == "identical"
    other_content(wheel_job, tiny_wheel)
    assert publish(wheel_job).status == 5


@pytest.mark.parametrize("server", ["feed", "plain-index"])
def test_a_conflict_that_the_plan_did_not_see_is_compared(
    wheel_job: Job, tiny_wheel: Callable[..., Path], server: str
) -> None:
    """Somebody else publishes between our look and our upload: Azure answers 409, pypiserver 400 or
    409."""
    inputs = {}
    if server == "plain-index":
        user, password = wheel_job.sandbox.plain_index_account
        inputs = {
            "feed": wheel_job.sandbox.plain_index_url,
            "feed_username": user,
            "feed_token": password,
        }
    publish(wheel_job, **inputs)
    wheel_job.sandbox.faults.add(
        server=server, method="GET", path="*/simple/acme-forecast/", status=404
    )
    assert publish(wheel_job, **inputs).outputs["result"] == "identical"
    other_content(wheel_job, tiny_wheel)
    wheel_job.sandbox.faults.add(
        server=server, method="GET", path="*/simple/acme-forecast/", status=404
    )
    outcome = publish(wheel_job, **inputs)
    assert (outcome.status, len(outcome.errors)) == (5, 1)
    assert "PW501" in outcome.errors[0]


def test_a_half_answered_upload_is_recognised_as_ours(wheel_job: Job) -> None:
    for _ in ("the question for the right to write", "the upload"):
        wheel_job.sandbox.faults.add(
            server="feed", method="POST", path=UPLOAD, status=503, after_work=True
        )
    outcome = publish(wheel_job)
    assert (outcome.status, outcome.outputs["result"]) == (0, "published"), outcome.log


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 503}, {"status": 429}, {"status": 408}, {"reset": True}]
)
@pytest.mark.parametrize(("method", "path"), [("POST", UPLOAD), ("GET", PAGE), ("GET", INDEX)])
def test_passing_faults_are_retried(
    wheel_job: Job, fault: dict[str, Any], method: str, path: str
) -> None:
    headers = {"Retry-After": "0"} if "status" in fault else {}
    times = 2 if path == UPLOAD else 1  # the first one asks for the right to write
    wheel_job.sandbox.faults.add(
        server="feed", method=method, path=path, headers=headers, times=times, **fault
    )
    outcome = publish(wheel_job)
    assert (outcome.status, outcome.outputs["result"]) == (0, "published"), outcome.log


def test_a_lasting_failure_of_the_feed_is_one_error_and_a_rerun_succeeds(wheel_job: Job) -> None:
    wheel_job.sandbox.faults.add(
        server="feed",
        method="POST",
        times=None,
        status=503,
        headers={"Retry-After": "0"},
        body="out of disk",
    )
    outcome = publish(wheel_job)
    assert (outcome.status, len(outcome.errors)) == (6, 1)
    assert "PW611" in outcome.errors[0]
    assert "out of disk" in outcome.errors[0]
    assert outcome.outputs["url"] == ""
    wheel_job.sandbox.faults.clear()
    assert publish(wheel_job).outputs["result"] == "published"


def test_a_deleted_version_is_told_apart(wheel_job: Job) -> None:
    wheel_job.sandbox.feed_switches.reserved.add(("acme-forecast", "1.2.3"))
    outcome = publish(wheel_job)
    assert (outcome.status, len(outcome.errors)) == (5, 1)
    assert "PW503" in outcome.errors[0]
    assert "was deleted" in outcome.errors[0]


def test_a_refused_metadata_version_shows_the_servers_reason(wheel_job: Job) -> None:
    wheel_job.sandbox.feed_switches.metadata_versions = frozenset({"2.4"})
    outcome = publish(wheel_job)
    assert (outcome.status, len(outcome.errors)) == (3, 1)
    assert "PW309" in outcome.errors[0]
    assert "Metadata version '2.1' is unsupported" in outcome.errors[0]


def test_the_index_is_polled_until_it_lists_the_file(wheel_job: Job) -> None:
    wheel_job.sandbox.feed_switches.listing_delay = 1.0
    outcome = publish(wheel_job)
    assert outcome.status == 0, outcome.log
    assert "not listed yet" in outcome.log
    assert outcome.outputs["url"]


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        ("expired", 4, "PW402"),
        ("other_organisation", 4, "PW402"),
        ("sign_in_page", 4, "PW402"),
        ("sign_in_redirect", 4, "PW402"),
        ("read", 4, "PW403"),
        ("write_only", 4, "PW403"),
    ],
)
def test_a_feed_token_that_will_not_do(wheel_job: Job, token: str, status: int, code: str) -> None:
    outcome = publish(wheel_job, feed_token=getattr(wheel_job.sandbox.tokens, token))
    assert (outcome.status, len(outcome.errors)) == (status, 1), outcome.log
    assert code in outcome.errors[0]
    assert "feed-token" in outcome.errors[0]
    assert wheel_job.sent() == []


@pytest.mark.parametrize(
    ("token", "code"),
    [("expired", "PW402"), ("other_organisation", "PW402"), ("write_only", "PW403")],
)
def test_a_connection_token_that_cannot_read_stops_before_anything_is_sent(
    wheel_job: Job, token: str, code: str
) -> None:
    inputs = {
        **wheel_job.workspace_inputs(),
        "connection_token": getattr(wheel_job.sandbox.tokens, token),
    }
    outcome = publish(wheel_job, **inputs)
    assert (outcome.status, len(outcome.errors)) == (4, 1), outcome.log
    assert code in outcome.errors[0]
    assert "connection-token" in outcome.errors[0]
    assert wheel_job.sent() == []


def test_the_sign_in_serves_as_the_feeds_password(wheel_job: Job) -> None:
    outcome = publish(wheel_job, feed_token="", **wheel_job.sign_in_inputs())
    assert (outcome.status, outcome.outputs["result"]) == (0, "published"), outcome.log


def test_the_sign_ins_token_is_not_given_to_another_index(wheel_job: Job) -> None:
    outcome = publish(
        wheel_job,
        feed=wheel_job.sandbox.plain_index_url,
        feed_token="",
        **wheel_job.sign_in_inputs(),
    )
    assert (outcome.status, len(outcome.errors)) == (2, 1)
    assert "feed-token" in outcome.errors[0]
    assert not [
        request for request in wheel_job.sandbox.requests if request.server == "plain-index"
    ]


def test_a_redirect_to_another_host_does_not_take_the_token_along(wheel_job: Job) -> None:
    elsewhere = f"{wheel_job.sandbox.url('plain-index')}/simple/"
    wheel_job.sandbox.faults.add(
        server="feed",
        method="GET",
        path=INDEX,
        status=302,
        headers={"Location": elsewhere},
        times=None,
    )
    publish(wheel_job)
    reached = [request for request in wheel_job.sandbox.requests if request.server == "plain-index"]
    assert reached
    assert all("Authorization" not in request.headers for request in reached)


def test_a_netrc_of_the_machine_is_not_used(
    wheel_job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login machine password netrc-password\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert publish(wheel_job, **wheel_job.workspace_inputs()).status == 0
    unwanted = base64.b64encode(b"machine:netrc-password").decode()
    ours = [
        request
        for request in wheel_job.sandbox.requests
        if request.server in ("arm", "feed", "github")
    ]
    assert ours
    assert not [request for request in ours if unwanted in str(request.headers)]


def test_an_unknown_feed(wheel_job: Job) -> None:
    outcome = publish(wheel_job, feed=wheel_job.sandbox.feed_url("acme", "pyhton"))
    assert (outcome.status, len(outcome.errors)) == (2, 1), outcome.log
    assert "PW110" in outcome.errors[0]
    assert "pyhton" in outcome.errors[0]


@pytest.mark.usefixtures("no_pauses")
def test_a_host_that_does_not_exist(wheel_job: Job) -> None:
    outcome = publish(wheel_job, feed="https://nowhere.invalid/simple/")
    assert (outcome.status, len(outcome.errors)) == (6, 1)
    assert "PW610" in outcome.errors[0]
    assert "nowhere.invalid" in outcome.errors[0]


def test_several_packages_are_all_checked_before_the_first_is_sent(
    wheel_job: Job, tiny_wheel: Callable[..., Path]
) -> None:
    publish(wheel_job)
    before = wheel_job.sent()
    other_content(wheel_job, tiny_wheel)
    (wheel_job.checkout / "aaa_first-1.0-py3-none-any.whl").write_bytes(
        tiny_wheel("aaa-first", "1.0").read_bytes()
    )
    assert publish(wheel_job).status == 5
    assert wheel_job.sent() == before
    outcome = publish(wheel_job, if_exists="skip")
    packages = json.loads(outcome.outputs["packages-json"])
    assert [package["result"] for package in packages] == ["published", "skipped"]
    assert outcome.outputs["name"] == "aaa-first"


def test_two_packages_that_give_one_file(wheel_job: Job, tiny_wheel: Callable[..., Path]) -> None:
    (wheel_job.checkout / "dist").mkdir()
    (wheel_job.checkout / "dist" / WHEEL).write_bytes(
        tiny_wheel(content="ANSWER = 43\n").read_bytes()
    )
    outcome = publish(wheel_job, package="*.whl\ndist/*.whl")
    assert (outcome.status, len(outcome.errors)) == (3, 1)
    assert "PW304" in outcome.errors[0]
    assert wheel_job.sent() == []


def test_a_dry_run_plans_and_sends_nothing(wheel_job: Job) -> None:
    outcome = publish(wheel_job, dry_run="TRUE", **wheel_job.workspace_inputs())
    assert (outcome.status, outcome.outputs["result"]) == (0, "dry-run")
    assert "is not in the feed yet: publish" in outcome.log
    assert wheel_job.sent() == []
    assert not (wheel_job.checkout / "azureml-environment").exists()


def test_a_certificate_that_is_not_trusted(wheel_job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    outcome = publish(wheel_job)
    assert (outcome.status, len(outcome.errors)) == (6, 1), outcome.log
    assert "PW610" in outcome.errors[0]
    assert "REQUESTS_CA_BUNDLE" in outcome.errors[0]
    assert [request for request in wheel_job.sandbox.requests if request.server == "feed"] == []


def test_a_certificate_of_another_host(wheel_job: Job) -> None:
    """127.1 is another spelling of 127.0.0.1, and the sandbox's certificate does not have it."""
    feed = wheel_job.sandbox.feed_url("acme", "python").replace("localhost", "127.1")
    outcome = publish(wheel_job, feed=feed)
    assert (outcome.status, len(outcome.errors)) == (6, 1), outcome.log
    assert "REQUESTS_CA_BUNDLE" in outcome.errors[0]
    assert [request for request in wheel_job.sandbox.requests if request.server == "feed"] == []


def test_a_file_that_is_never_listed_is_waited_for_two_minutes(wheel_job: Job) -> None:
    """With a clock that does not wait."""
    waited: list[float] = []
    writer = Account(
        username="any", token=lambda: wheel_job.sandbox.tokens.write, input="feed-token"
    )
    feed = parse_feed(wheel_job.sandbox.feed_url("acme", "python"))
    wheel_job.sandbox.feed_switches.listing_delay = 3600
    with closing(
        FeedRoute(
            feed,
            writer=writer,
            reader=None,
            if_exists="verify",
            http=HttpClients(read_http_config(os.environ)),
            sleep=waited.append,
        )
    ) as route:
        wheel = read_wheel(wheel_job.checkout / WHEEL)
        result = route.publish(route.plan(wheel))
        with pytest.raises(NotPublished):
            route.verify(result)
    assert 120 <= sum(waited) < 150


def test_a_ca_file_that_does_not_exist(wheel_job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "nowhere.pem")
    outcome = publish(wheel_job)
    assert (outcome.status, len(outcome.errors)) == (6, 1), outcome.log
    assert "nowhere.pem" in outcome.errors[0]


def test_a_refusal_of_an_empty_upload_proves_nothing_by_itself(wheel_job: Job) -> None:
    """Only the permission's name does: a firewall may refuse what is empty."""
    wheel_job.sandbox.faults.add(
        server="feed", method="POST", path=UPLOAD, status=403, body="request blocked"
    )
    assert publish(wheel_job).outputs["result"] == "published"


def test_what_goes_to_this_machine_passes_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain http is allowed there, and a proxy would read the token."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        server.timeout = 5
        thread = Thread(target=server.handle_request, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/"
        http = HttpClients(read_http_config(os.environ))
        with closing(http.client(url, repeats=False)) as client:
            assert client.request("GET", "/nothing").status_code == 404
        thread.join()
