"""The environment version in each workspace: created, recognised, or refused before anything is
sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from private_wheel.azure.arm import WRITE_ENVIRONMENT, Arm
from private_wheel.azure.clouds import Cloud
from private_wheel.azure.http import HttpClients
from private_wheel.azure.workspace_id import WorkspaceId, parse_workspace
from private_wheel.azureml import registration
from private_wheel.azureml.registration import (
    Definition,
    RegistrationPlan,
    plan_registrations,
    register_version,
)
from private_wheel.errors import (
    CredentialRefused,
    EnvironmentConflict,
    PermissionMissing,
    PrivateWheelError,
    ServiceFailed,
    ServiceUnreachable,
    UnknownWorkspace,
)
from private_wheel.inputs.ambient import read_http_config
from sandbox import Sandbox

from .conftest import Job, Outcome

CONDA = (
    "# ours\nname: acme\ndependencies:\n  - python=3.11\n  - pip:\n      - acme-forecast==1.2.3\n"
)
DEFINITION = Definition(
    name="acme-forecast", version="1.2.3", image="example.invalid/base:1", conda=CONDA
)


@dataclass(frozen=True, kw_only=True)
class Workspaces:
    """ARM of the sandbox, asked as the contributor."""

    sandbox: Sandbox
    arm: Arm

    def id(self, name: str = "acme-ml") -> WorkspaceId:
        return parse_workspace(self.sandbox.workspace(name).short)

    def stored(
        self, name: str = "acme-ml", environment: str = "acme-forecast"
    ) -> dict[str, dict[str, Any]]:
        return self.sandbox.workspace(name).environments.setdefault(environment, {})

    def plan(
        self, definition: Definition = DEFINITION, *names: str
    ) -> tuple[RegistrationPlan, ...]:
        return plan_registrations(
            self.arm, {self.id(name): definition for name in names or ("acme-ml",)}
        )

    def conflict(self, definition: Definition = DEFINITION, *names: str) -> str:
        with pytest.raises(EnvironmentConflict) as caught:
            self.plan(definition, *names)
        assert self.puts == []
        return str(caught.value)

    def register(self, definition: Definition = DEFINITION) -> None:
        (plan,) = self.plan(definition)
        register_version(self.arm, plan, definition)

    @property
    def puts(self) -> list[str]:
        return [request.path for request in self.sandbox.requests if request.method == "PUT"]

    def fault(self, **members: Any) -> None:
        self.sandbox.faults.add(server="arm", **members)


def open_arm(sandbox: Sandbox, who: str = "contributor") -> Arm:
    cloud = Cloud(
        name="Sandbox",
        arm=sandbox.url("arm"),
        authority=sandbox.url("sign-in"),
        storage_suffixes=(),
    )
    identity = getattr(sandbox.identities, who)
    token = sandbox.access_tokens.issue(identity, sandbox.url("arm"))
    http = HttpClients(read_http_config(sandbox.environ()))
    return Arm(cloud, lambda: f"Bearer {token}", http)


@pytest.fixture(autouse=True)
def _quick(no_pauses: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "_PAUSES", (0.01, 0.01))


@pytest.fixture
def workspaces(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspaces]:
    for name, value in sandbox.environ().items():
        monkeypatch.setenv(name, value)
    arm = open_arm(sandbox)
    yield Workspaces(sandbox=sandbox, arm=arm)
    arm.close()


def other(**changes: Any) -> dict[str, Any]:
    return {**DEFINITION.properties, **changes}


class TestPlan:
    def test_nothing_is_there(self, workspaces: Workspaces) -> None:
        (plan,) = workspaces.plan()
        assert (plan.action, plan.warnings) == ("register", ())
        assert plan.title == "environment acme-forecast 1.2.3 in workspace acme-ml"

    def test_another_version_is_there(self, workspaces: Workspaces) -> None:
        workspaces.stored()["1.2.2"] = other(image="example.invalid/base:0")
        assert [plan.action for plan in workspaces.plan()] == ["register"]

    @pytest.mark.parametrize(
        "changes", [{}, {"tags": {"a": "b"}, "description": "theirs"}, {"condaFile": CONDA[7:]}]
    )
    def test_the_same_is_there(self, workspaces: Workspaces, changes: dict[str, Any]) -> None:
        """Description and tags are others' to change; the text of the conda file is what
        azure-ai-ml changes."""
        workspaces.stored()["1.2.3"] = before = other(**changes)
        (plan,) = workspaces.plan()
        register_version(workspaces.arm, plan, DEFINITION)
        assert (plan.action, plan.warnings, workspaces.puts) == ("identical", (), [])
        assert workspaces.stored()["1.2.3"] == before

    def test_the_same_is_there_and_archived(self, workspaces: Workspaces) -> None:
        workspaces.stored()["1.2.3"] = other(isArchived=True)
        (plan,) = workspaces.plan()
        assert plan.action == "identical"
        assert "archived" in plan.warnings[0]

    def test_another_image_is_a_conflict(self, workspaces: Workspaces) -> None:
        workspaces.stored()["1.2.3"] = other(image="example.invalid/base:2")
        said = workspaces.conflict()
        for word in (
            "PW506",
            "environment-version",
            "acme-forecast 1.2.3",
            "acme-ml",
            "registered example.invalid/base:2",
            "1.2.3-2",
        ):
            assert word in said
        assert "conda" not in said

    def test_another_conda_file_is_a_conflict(self, workspaces: Workspaces) -> None:
        workspaces.stored()["1.2.3"] = other(condaFile=CONDA.replace("==1.2.3", "==1.2.2"))
        said = workspaces.conflict()
        assert "conda file (registered acme-forecast==1.2.2; new acme-forecast==1.2.3)" in said
        assert "image" not in said

    def test_the_free_version_is_looked_for_on_all_pages_and_among_the_archived(
        self, workspaces: Workspaces
    ) -> None:
        for version in ("1.2.3", "1.2.3-2", "1.2.3-3", "1.2.3-4", "1.2.3-5", "1.2.3-7"):
            workspaces.stored()[version] = other(image="example.invalid/base:2", isArchived=True)
        assert "Set environment-version to 1.2.3-6" in workspaces.conflict()

    def test_the_free_version_is_free_in_every_workspace(self, workspaces: Workspaces) -> None:
        changed = other(image="example.invalid/base:2")
        workspaces.stored()["1.2.3"] = changed
        workspaces.stored("acme-test")["1.2.3-2"] = changed
        assert "Set environment-version to 1.2.3-3" in workspaces.conflict(
            DEFINITION, "acme-ml", "acme-test"
        )

    def test_all_conflicts_are_told_at_once(self, workspaces: Workspaces) -> None:
        workspaces.stored("acme-ml")["1.2.3"] = other(image="example.invalid/base:2")
        workspaces.stored("acme-test")["1.2.3"] = other(image="example.invalid/base:3")
        said = workspaces.conflict(DEFINITION, "acme-ml", "acme-test")
        assert "acme-ml: image (registered example.invalid/base:2" in said
        assert "acme-test: image (registered example.invalid/base:3" in said

    def test_whole_numbers_go_on(self, workspaces: Workspaces) -> None:
        for version in ("9", "10", "11"):
            workspaces.stored()[version] = other(image="example.invalid/base:2")
        assert "Set environment-version to 12" in workspaces.conflict(
            replace(DEFINITION, version="9")
        )

    def test_names_and_versions_are_quoted(self, workspaces: Workspaces) -> None:
        definition = replace(DEFINITION, version="2!1.0+a b/../?#%2F")
        (plan,) = workspaces.plan(definition)
        assert plan.action == "register"
        assert workspaces.sandbox.requests[0].path.endswith("/versions/2!1.0+a b/../?#%2F")

    def test_several_workspaces_with_one_definition_each(self, workspaces: Workspaces) -> None:
        there = replace(DEFINITION, conda=CONDA.replace("==1.2.3", " @ https://two.invalid/a.whl"))
        workspaces.stored("acme-test")["1.2.3"] = there.properties
        definitions = {workspaces.id("acme-ml"): DEFINITION, workspaces.id("acme-test"): there}
        assert [plan.action for plan in plan_registrations(workspaces.arm, definitions)] == [
            "register",
            "identical",
        ]


class TestRefusals:
    def test_an_unknown_workspace_is_not_an_unknown_environment(
        self, workspaces: Workspaces
    ) -> None:
        with pytest.raises(UnknownWorkspace, match="acme-mlx"):
            plan_registrations(
                workspaces.arm, {replace(workspaces.id(), name="acme-mlx"): DEFINITION}
            )

    def test_a_workspace_that_may_not_be_read(
        self, sandbox: Sandbox, workspaces: Workspaces
    ) -> None:
        arm = open_arm(sandbox, "stranger")
        with pytest.raises(PermissionMissing, match="acme-ml"):
            plan_registrations(arm, {workspaces.id(): DEFINITION})
        arm.close()

    def test_a_workspace_that_may_not_be_written(
        self, sandbox: Sandbox, workspaces: Workspaces
    ) -> None:
        arm = open_arm(sandbox, "reader")
        (plan,) = plan_registrations(arm, {workspaces.id(): DEFINITION})
        with pytest.raises(PermissionMissing, match="workspaces/environments/write"):
            arm.check_permissions(workspaces.id(), [WRITE_ENVIRONMENT])
        with pytest.raises(PermissionMissing, match="workspaces/environments/write"):
            register_version(arm, plan, DEFINITION)
        arm.close()

    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            ({"status": 500}, ServiceFailed),
            ({"status": 400}, ServiceFailed),
            ({"status": 401}, CredentialRefused),
            ({"status": 403}, PermissionMissing),
            ({"status": 200, "body": "<html>"}, ServiceFailed),
            ({"status": 200, "body": "[]"}, ServiceFailed),
            ({"status": 200, "body": "{}"}, ServiceFailed),
            ({"status": 200, "body": '{"properties": null}'}, ServiceFailed),
            ({"status": 200, "body": '{"properties": []}'}, ServiceFailed),
        ],
    )
    def test_what_arm_may_say(
        self, workspaces: Workspaces, answer: dict[str, Any], kind: type[Exception]
    ) -> None:
        workspaces.fault(times=None, headers={"Retry-After": "0"}, **answer)
        with pytest.raises(kind):
            workspaces.plan()

    @pytest.mark.parametrize(
        "body",
        [
            '{"value": 1}',
            '{"value": {"a": 1}}',
            '{"value": [1]}',
            '{"value": [{"name": null}]}',
            '{"value": [], "nextLink": "https://elsewhere.invalid/"}',
            '{"value": [], "nextLink": {"a": 1}}',
        ],
    )
    def test_lists_of_versions_that_cannot_be_read(self, workspaces: Workspaces, body: str) -> None:
        workspaces.stored()["1.2.3"] = other(image="example.invalid/base:2")
        workspaces.fault(path="*/versions", status=200, body=body)
        with pytest.raises(ServiceFailed, match="list of versions"):
            workspaces.plan()

    def test_a_list_whose_pages_form_a_loop(self, workspaces: Workspaces) -> None:
        workspaces.stored()["1.2.3"] = other(image="example.invalid/base:2")
        link = f"{workspaces.sandbox.url('arm')}{workspaces.id().path}/environments/acme-forecast/versions?api-version=1"
        workspaces.fault(
            path="*/versions", times=None, status=200, body=f'{{"value": [], "nextLink": "{link}"}}'
        )
        with pytest.raises(ServiceFailed, match="a page links back to an earlier one"):
            workspaces.plan()


class TestRegister:
    def test_creates_it(self, workspaces: Workspaces) -> None:
        workspaces.register()
        stored = workspaces.stored()["1.2.3"]
        assert stored == {
            "image": "example.invalid/base:1",
            "condaFile": CONDA,
            "osType": "Linux",
            "isAnonymous": False,
        }
        assert [plan.action for plan in workspaces.plan()] == ["identical"]

    def test_with_all_that_an_environment_may_have(self, workspaces: Workspaces) -> None:
        route = {"path": "/live", "port": 8080}
        extra = {
            "description": "ours",
            "tags": {"team": "ml"},
            "inference_config": {
                "liveness_route": route,
                "readiness_route": route,
                "scoring_route": route,
            },
        }
        workspaces.register(replace(DEFINITION, extra=extra))
        assert [plan.action for plan in workspaces.plan(replace(DEFINITION, extra=extra))] == [
            "identical"
        ]
        assert workspaces.stored()["1.2.3"]["inferenceConfig"]["scoringRoute"] == route
        with pytest.raises(EnvironmentConflict, match="inference configuration"):
            workspaces.plan()

    @pytest.mark.parametrize(
        "fault",
        [
            {"reset": True, "after_work": True},
            {"status": 500, "after_work": True},
            {"status": 503, "times": 2},
            {"status": 429, "headers": {"Retry-After": "0"}},
            {"status": 409, "after_work": True},
            {"status": 500, "after_work": True, "times": 5},
        ],
    )
    def test_an_answer_that_is_lost_or_late(
        self, workspaces: Workspaces, fault: dict[str, Any]
    ) -> None:
        """The last one: the service says it failed each time, and has done it."""
        workspaces.fault(method="PUT", **fault)
        workspaces.register()
        assert workspaces.stored()["1.2.3"]["condaFile"] == CONDA

    @pytest.mark.parametrize("same", [True, False])
    def test_another_run_is_quicker(self, workspaces: Workspaces, same: bool) -> None:
        theirs = DEFINITION.properties if same else other(image="example.invalid/base:2")
        (plan,) = workspaces.plan()
        workspaces.fault(
            method="PUT", hook=lambda: workspaces.stored().update({"1.2.3": theirs}), status=409
        )
        if same:
            register_version(workspaces.arm, plan, DEFINITION)
            return
        with pytest.raises(EnvironmentConflict, match="in the meantime") as caught:
            register_version(workspaces.arm, plan, DEFINITION)
        assert "1.2.3-2" in str(caught.value)
        assert "Nothing was changed" not in str(caught.value)

    def test_a_service_that_takes_it_and_keeps_the_other_one(self, workspaces: Workspaces) -> None:
        (plan,) = workspaces.plan()
        workspaces.stored()["1.2.3"] = other(image="example.invalid/base:2")
        workspaces.fault(method="PUT", status=200, body="{}")
        with pytest.raises(EnvironmentConflict, match=r"registered example\.invalid/base:2"):
            register_version(workspaces.arm, plan, DEFINITION)

    def test_a_refusal_that_has_a_reason(self, workspaces: Workspaces) -> None:
        with pytest.raises(ServiceFailed, match="can only contain alphanumeric") as caught:
            workspaces.register(replace(DEFINITION, name="acme.forecast"))
        assert "Run again" not in str(caught.value)

    def test_it_is_seen_a_little_later(self, workspaces: Workspaces) -> None:
        (plan,) = workspaces.plan()
        workspaces.fault(method="GET", path="*/versions/1.2.3", status=404)
        register_version(workspaces.arm, plan, DEFINITION)
        assert workspaces.puts

    def test_it_is_never_seen(self, workspaces: Workspaces) -> None:
        (plan,) = workspaces.plan()
        workspaces.fault(method="PUT", status=201, body="{}")
        with pytest.raises(ServiceFailed, match="cannot be read back"):
            register_version(workspaces.arm, plan, DEFINITION)

    def test_the_service_is_gone(self, workspaces: Workspaces) -> None:
        (plan,) = workspaces.plan()
        workspaces.fault(method="PUT", times=None, reset=True)
        with pytest.raises(ServiceUnreachable):
            register_version(workspaces.arm, plan, DEFINITION)

    def test_two_runs_at_once(self, workspaces: Workspaces) -> None:
        """The one that is late finds its own content, and is done."""
        (plan,) = workspaces.plan()
        failures: list[PrivateWheelError] = []

        def run() -> None:
            try:
                register_version(workspaces.arm, plan, DEFINITION)
            except PrivateWheelError as error:
                failures.append(error)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert list(workspaces.stored()) == ["1.2.3"]


def run(job: Job, *names: str, **inputs: str) -> Outcome:
    workspaces = "\n".join(job.sandbox.workspace(name).short for name in names or ("acme-ml",))
    given = {
        **job.feed_inputs(),
        **job.workspace_inputs(),
        "workspace": workspaces,
        "register_environment": "true",
        "check_public_name": "false",
        "package": "*.whl",
    }
    return job.run(**{**given, **inputs})


def registered(job: Job, name: str = "acme-ml") -> dict[str, dict[str, Any]]:
    return job.sandbox.workspace(name).environments.get("acme-forecast", {})


class TestRun:
    """By `register-environment`, in a job."""

    def test_registers_in_every_workspace(self, wheel_job: Job) -> None:
        outcome = run(wheel_job, "acme-ml", "acme-test")
        assert outcome.status == 0, outcome.log
        conda = (wheel_job.checkout / "azureml-environment" / "conda.yml").read_text()
        for name in ("acme-ml", "acme-test"):
            assert registered(wheel_job, name)["1.2.3"]["condaFile"] == conda
            assert (
                f"Environment `acme-forecast 1.2.3` in workspace `{name}`: registered\n"
                in outcome.summary
            )

    def test_an_archived_version_is_a_warning(self, wheel_job: Job) -> None:
        assert run(wheel_job).status == 0
        registered(wheel_job)["1.2.3"]["isArchived"] = True
        outcome = run(wheel_job)
        assert ["archived" in warning for warning in outcome.warnings] == [True]
        assert (
            "Environment `acme-forecast 1.2.3` in workspace `acme-ml`: already exists, identical"
            in outcome.summary
        )
        assert "environment acme-forecast 1.2.3 in workspace acme-ml: identical" in outcome.log

    def test_what_is_perhaps_done(self, wheel_job: Job) -> None:
        assert run(wheel_job, "acme-test").status == 0
        wheel_job.sandbox.faults.add(
            server="arm", method="PUT", path="*/environments/*", times=5, reset=True
        )
        summary = run(wheel_job, "acme-test", "acme-ml").summary.replace("\\", "")
        assert (
            "Possibly completed: environment acme-forecast 1.2.3 in workspace acme-ml." in summary
        )
        assert (
            "environment acme-forecast 1.2.3 in workspace acme-test"
            not in summary.partition("Possibly completed")[2]
        )

    def test_what_the_base_says_of_it_is_registered(self, wheel_job: Job) -> None:
        said = "name: train\nimage: acme.invalid/base:1\ntags: {team: ml}\ndescription: ours\n"
        (wheel_job.checkout / "train.yml").write_text(said)
        assert run(wheel_job, environment_base="train.yml").status == 0
        stored = wheel_job.sandbox.workspace("acme-ml").environments["train"]["1.2.3"]
        assert (stored["tags"], stored["description"]) == ({"team": "ml"}, "ours")

    def test_again_is_fine_and_sends_nothing(self, wheel_job: Job) -> None:
        assert run(wheel_job).status == 0
        wheel_job.sandbox.requests.clear()
        outcome = run(wheel_job)
        assert outcome.status == 0, outcome.log
        assert not [entry for entry in wheel_job.sent() if "/environments/" in entry]

    def test_a_conflict_in_one_workspace_stops_all(self, wheel_job: Job) -> None:
        """And the feed gets nothing either."""
        wheel_job.sandbox.workspace("acme-test").environments["acme-forecast"] = {"1.2.3": other()}
        outcome = run(wheel_job, "acme-ml", "acme-test")
        assert (outcome.status, len(outcome.errors)) == (5, 1), outcome.log
        for word in ("PW506", "environment-version", "acme-test", "1.2.3-2"):
            assert word in outcome.errors[0]
        assert wheel_job.sent() == []
        assert "Nothing was changed" in outcome.summary

    def test_the_version_that_the_error_names_is_taken(self, wheel_job: Job) -> None:
        wheel_job.sandbox.workspace("acme-ml").environments["acme-forecast"] = {"1.2.3": other()}
        outcome = run(wheel_job, environment_version="1.2.3-2")
        assert outcome.status == 0, outcome.log
        assert list(registered(wheel_job)) == ["1.2.3", "1.2.3-2"]

    def test_a_dry_run_registers_nothing(self, wheel_job: Job) -> None:
        outcome = run(wheel_job, dry_run="true")
        assert outcome.status == 0, outcome.log
        assert registered(wheel_job) == {}
        assert "would be registered" in outcome.summary

    def test_not_without_being_asked(self, wheel_job: Job) -> None:
        assert run(wheel_job, register_environment="").status == 0
        assert registered(wheel_job) == {}

    def test_a_workspace_that_may_not_be_written(self, wheel_job: Job) -> None:
        outcome = run(wheel_job, "acme-locked", connection_token="")
        assert (outcome.status, len(outcome.errors)) == (4, 1), outcome.log
        assert "workspaces/environments/write" in outcome.errors[0]
        assert wheel_job.sent() == []

    @pytest.mark.parametrize("skip", [0, 1])
    def test_broken_off_between_two_workspaces_and_run_again(
        self, wheel_job: Job, skip: int
    ) -> None:
        wheel_job.sandbox.faults.add(
            server="arm", method="PUT", path="*/environments/*", skip=skip, times=5, reset=True
        )
        first = run(wheel_job, "acme-ml", "acme-test")
        assert (first.status, len(first.errors)) == (6, 1), first.log
        assert "environment acme-forecast 1.2.3 in workspace" in first.summary
        wheel_job.sandbox.faults.clear()
        second = run(wheel_job, "acme-ml", "acme-test")
        assert second.status == 0, second.log
        assert (
            registered(wheel_job, "acme-ml").keys()
            == registered(wheel_job, "acme-test").keys()
            == {"1.2.3"}
        )

    def test_each_workspace_has_its_own_urls(self, wheel_job: Job) -> None:
        inputs = {
            **wheel_job.into_workspace_inputs("acme-ml", "acme-test"),
            "feed": "",
            "feed_token": "",
        }
        inputs["connection_token"] = ""
        first, second = (run(wheel_job, **inputs) for _ in "12")
        assert (first.status, second.status) == (0, 0), first.log + second.log
        assert "acmemlstore" in registered(wheel_job, "acme-ml")["1.2.3"]["condaFile"]
        assert "acmeteststore" in registered(wheel_job, "acme-test")["1.2.3"]["condaFile"]
