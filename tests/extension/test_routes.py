"""The packed task does its job: on each route, with each kind of service connection, and with the
job's own token."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from private_wheel.inputs.table import OUTPUTS
from tests.extension.connections import KINDS, Kind
from tests.extension.task import Run, Task

WHEEL = "acme_forecast-1.2.3-py3-none-any.whl"
NO_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n"
WheelMaker = Callable[..., Path]
TaskMaker = Callable[..., Task]
FILES = {"conda.yml", "environment.yml"}


def check_success(run: Run) -> None:
    outcome = run.outcome
    assert run.succeeded(), str(run)
    assert {name for name in outcome.outputs} == {output.camel_case for output in OUTPUTS}
    assert all(variable.is_output for variable in outcome.variables.values())
    assert outcome.outputs["name"] == "acme-forecast"
    assert outcome.outputs["version"] == "1.2.3"
    assert outcome.outputs["wheel"] == WHEEL
    (summary,) = outcome.summaries
    assert "acme-forecast==1.2.3" in summary.decode()
    artifact = outcome.artifacts["azureml-environment"]
    assert set(artifact) == FILES
    assert outcome.outputs["requirement"].replace("\\", "") in artifact["conda.yml"].decode()


class TestRoutes:
    def test_to_a_feed(self, task: Task) -> None:
        task.add_example()
        run = task.run(
            inputs={**task.feed_inputs(), **task.workspace_inputs()}, connection="workload"
        )
        check_success(run)
        assert run.outcome.outputs["result"] == "published"
        assert run.outcome.outputs["requirement"] == "acme-forecast==1.2.3"
        assert run.outcome.outputs["indexUrl"] == task.sandbox.feed_url("acme", "python")
        assert run.outcome.outputs["connection"] in task.sandbox.workspace("acme-ml").connections
        assert any("##[group]Build" in line for line in run.outcome.log)
        assert not list(task.machine.task.rglob("__pycache__"))
        again = task.run(
            inputs={**task.feed_inputs(), **task.workspace_inputs()}, connection="workload"
        )
        check_success(again)
        assert again.outcome.outputs["result"] == "identical"
        assert again.outcome.outputs["sha256"] == run.outcome.outputs["sha256"]

    def test_to_a_container(self, task: Task) -> None:
        task.add_example()
        run = task.run(inputs=task.blob_inputs(), connection="workload")
        check_success(run)
        stored = (
            task.sandbox.blobs("acmepackages", "wheels")
            .get_blob_client(WHEEL)
            .download_blob()
            .readall()
        )
        assert run.outcome.outputs["sha256"] == hashlib.sha256(stored).hexdigest()
        assert run.outcome.outputs["url"] == f"{task.sandbox.container_url}/{WHEEL}"

    def test_to_a_workspace(self, task: Task) -> None:
        task.add_example()
        inputs = {"publishTo": "workspace", "workspace": task.sandbox.workspace("acme-ml").short}
        run = task.run(inputs=inputs, connection="workload")
        check_success(run)
        assert list(task.sandbox.workspace("acme-ml").artifacts) == [WHEEL]


class TestSignIn:
    @pytest.mark.parametrize("kind", KINDS)
    def test_with_each_kind_of_service_connection(self, wheel_task: Task, kind: Kind) -> None:
        run = wheel_task.run(
            inputs={**wheel_task.blob_inputs(), "package": "*.whl"}, connection=kind
        )
        check_success(run)
        servers = {"secret": "sign-in", "certificate": "sign-in", "workload": "azure-pipelines"}
        asked = {request.server for request in wheel_task.sandbox.requests}
        assert servers.get(kind, "instance-metadata") in asked
        assert ("sign-in" in asked) == (kind != "managed")

    @pytest.mark.parametrize("kind", KINDS[1:3])
    def test_what_entra_refuses(self, wheel_task: Task, kind: Kind) -> None:
        sandbox = wheel_task.sandbox
        wrong = {
            "secret": "not the secret of it",
            "certificate": sandbox.certificates.issue(
                sandbox.identities.contributor, registered=False
            ),
        }
        inputs = {**wheel_task.blob_inputs(), "package": "*.whl"}
        run = wheel_task.run(inputs=inputs, connection=kind, secret=wrong[kind])
        assert run.failed("PW401"), str(run)
        assert "AADSTS" in run.error
        assert "azure-subscription" in run.error or "azureSubscription" in run.error

    @pytest.mark.parametrize("text", ["no PEM at all", NO_CERTIFICATE])
    def test_a_certificate_that_is_none(self, wheel_task: Task, text: str) -> None:
        inputs = {**wheel_task.blob_inputs(), "package": "*.whl"}
        run = wheel_task.run(inputs=inputs, connection="certificate", secret=text)
        assert run.failed("PW401"), str(run)
        assert "certificate" in run.error

    def test_a_machine_without_a_managed_identity(self, wheel_task: Task) -> None:
        wheel_task.sandbox.faults.add(
            server="instance-metadata", status=400, times=None, content_type="application/json",
            body='{"error":"invalid_request","error_description":"Identity not found"}',
        )  # fmt: skip
        run = wheel_task.run(
            inputs={**wheel_task.blob_inputs(), "package": "*.whl"}, connection="managed"
        )
        assert run.failed("PW401"), str(run)

    def test_a_connection_that_the_task_was_not_given(self, wheel_task: Task) -> None:
        inputs = {
            **wheel_task.blob_inputs(),
            "package": "*.whl",
            "azureSubscription": "00000000-0000-4000-8000-000000000000",
        }
        run = wheel_task.run(inputs=inputs)
        assert run.failed("PW101"), str(run)
        assert "Azure Resource Manager" in run.error

    def test_no_connection_where_one_is_needed(self, wheel_task: Task) -> None:
        run = wheel_task.run(inputs={**wheel_task.blob_inputs(), "package": "*.whl"})
        assert run.failed("PW401"), str(run)
        assert "azureSubscription" in run.error or "azure-subscription" in run.error
        assert "GitHub" not in run.error


class TestJobToken:
    def test_it_writes_to_a_feed_of_the_own_organisation(self, wheel_task: Task) -> None:
        feed = wheel_task.sandbox.feed_url("acme", "python")
        check_success(wheel_task.run(inputs={"feed": feed, "package": "*.whl"}))

    def test_it_goes_to_no_other_organisation(self, wheel_task: Task) -> None:
        sandbox = wheel_task.sandbox
        feed = sandbox.feed_url("globex", "python")
        run = wheel_task.run(inputs={"feed": feed, "package": "*.whl"})
        assert run.failed("PW401"), str(run)
        sent = [
            request.headers.get("Authorization", "")
            for request in sandbox.requests
            if request.server == "feed"
        ]
        assert not [header for header in sent if header]

    def test_it_goes_to_no_other_host(self, wheel_task: Task) -> None:
        run = wheel_task.run(
            inputs={"feed": wheel_task.sandbox.plain_index_url, "package": "*.whl"}
        )
        assert run.failed("PW101"), str(run)
        assert "feed-token" in run.error or "feedToken" in run.error
        assert not [one for one in wheel_task.sandbox.requests if one.headers.get("Authorization")]

    def test_the_input_comes_first(self, wheel_task: Task) -> None:
        feed = wheel_task.sandbox.feed_url("globex", "python")
        inputs = {
            "feed": feed,
            "feedToken": wheel_task.sandbox.tokens.other_organisation,
            "package": "*.whl",
        }
        check_success(wheel_task.run(inputs=inputs))


class TestHost:
    @pytest.mark.parametrize("name", ["", " "])
    def test_an_empty_artifact_name_means_none(self, wheel_task: Task, name: str) -> None:
        run = wheel_task.run(
            inputs={**wheel_task.feed_inputs(), "package": "*.whl", "artifactName": name}
        )
        assert run.succeeded(), str(run)
        assert run.outcome.artifacts == {}
        assert "artifact.upload" not in [command.name for command in run.outcome.commands]

    def test_an_artifact_of_any_name(self, wheel_task: Task) -> None:
        name = "environment of Zoë; %3B [1] = 100%"
        run = wheel_task.run(
            inputs={**wheel_task.feed_inputs(), "package": "*.whl", "artifactName": name}
        )
        assert run.succeeded(), str(run)
        assert set(run.outcome.artifacts[name]) == FILES

    def test_a_release_has_no_artifacts(self, new_task: TaskMaker, tiny_wheel: WheelMaker) -> None:
        task = new_task(host_type="release", branch="")
        (task.checkout / WHEEL).write_bytes(tiny_wheel().read_bytes())
        run = task.run(
            inputs={**task.feed_inputs(), "package": "*.whl"},
            environ={"BUILD_SOURCESDIRECTORY": ""},
        )
        assert run.succeeded(), str(run)
        assert run.outcome.artifacts == {}
        assert "not uploaded" in run.log

    @pytest.mark.parametrize("debug", ["true", "True", "false", ""])
    def test_debug_lines_are_shown_when_asked_for(self, wheel_task: Task, debug: str) -> None:
        """The question for the right to write gets no answer: that is worth a line for those who
        look closely."""
        wheel_task.sandbox.faults.add(server="feed", method="POST", reset=True)
        run = wheel_task.run(
            inputs={**wheel_task.feed_inputs(), "package": "*.whl"},
            variables={"System.Debug": debug},
        )
        assert run.succeeded(), str(run)
        ours = [line for line in run.outcome.log if line.startswith("debug: ")]
        assert bool(ours) == (debug.lower() == "true")

    def test_the_tag_is_held_against_the_version(
        self, new_task: TaskMaker, tiny_wheel: WheelMaker
    ) -> None:
        task = new_task(branch="refs/tags/v9.9.9")
        (task.checkout / WHEEL).write_bytes(tiny_wheel().read_bytes())
        run = task.run(inputs={**task.feed_inputs(), "package": "*.whl"})
        assert len(run.outcome.errors) == 1
        assert run.failed(run.outcome.errors[0].code), str(run)
        assert "9.9.9" in run.error


class TestFailures:
    def test_an_input_is_wrong(self, wheel_task: Task) -> None:
        run = wheel_task.run(inputs={"publishTo": "nowhere", "package": "*.whl"})
        assert run.failed("PW101"), str(run)
        assert run.outcome.artifacts == {}
        assert len(run.outcome.summaries) == 1

    def test_a_variable_does_not_exist(self, wheel_task: Task) -> None:
        run = wheel_task.run(
            inputs={**wheel_task.feed_inputs(), "feedToken": "$(FEED_PAT)", "package": "*.whl"}
        )
        assert run.failed("PW101"), str(run)
        assert "$(FEED_PAT)" in run.error
        assert wheel_task.sandbox.requests == []

    def test_the_feed_refuses(self, wheel_task: Task) -> None:
        inputs = {
            **wheel_task.feed_inputs(),
            "feedToken": wheel_task.sandbox.tokens.expired,
            "package": "*.whl",
        }
        run = wheel_task.run(inputs=inputs)
        assert run.failed("PW402"), str(run)
        assert run.outcome.outputs["result"] == ""

    def test_the_build_fails(self, task: Task) -> None:
        task.add_package("fails")
        run = task.run(inputs={**task.feed_inputs(), "package": "fails"})
        assert run.failed(run.outcome.errors[0].code), str(run)
        assert "could not be built" in run.error
