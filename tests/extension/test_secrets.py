"""No credential in anything that a run leaves behind or shows to a build, whatever letters it is
made of."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.extension.connections import KINDS, Kind
from tests.extension.task import Run, Task
from tests.leaks import Secrets, contents, credentials_in
from tests.masked_forms import masked_forms
from tests.protocol.azure_agent import Agent, read_log

OTHER = "of another variable, which this step was not given"
# With all that has another form in a URL, in JSON, in XML, in a command, or in another encoding.
STRANGE = "p%25er%c;ent]\"quo'ted\\ba%0Ack&am<p>per+plus/sl=Zo\xeb\u20ac\U0001f511%AZP25%3B"


def secrets(task: Task, *more: str) -> Secrets:
    """All that this sandbox has handed out, whatever reached a server as a credential, and the
    other variable."""
    sandbox = task.sandbox
    tokens = {value for value in vars(sandbox.tokens).values() if isinstance(value, str)}
    tokens |= {identity.secret for identity in sandbox.identities}
    return Secrets({*tokens, OTHER, *more, *credentials_in(sandbox.requests)})


def key_lines(pem: str) -> list[str]:
    """The private part of it: the certificate beside is public."""
    key = pem[pem.index("-----BEGIN PRIVATE KEY-----") :]
    return [line for line in key.splitlines() if line and not line.startswith("-----")]


def left_behind(task: Task, run: Run) -> bytes:
    outcome = run.outcome
    printed = [
        line for line in outcome.output if not line.startswith("##vso[task.setsecret]")
    ]  # by our own care alone
    parts = [
        *printed,
        *outcome.log,
        *outcome.outputs.values(),
        *(str(issue) for issue in outcome.issues),
    ]
    files = [
        *outcome.summaries,
        *(data for files in outcome.artifacts.values() for data in files.values()),
    ]
    for folder in (task.checkout, task.temporary):
        files += [content for _, content in contents(folder)]
    return b"\n".join([*(part.encode("utf-8", "surrogateescape") for part in parts), *files])


def check(task: Task, run: Run, *more: str) -> None:
    assert secrets(task, *more).found_in(left_behind(task, run)) == []


def evidence(task: Task) -> Any:
    """What the hostile backend saw: it is in the wheel that it made."""
    (file,) = (task.sandbox.directory / "feeds").rglob("hostile_backend-*.whl")
    with zipfile.ZipFile(file) as wheel:
        return json.loads(wheel.read("hostile_backend.json"))


def names_in(environ: Iterable[str]) -> set[str]:
    return {variable.partition("=")[0] for variable in environ}


@pytest.fixture(autouse=True)
def _careless_servers(task: Task) -> None:
    task.sandbox.faults.echo_authorization = task.sandbox.faults.echo_body = True
    task.secrets |= {"other": OTHER, "feed.pat": task.sandbox.tokens.write}


REFUSAL: dict[str, Any] = {
    "times": None,
    "content_type": "application/json",
    "body": '{"message": "no"}',
}
SCENARIOS: dict[str, dict[str, Any]] = {
    "success": {},
    "feed refuses": {"server": "feed", "method": "POST", "status": 400},
    "index is broken": {"server": "feed", "method": "GET", "status": 418},
    "ARM refuses": {"server": "arm", "method": "PUT", "status": 400},
    "Entra refuses": {"server": "sign-in", "method": "POST", "status": 400},
    "the issuer refuses": {"server": "azure-pipelines", "status": 400},
    "the machine refuses": {"server": "instance-metadata", "status": 400},
}
# Who asks there at all.
MET: dict[str, tuple[Kind, ...]] = {
    "Entra refuses": KINDS[:3],
    "the issuer refuses": KINDS[:1],
    "the machine refuses": KINDS[3:],
}


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name in SCENARIOS for kind in MET.get(name, KINDS)]
)
def test_feed_and_connection(task: Task, name: str, kind: Kind) -> None:
    task.add_package("curious")
    if SCENARIOS[name]:
        task.sandbox.faults.add(
            times=None, content_type="application/json", body='{"message": "no"}', **SCENARIOS[name]
        )
    pem = (
        task.sandbox.certificates.issue(task.sandbox.identities.contributor)
        if kind == "certificate"
        else ""
    )
    inputs = {
        **task.feed_inputs(),
        **task.workspace_inputs(),
        "package": "curious",
        "matchTag": "never",
    }
    run = task.run(inputs=inputs, connection=kind, secret=pem, variables={"System.Debug": "true"})
    assert run.succeeded() == (name == "success"), str(run)
    check(task, run, *(key_lines(pem) if pem else ()))


@pytest.mark.parametrize("kind", KINDS[:2])
@pytest.mark.parametrize("server", ["", "blob", "artifact-service"])
@pytest.mark.parametrize("route", ["blob", "workspace"])
def test_storage(task: Task, kind: Kind, route: str, server: str) -> None:
    task.add_package("curious")
    if server:
        task.sandbox.faults.add(
            server=server, method="PUT" if server == "blob" else "*", status=400, times=None
        )
    workspace = {"publishTo": "workspace", "workspace": task.sandbox.workspace("acme-ml").short}
    inputs = {
        **(task.blob_inputs() if route == "blob" else workspace),
        "package": "curious",
        "matchTag": "never",
    }
    run = task.run(inputs=inputs, connection=kind, variables={"System.Debug": "true"})
    reached = server and (server == "blob" or route == "workspace")
    assert run.succeeded() != bool(reached), str(run)
    check(task, run)


@pytest.mark.parametrize("name", ["feedToken", "connectionToken", "job token", "secret"])
def test_secrets_of_strange_letters(task: Task, name: str) -> None:
    """No server knows them: they come back in what it says of the refusal."""
    task.add_package("curious")
    inputs = {
        **task.feed_inputs(),
        **task.workspace_inputs(),
        "package": "curious",
        "matchTag": "never",
    }
    environ = {}
    if name == "job token":
        del inputs["feedToken"]
        content = {"parameters": {"AccessToken": STRANGE}, "scheme": "OAuth"}
        environ = {"ENDPOINT_AUTH_SYSTEMVSSCONNECTION": json.dumps(content)}
    elif name != "secret":
        inputs[name] = STRANGE
    run = task.run(
        inputs=inputs,
        connection="secret",
        secret=STRANGE if name == "secret" else "",
        environ=environ,
    )
    assert len(run.outcome.errors) == 1, str(run)
    assert run.failed(run.outcome.errors[0].code), str(run)
    check(task, run, STRANGE)
    assert STRANGE in run.outcome.secrets
    for form in (STRANGE, *masked_forms(STRANGE)):
        assert form not in read_log(f"later {form}", _agent_of(run)).log[-1]


def _agent_of(run: Run) -> Agent:
    """The agent in a later step of the same job."""
    agent = Agent()
    agent.outcome.secrets |= run.outcome.secrets
    return agent


def test_masks_come_before_everything_else(task: Task) -> None:
    task.add_package("curious")
    run = task.run(
        inputs={**task.feed_inputs(), "package": "curious", "matchTag": "never"},
        connection="secret",
    )
    first = [line.startswith("##vso[task.setsecret]") for line in run.outcome.output]
    told = first.index(False)
    before = read_log("\n".join(run.outcome.output[:told])).secrets
    sandbox = task.sandbox
    known = {
        sandbox.tokens.write,
        sandbox.tokens.system_access,
        sandbox.identities.contributor.secret,
    }
    assert known <= before
    assert len([line for line in run.outcome.output[:told] if line]) == told


class TestBuild:
    """What foreign code sees of the machine, its ancestors included."""

    @pytest.fixture
    def seen(self, task: Task) -> Any:
        task.add_package("hostile-backend")
        inputs = {**task.feed_inputs(), **task.workspace_inputs(), "package": "hostile-backend"}
        pem = task.sandbox.certificates.issue(task.sandbox.identities.contributor)
        environ = {"MY_COPY": task.sandbox.tokens.write, "SECUREFILE_TICKET_1": OTHER}
        run = task.run(inputs=inputs, connection="certificate", secret=pem, environ=environ)
        assert run.succeeded(), str(run)
        return {**evidence(task), "certificate": key_lines(pem)}

    @staticmethod
    def ours(task: Task, seen: Any, *, launcher: bool) -> list[Any]:
        """The processes of the step: those that have the task's or the tool cache's files in their
        arguments."""
        script, marks = (
            str(task.machine.task / "launch.js"),
            (str(task.machine.task), str(task.machine.tools)),
        )
        found = [
            one
            for one in seen["processes"]
            if any(mark in " ".join(one["arguments"]) for mark in marks)
        ]
        return [one for one in found if (script in one["arguments"]) is launcher]

    def test_its_own_environment(self, task: Task, seen: Any) -> None:
        found = secrets(task, *seen["certificate"])
        assert found.found_in(json.dumps(seen["environ"], ensure_ascii=False).encode()) == []
        assert not [
            name
            for name in seen["environ"]
            if re.match("INPUT_|ENDPOINT_|SECRET_|SECUREFILE_|VSTS_", name)
        ]
        assert not [
            name
            for name in seen["environ"]
            if name.endswith("TOKEN") or name == "SYSTEM_OIDCREQUESTURI"
        ]

    def test_the_environment_and_arguments_of_python(self, task: Task, seen: Any) -> None:
        processes = self.ours(task, seen, launcher=False)
        arguments = [" ".join(one["arguments"]) for one in processes]
        assert any("private_wheel.__main__" in one for one in arguments)
        assert any("private_wheel.wheels.isolated_build" in one for one in arguments)
        readable = [process for process in processes if len(process["environ"]) > 3]
        closed = [process for process in processes if process not in readable]
        if os.geteuid() == 0:
            assert closed == []
        else:  # the program has closed its own process to all but root
            assert len(closed) == 1
            assert closed[0]["environ"] == [""]
            assert "private_wheel.__main__" in " ".join(closed[0]["arguments"])
        found = secrets(task, *seen["certificate"])
        assert found.found_in(json.dumps(processes, ensure_ascii=False).encode()) == []
        names = names_in(variable for one in processes for variable in one["environ"])
        assert not [
            name for name in names if re.match(r"INPUT_|ENDPOINT_|SECRET_|SECUREFILE_|VSTS_", name)
        ]
        assert {process["input"] for process in readable} == {"/dev/null"}

    def test_the_launcher_has_none_in_its_arguments(self, task: Task, seen: Any) -> None:
        (launcher,) = self.ours(task, seen, launcher=True)
        found = secrets(task, *seen["certificate"])
        assert found.found_in(" ".join(launcher["arguments"]).encode()) == []


def test_the_identity_header_of_a_container_app_stays_here(task: Task) -> None:
    """With it, whoever is on the machine gets the tokens of its managed identity."""
    task.add_package("hostile-backend")
    environ = {
        "IDENTITY_ENDPOINT": "http://localhost:9/msi/token",
        "IDENTITY_HEADER": "an identity header of this one",
    }
    run = task.run(inputs={**task.feed_inputs(), "package": "hostile-backend"}, environ=environ)
    assert run.succeeded(), str(run)
    assert "IDENTITY_HEADER" not in evidence(task)["environ"]


def test_the_search_itself_finds_a_token(task: Task) -> None:
    """The checks above would be worth nothing if they could not fail."""
    run = Run(0, read_log(f"some text with {task.sandbox.tokens.write} in it"))
    with pytest.raises(AssertionError):
        check(task, run)
    Path(task.temporary / "left.md").write_text(task.sandbox.tokens.read)
    with pytest.raises(AssertionError):
        check(task, Run(0, read_log("")))
    summary = task.temporary / "summary.md"
    (task.temporary / "left.md").rename(summary)
    told = read_log(f"##vso[task.uploadsummary]{summary}")
    summary.write_text("")
    with pytest.raises(AssertionError):
        check(task, Run(0, told))
