"""The workspace connection on a strict stand-in: created, rotated, or refused before anything
changes."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Job, Outcome


def connect(job: Job, **inputs: str) -> Outcome:
    """The rotation job: no package, a connection token alone."""
    return job.run(
        **{
            "publish_to": "none",
            "feed": job.feed_inputs()["feed"],
            **job.workspace_inputs(),
            **inputs,
        }
    )


def stored(job: Job, name: str = "acme-ml") -> dict[str, dict[str, Any]]:
    return job.sandbox.workspace(name).connections


def existing(target: str, **more: Any) -> dict[str, Any]:
    return {
        "category": "PythonFeed",
        "target": target,
        "authType": "PAT",
        "credentials": {"pat": "the-old-token"},
        "isSharedToAll": True,
        "metadata": {},
        **more,
    }


def target(job: Job) -> str:
    return f"{job.sandbox.url('feed')}/acme"


def test_created_under_the_organisations_name(job: Job) -> None:
    outcome = connect(job)
    assert outcome.status == 0, outcome.log
    assert outcome.outputs["connection"] == "acme"
    assert stored(job)["acme"] == {
        "category": "PythonFeed",
        "target": target(job),
        "authType": "PAT",
        "credentials": {"pat": job.sandbox.tokens.read},
        "isSharedToAll": True,
        "metadata": {},
    }


def test_a_rotation_job_needs_no_package_and_publishes_nothing(job: Job) -> None:
    outcome = connect(job)
    assert [entry.split()[0] for entry in job.sent()] == ["PUT"]
    assert outcome.outputs["packages-json"] == "[]"
    assert outcome.outputs["environment-dir"] == ""
    assert "created" in outcome.summary


@pytest.mark.parametrize(("token", "code"), [("expired", "PW402"), ("write_only", "PW403")])
def test_a_rotation_does_not_store_a_token_that_cannot_read(
    job: Job, token: str, code: str
) -> None:
    stored(job)["acme"] = existing(target(job))
    outcome = connect(job, connection_token=getattr(job.sandbox.tokens, token))
    assert (outcome.status, len(outcome.errors)) == (4, 1), outcome.log
    assert code in outcome.errors[0]
    assert "connection-token" in outcome.errors[0]
    assert stored(job)["acme"]["credentials"] == {"pat": "the-old-token"}


def test_a_dry_run_says_that_nothing_was_set(job: Job) -> None:
    outcome = connect(job, dry_run="true")
    assert outcome.status == 0
    assert "Dry run" in outcome.summary
    assert "would be created" in outcome.summary
    assert outcome.outputs["connection"] == ""
    assert job.sent() == []


def test_user_name_and_password(job: Job) -> None:
    connect(job, connection_username="reader")
    assert stored(job)["acme"]["authType"] == "UsernamePassword"
    assert stored(job)["acme"]["credentials"] == {
        "username": "reader",
        "password": job.sandbox.tokens.read,
    }


def test_a_git_repository(job: Job) -> None:
    outcome = connect(
        job,
        feed="",
        connection_category="Git",
        connection_target="https://dev.azure.com/acme",
        connection="acme-git",
    )
    assert outcome.status == 0, outcome.log
    assert stored(job)["acme-git"]["category"] == "Git"
    assert stored(job)["acme-git"]["target"] == "https://dev.azure.com/acme"


def test_rotated_in_place_under_whatever_name_it_has(job: Job) -> None:
    """What others set on it stays: who shares it, and its metadata."""
    old = existing(
        target(job).upper().replace("HTTPS", "https") + "/",
        isSharedToAll=False,
        metadata={"owner": "ml"},
    )
    old["sharedUserList"] = ["someone"]
    stored(job)["somebodys-feed"] = old
    outcome = connect(job)
    assert outcome.status == 0, outcome.log
    assert outcome.outputs["connection"] == "somebodys-feed"
    assert list(stored(job)) == ["somebodys-feed"]
    new = stored(job)["somebodys-feed"]
    assert new["credentials"] == {"pat": job.sandbox.tokens.read}
    assert (new["isSharedToAll"], new["metadata"], new["target"]) == (
        False,
        {"owner": "ml"},
        target(job),
    )
    assert new["sharedUserList"] == ["someone"]


def test_a_named_second_one_for_the_same_target_is_refused(job: Job) -> None:
    stored(job)["old-feed"] = existing(target(job))
    outcome = connect(job, connection="new-feed")
    assert (outcome.status, len(outcome.errors)) == (5, 1)
    for word in ("PW504", "old-feed", "connection", "Unique workspace connection not available"):
        assert word in outcome.errors[0]
    assert job.sent() == []


@pytest.mark.parametrize("name", ["", "one"])
def test_two_that_are_there_already_are_told(job: Job, name: str) -> None:
    stored(job).update(one=existing(target(job)), two=existing(target(job) + "/"))
    outcome = connect(job, connection=name)
    assert (outcome.status, len(outcome.errors)) == (5, 1)
    assert "one" in outcome.errors[0]
    assert "two" in outcome.errors[0]
    assert job.sent() == []


def test_a_name_that_serves_another_target_is_not_taken_over(job: Job) -> None:
    stored(job)["acme"] = existing("https://pkgs.dev.azure.com/globex")
    outcome = connect(job)
    assert (outcome.status, len(outcome.errors)) == (5, 1)
    assert "globex" in outcome.errors[0]
    assert job.sent() == []


def test_connections_of_other_kinds_do_not_matter(job: Job) -> None:
    stored(job)["registry"] = {
        "category": "ContainerRegistry",
        "target": target(job),
        "authType": "ManagedIdentity",
    }
    assert connect(job).outputs["connection"] == "acme"


def test_another_kind_with_the_same_target_is_a_warning(job: Job) -> None:
    """Whether Azure ML's rule looks at the kind is not known."""
    stored(job)["repository"] = existing(target(job), category="Git")
    outcome = connect(job)
    assert outcome.status == 0
    assert len(outcome.warnings) == 1
    assert "repository (Git) has the same target" in outcome.warnings[0]


def test_overlapping_targets_are_a_warning_that_says_which_one_wins(job: Job) -> None:
    stored(job)["whole-host"] = existing(job.sandbox.url("feed"))
    stored(job)["one-project"] = existing(target(job) + "/ml")
    outcome = connect(job)
    assert outcome.status == 0
    assert len(outcome.warnings) == 2
    assert "whole-host" in outcome.log
    assert "this one will serve" in outcome.log
    assert "one-project will serve" in outcome.log


def test_all_pages_of_the_list_are_read(job: Job) -> None:
    for number in range(30):
        stored(job)[f"other-{number}"] = existing(f"https://pkgs.dev.azure.com/other{number}")
    stored(job)["zzz-last"] = existing(target(job))
    assert connect(job).outputs["connection"] == "zzz-last"


def test_several_workspaces(job: Job) -> None:
    both = "\n".join(job.sandbox.workspace(name).short for name in ("acme-ml", "acme-test"))
    assert connect(job, workspace=both).status == 0
    assert stored(job, "acme-ml").keys() == stored(job, "acme-test").keys() == {"acme"}


def test_a_refusal_in_one_workspace_changes_none(job: Job) -> None:
    both = "\n".join(
        [job.sandbox.workspace("acme-ml").arm_id, job.sandbox.workspace("acme-test").short]
    )
    stored(job, "acme-test")["acme"] = existing("https://pkgs.dev.azure.com/globex")
    assert connect(job, workspace=both).status == 5
    assert job.sent() == []


def test_a_workspace_that_does_not_exist(job: Job) -> None:
    outcome = connect(job, workspace=job.sandbox.workspace("acme-ml").short + "x")
    assert (outcome.status, len(outcome.errors)) == (2, 1)
    assert "PW111" in outcome.errors[0]
    assert "acme-mlx" in outcome.errors[0]
    assert job.sent() == []


def test_a_workspace_that_may_not_be_written(job: Job) -> None:
    outcome = connect(job, workspace=job.sandbox.workspace("acme-locked").short)
    assert (outcome.status, len(outcome.errors)) == (4, 1)
    assert "PW403" in outcome.errors[0]
    assert "connections/write" in outcome.errors[0]
    assert job.sent() == []


def test_a_permission_that_arm_does_not_tell_beforehand(job: Job) -> None:
    """The permissions API is a courtesy; without it the PUT itself tells."""
    job.sandbox.faults.add(
        server="arm", method="GET", path="*/Microsoft.Authorization/permissions", status=404
    )
    outcome = connect(job, workspace=job.sandbox.workspace("acme-locked").short)
    assert (outcome.status, len(outcome.errors)) == (4, 1)
    assert "AuthorizationFailed" in outcome.errors[0]


def test_equal_tokens_get_a_warning(wheel_job: Job) -> None:
    token = wheel_job.sandbox.tokens.write
    inputs = {**wheel_job.feed_inputs(), **wheel_job.workspace_inputs(), "connection_token": token}
    outcome = wheel_job.run(package="*.whl", **inputs)
    assert outcome.status == 0
    assert any("equal" in warning for warning in outcome.warnings)


def test_a_workspace_without_a_serving_connection_gets_a_warning(wheel_job: Job) -> None:
    inputs = {**wheel_job.feed_inputs(), **wheel_job.workspace_inputs(), "connection_token": ""}
    assert any(
        "no connection" in warning for warning in wheel_job.run(package="*.whl", **inputs).warnings
    )
    stored(wheel_job)["acme"] = existing(target(wheel_job))
    assert wheel_job.run(package="*.whl", **inputs).warnings == []


def test_a_failing_put_is_repeated(job: Job) -> None:
    job.sandbox.faults.add(
        server="arm", method="PUT", status=503, headers={"Retry-After": "0"}, after_work=True
    )
    assert connect(job).status == 0
    assert stored(job)["acme"]["credentials"] == {"pat": job.sandbox.tokens.read}
