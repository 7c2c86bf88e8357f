"""No token, in any form, in anything that a run leaves behind, while the servers repeat what they were sent."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

from private_wheel.__main__ import main
from private_wheel.secrets import derived_forms
from tests.leaks import Secrets, contents, credentials_in

from .conftest import Job

_started: list[str] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    """Every child's arguments and environment, as the interpreter hands them to the operating system."""
    if event == "subprocess.Popen":
        _started.append(repr(arguments[1:]))


sys.addaudithook(_watch)


def secrets(job: Job) -> Secrets:
    """Everything secret that this sandbox has handed out so far, and whatever reached a server as a credential."""
    sandbox = job.sandbox
    tokens = {value for value in vars(sandbox.tokens).values() if isinstance(value, str)}
    tokens |= {identity.secret for identity in sandbox.identities}
    tokens |= {sandbox.github_oidc_environ()["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]}
    return Secrets(tokens | credentials_in(sandbox.requests))


def left_behind(job: Job, *texts: str) -> bytes:
    """The log without the lines that tell the host what to mask, and every file outside the sandbox's own folder."""
    lines = [line.encode() for text in texts for line in text.splitlines() if not line.startswith("::add-mask::")]
    for folder in (job.checkout, job.host_files):
        lines += [content for _, content in contents(folder)]
    return b"\n".join([*lines, *(started.encode() for started in _started)])


def check(job: Job, *texts: str) -> None:
    assert secrets(job).found_in(left_behind(job, *texts)) == []


@pytest.fixture(autouse=True)
def _careless_servers(job: Job) -> Iterator[None]:
    job.sandbox.faults.echo_authorization = job.sandbox.faults.echo_body = True
    _started.clear()
    yield
    assert job.sandbox.requests


SCENARIOS: dict[str, tuple[dict[str, object], dict[str, str]]] = {
    "success": ({}, {}),
    "feed refuses the token": ({}, {"feed_token": "other_organisation"}),
    "feed token may not write": ({}, {"feed_token": "read"}),
    "workspace token cannot read": ({}, {"connection_token": "write_only"}),
    "feed is broken": ({"server": "feed", "method": "POST", "status": 400, "times": None}, {}),
    "index is broken": ({"server": "feed", "method": "GET", "status": 418, "times": None}, {}),
    "ARM refuses the read": (
        {"server": "arm", "method": "GET", "path": "*/connections", "status": 403, "times": None},
        {},
    ),
    "ARM refuses the write": ({"server": "arm", "method": "PUT", "status": 400, "times": None}, {}),
    "Entra is broken": ({"server": "sign-in", "method": "POST", "status": 400, "times": None}, {}),
    "the issuer is broken": ({"server": "github", "status": 400, "times": None}, {}),
}


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("sign_in_writes", [False, True])
def test_on_github(job: Job, name: str, sign_in_writes: bool) -> None:
    fault, tokens = SCENARIOS[name]
    if fault:
        job.sandbox.faults.add(**fault)
    job.add_package("curious")
    inputs = {**job.feed_inputs(), **job.workspace_inputs()}
    inputs |= {key: getattr(job.sandbox.tokens, value) for key, value in tokens.items()}
    if sign_in_writes:
        inputs["feed_token"] = ""
    outcome = job.run(package="curious", variables={"RUNNER_DEBUG": "1"}, **inputs)
    assert (outcome.status == 0) == (name == "success" or (sign_in_writes and "feed_token" in tokens)), outcome.log
    check(job, outcome.log, outcome.summary)


@pytest.mark.parametrize("name", ["success", "feed is broken", "ARM refuses the write", "feed refuses the token"])
def test_in_a_terminal(wheel_job: Job, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault, tokens = SCENARIOS[name]
    sandbox = wheel_job.sandbox
    if fault:
        sandbox.faults.add(**fault)
    (wheel_job.checkout / ".git").mkdir()
    environ = {
        **os.environ,
        **sandbox.service_principal_environ(sandbox.identities.contributor),
        "PRIVATE_WHEEL_DEBUG": "1",
        "INPUT_FEEDTOKEN": getattr(sandbox.tokens, tokens.get("feed_token", "write")),
        "INPUT_CONNECTIONTOKEN": sandbox.tokens.read,
    }
    stdout = io.StringIO()
    feed, workspace = sandbox.feed_url("acme", "python"), sandbox.workspace("acme-ml").short
    status = main(environ, stdout, ["--package", "*.whl", "--feed", feed, "--workspace", workspace])
    assert (status == 0) == (name == "success"), stdout.getvalue()
    assert "::add-mask::" not in stdout.getvalue()
    check(wheel_job, stdout.getvalue())


def test_masks_come_before_everything_else(wheel_job: Job) -> None:
    outcome = wheel_job.run(package="*.whl", **wheel_job.feed_inputs())
    masks = list(takewhile(lambda line: line.startswith("::add-mask::"), outcome.log.splitlines()))
    for form in derived_forms(wheel_job.sandbox.tokens.write):
        assert f"::add-mask::{form}" in masks


def test_the_search_itself_finds_a_token(wheel_job: Job) -> None:
    """The checks above would be worth nothing if they could not fail."""
    with pytest.raises(AssertionError):
        check(wheel_job, f"some text with {wheel_job.sandbox.tokens.write} in it")
    (wheel_job.checkout / "left.txt").write_text(wheel_job.sandbox.tokens.read)
    with pytest.raises(AssertionError):
        check(wheel_job, "")
    wheel_job.run(package="*.whl", **wheel_job.feed_inputs())
    Path(wheel_job.checkout / "left.txt").unlink()
