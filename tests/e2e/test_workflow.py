"""A workflow with `uses:` of this action does what is promised, on a real workflow runner."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from private_wheel.inputs.table import OUTPUTS
from sandbox import Sandbox
from sandbox.identity.access_tokens import DEVOPS_RESOURCE
from tests.e2e.conftest import ENVIRONMENT, UNHEARD_OF_TOKEN, Azure, FailedRun
from tests.e2e.runner import Job, Run, Runner
from tests.leaks import Secrets, contents, credentials_in

REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
WHEEL = "acme_forecast-1.2.3-py3-none-any.whl"
ENVIRONMENT_FILES = {"conda.yml", "environment.yml"}
HOST_FILES = {"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"}


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A release into storage."""

    job: Job
    url: str
    content: bytes
    used: Path  # by a later step
    artifact: dict[str, bytes]


def get(azure: Azure, url: str) -> requests.Response:
    """As the workspace reads: with the token that may only read."""
    answer = requests.get(
        url,
        auth=("azureml", azure.sandbox.tokens.read) if "_packaging" in url else None,
        verify=azure.environ["REQUESTS_CA_BUNDLE"],
        timeout=60,
    )
    assert answer.status_code == 200, url
    return answer


def index_of(azure: Azure, feed: str, package: str) -> dict[str, str]:
    """The files of a package in the feed that a variable names: address and SHA-256."""
    page = get(azure, f"{azure.settings.variables[feed]}{package}/").text
    return dict(re.findall(r'href="([^"#]+)#sha256=([0-9a-f]{64})"', page))


def passwords_of_uploads(sandbox: Sandbox, path: str) -> set[str]:
    uploads = [
        one
        for one in sandbox.requests
        if one.method == "POST" and one.path == f"{path}/pypi/upload/"
    ]
    headers = [one.headers["Authorization"].removeprefix("Basic ") for one in uploads]
    return {base64.b64decode(header).decode().partition(":")[2] for header in headers}


# --- a tag is pushed


@pytest.mark.parametrize(("job", "feed"), [("release", "FEED"), ("outputs", "PROJECT_FEED")])
def test_tag_push_publishes_the_wheel(released: Run, azure: Azure, job: str, feed: str) -> None:
    assert released.jobs[job].result == "success"
    ((address, digest),) = index_of(azure, feed, "acme-forecast").items()
    content = get(azure, address).content
    assert hashlib.sha256(content).hexdigest() == digest == released.jobs[job].outputs["sha256"]
    assert address == released.jobs[job].outputs["url"]


def test_example_signs_in_and_uploads_with_the_identity_of_the_job(
    released: Run, azure: Azure
) -> None:
    assert released.jobs["release"].result == "success"
    (password,) = passwords_of_uploads(azure.sandbox, "/acme/_packaging/python")
    token = azure.sandbox.access_tokens.find(password)
    assert token is not None
    assert token.audience == DEVOPS_RESOURCE
    assert token.identity == azure.sandbox.identities.contributor


def test_feed_token_goes_before_the_identity_of_the_job(released: Run, azure: Azure) -> None:
    assert released.jobs["outputs"].result == "success"
    assert passwords_of_uploads(azure.sandbox, "/acme/ml/_packaging/python") == {
        azure.sandbox.tokens.write
    }


@pytest.mark.parametrize(("job", "workspace"), [("release", "acme-ml"), ("outputs", "acme-test")])
def test_workspace_gets_the_token_that_may_only_read(
    released: Run, azure: Azure, job: str, workspace: str
) -> None:
    outputs = released.jobs[job].outputs
    connection = azure.sandbox.workspace(workspace).connections[outputs["connection"]]
    assert connection["category"] == "PythonFeed"
    assert connection["authType"] == "PAT"
    assert connection["credentials"] == {"pat": azure.sandbox.tokens.read}
    assert outputs["index-url"].startswith(connection["target"] + "/")


def test_later_steps_use_every_output(released: Run, azure: Azure) -> None:
    used = released.kept / "used"
    outputs: dict[str, str] = json.loads((used / "outputs.json").read_text(encoding="utf-8"))
    ((address, digest),) = index_of(azure, "PROJECT_FEED", "acme-forecast").items()
    package = {
        "name": "acme-forecast",
        "version": "1.2.3",
        "wheel": WHEEL,
        "sha256": digest,
        "url": address,
        "index-url": azure.settings.variables["PROJECT_FEED"],
        "requirement": "acme-forecast==1.2.3",
        "result": "published",
    }
    conda = str(Path("die Umgebung", "conda.yml"))
    ours = {output.name: outputs[output.name] for output in OUTPUTS}
    assert json.loads(ours.pop("packages-json")) == [
        {**package, "workspace": "", "environment-file": conda}
    ]
    assert ours == {
        **package,
        "connection": "acme",
        "environment-file": conda,
        "environment-dir": "die Umgebung",
    }
    requirements = (used / "requirements.txt").read_text(encoding="utf-8")
    assert requirements == f"--extra-index-url {package['index-url']}\nacme-forecast==1.2.3\n"


def test_environment_files_arrive_as_artifact(released: Run) -> None:
    used = {file.name: file.read_bytes() for file in (released.kept / "used").glob("*.yml")}
    assert set(used) == ENVIRONMENT_FILES
    assert artifact(released, "die-Umgebung") == used
    example = artifact(released, "azureml-environment")
    assert set(example) == ENVIRONMENT_FILES
    assert all(b"- acme-forecast==1.2.3\n" in content for content in example.values())


def test_environment_of_the_users_is_extended_proven_and_registered(
    released: Run, azure: Azure
) -> None:
    conda = (released.kept / "used" / "conda.yml").read_text(encoding="utf-8")
    index = f"    - --extra-index-url {azure.settings.variables['PROJECT_FEED']}\n"
    ours = "    - acme-forecast  # ours\n"
    assert conda == ENVIRONMENT.replace(
        ours, index + ours.replace("acme-forecast", "acme-forecast==1.2.3")
    )
    assert f"{WHEEL} installs, and import acme_forecast works" in released.jobs["outputs"].log.lines
    version = azure.sandbox.workspace("acme-test").environments["acme-forecast"]["1.2.3"]
    assert version["condaFile"] == conda


def artifact(run: Run, name: str) -> dict[str, bytes]:
    with zipfile.ZipFile(run.artifacts / name / f"{name}.zip") as archive:
        return {member: archive.read(member) for member in archive.namelist()}


def test_summary_tells_what_was_done(released: Run) -> None:
    job = released.jobs["outputs"]
    summary = job.summary
    assert "acme-forecast==1.2.3" in summary.splitlines()[0]
    assert job.outputs["sha256"] in summary
    assert job.outputs["index-url"] in summary
    assert "Connection `acme` in workspace `acme-test`" in summary


@pytest.mark.parametrize("job", ["release", "outputs", "blob"])
def test_success_needs_no_attention(released: Run, job: str) -> None:
    assert released.jobs[job].log.annotations == ()
    assert {command.name for command in released.jobs[job].log.commands} == {
        "add-mask",
        "group",
        "endgroup",
    }


def test_the_same_event_again_changes_nothing(
    released: Run, released_again: Run, azure: Azure
) -> None:
    job = released_again.jobs["outputs"]
    assert released_again.exit_status == 0
    assert job.result == "success"
    changed = {"result": "identical", "packages-json": job.outputs["packages-json"]}
    ours = {output.name for output in OUTPUTS}
    first = {
        name: value for name, value in released.jobs["outputs"].outputs.items() if name in ours
    }
    assert {name: value for name, value in job.outputs.items() if name in ours} == {
        **first,
        **changed,
    }
    assert "identical" in job.summary
    assert len(index_of(azure, "PROJECT_FEED", "acme-forecast")) == 1
    assert list(azure.sandbox.workspace("acme-test").connections).count("acme") == 1


def test_masks_come_before_all_else(released_again: Run, azure: Azure) -> None:
    job = released_again.jobs["outputs"]
    names = [command.name for command in job.log.commands]
    assert set(names[: names.index("group")]) == {"add-mask"}
    assert job.printed.startswith("::add-mask::")
    for token in (azure.sandbox.tokens.write, azure.sandbox.tokens.read):
        assert token in job.log.masks
        with_user = base64.b64encode(f"private-wheel:{token}".encode()).decode()
        assert any(mask in with_user for mask in job.log.masks)


# --- into storage


@pytest.fixture(scope="session", params=["blob", "workspace"])
def stored(request: pytest.FixtureRequest, released: Run, azure: Azure) -> Stored:
    """What one of the two jobs did, and the blob that it should have made, seen by its owner."""
    route: str = request.param
    account, container, folder = {
        "blob": ("acmepackages", "wheels", ""),
        "workspace": ("acmemlstore", "azureml", "Environment/azureml-private-packages/"),
    }[route]
    return Stored(
        job=released.jobs[route],
        url=azure.sandbox.blob_url(account, container, folder + WHEEL),
        content=azure.sandbox.blobs(account, container).download_blob(folder + WHEEL).readall(),
        used=released.kept / route,
        artifact=artifact(released, f"environment-{route}"),
    )


def test_tag_push_publishes_the_wheel_into_storage(stored: Stored) -> None:
    assert stored.job.result == "success"
    assert stored.job.outputs["result"] == "published"
    assert stored.job.outputs["sha256"] == hashlib.sha256(stored.content).hexdigest()
    assert stored.job.errors == []
    assert stored.job.outputs["url"] in stored.job.summary


def test_later_steps_see_the_full_url(stored: Stored) -> None:
    url, requirement = (stored.used / "lines.txt").read_text(encoding="utf-8").splitlines()
    assert url == stored.url
    digest = hashlib.sha256(stored.content).hexdigest()
    assert requirement == (
        f"acme-forecast @ {url}#sha256={digest}" if stored.job.name == "blob" else url
    )
    (package,) = json.loads((stored.used / "packages.json").read_text(encoding="utf-8"))
    assert (package["url"], package["requirement"], package["sha256"]) == (url, requirement, digest)
    assert package["index-url"] == ""
    assert package["workspace"] == ("acme-ml" if stored.job.name == "workspace" else "")
    assert (stored.used / "conda.yml").read_bytes() == stored.artifact["conda.yml"]


def test_the_artifact_holds_the_full_url_and_no_signature(stored: Stored) -> None:
    assert set(stored.artifact) == ENVIRONMENT_FILES
    for content in stored.artifact.values():
        text = content.decode()
        assert stored.url in text
        assert not re.search(r"[?&](sig|sv|se|sp)=", text)


# --- what must fail

FAILURES = {
    "tag": (3, "PW305", "2.0.0"),
    "value": (2, "PW101", "if-exists: invalid value 'perhaps'"),
    "organisation": (4, "PW402", "feed-token"),
    "careless-feed": (4, "PW403", "private-wheel:***"),
    "careless-workspace": (4, "PW403", "Denied to you: Authorization: Bearer ***"),
    "careless-connection": (4, "PW403", "Denied to you: Authorization: Bearer ***"),
    "careless-sign-in": (4, "PW401", "AADSTS700016"),
    "signed-container": (2, "PW101", "container: the value contains a credential"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_failure_is_told_once(failed: FailedRun, case: str) -> None:
    status, code, text = FAILURES[case]
    job = failed.run.jobs[case]
    assert job.result == "failure"
    assert job.exit_status == status
    (error,) = job.errors
    assert [entry["command"] for entry in job.entries if entry.get("command") == "error"] == [
        "error"
    ]  # of all steps
    assert error.startswith(f"{code}: ")
    assert text in error
    assert job.summary.count(code) == 2  # the text, and the link to its explanation
    assert "failed" in job.summary.splitlines()[0]
    assert "Traceback" not in job.printed


def test_failures_change_nothing(failed: FailedRun) -> None:
    assert set(failed.run.jobs) == set(FAILURES)
    assert failed.run.exit_status == 1
    assert not failed.run.artifacts.exists()
    assert all(job.outputs["result"] == "" for job in failed.run.jobs.values())
    sent = {(one.server, one.method) for one in failed.requests if one.status < 400}
    assert sent == {
        ("feed", "GET"),
        ("arm", "GET"),
        ("github", "GET"),
        ("sign-in", "POST"),
        ("public-index", "GET"),
    }


# --- a package whose build backend attacks the job


@pytest.fixture(scope="session")
def hostile(released: Run) -> Job:
    return released.jobs["hostile"]


@pytest.fixture(scope="session")
def evidence(released: Run, azure: Azure) -> Any:
    """What the backend saw; it is in the wheel."""
    (address,) = index_of(azure, "OTHER_PROJECT_FEED", "hostile-backend")
    file = azure.sandbox.directory / "hostile.whl"
    file.write_bytes(get(azure, address).content)
    with zipfile.ZipFile(file) as wheel:
        return json.loads(wheel.read("hostile_backend.json"))


def test_build_backend_gives_the_runner_no_command(hostile: Job, evidence: Any) -> None:
    assert hostile.result == "success"
    assert hostile.printed.count("not ours") == 6  # they did arrive
    assert {command.name for command in hostile.log.commands} == {"add-mask", "group", "endgroup"}
    assert len(hostile.log.groups) == [command.name for command in hostile.log.commands].count(
        "endgroup"
    )
    assert "##vso" not in hostile.printed.lower()
    obeyed = {entry.get("command") for entry in hostile.entries}
    assert obeyed == {None, "add-mask", "group", "endgroup", "set-output", "summary"}
    assert not any("stolen" in value for value in hostile.outputs.values())
    assert hostile.outputs["result"] == "published"
    seen = hostile.printed_by("See what it changed")
    assert seen[0] == "STOLEN=no"
    assert "/stolen" not in seen[1]


def test_build_backend_sees_no_secret(evidence: Any, azure: Azure) -> None:
    secrets = Secrets({*azure.settings.secrets.values(), azure.settings.job_environ[REQUEST_TOKEN]})
    assert secrets.found_in(azure.sandbox.tokens.read.encode())  # it does find what is there
    assert secrets.found_in(json.dumps(evidence, ensure_ascii=False).encode()) == []
    names = {
        variable.partition("=")[0] for one in evidence["processes"] for variable in one["environ"]
    }
    assert not {
        name for name in names | set(evidence["environ"]) if name.startswith(("INPUT_", "ACTIONS_"))
    }
    assert not HOST_FILES & (names | set(evidence["environ"]))


@pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="only Linux shows processes there"
)
def test_build_backend_saw_all_processes_of_the_step(evidence: Any) -> None:
    """Else the test before proves little."""
    assert evidence["runner"] == "act"
    processes = evidence["processes"]  # in no certain order: process numbers wrap around
    (program,) = [
        one for one in processes if "private_wheel.__main__" in " ".join(one["arguments"])
    ]
    children = [one for one in processes if one is not program]
    arguments = [" ".join(child["arguments"]) for child in children]
    assert len(children) >= 2
    assert any("private_wheel.wheels.isolated_build" in line for line in arguments)
    assert all(child["environ"] != [""] for child in children)
    assert {child["input"] for child in children} == {"/dev/null"}
    # The program has closed its own process to all but root.
    if os.geteuid() == 0:
        assert program["environ"] != [""]
        assert program["input"] == "/dev/null"
    else:
        assert program["environ"] == [""]


# --- what is left


def test_nothing_is_left_on_the_machine(failed: FailedRun, runner: Runner) -> None:
    assert list((runner.directory / "temp").iterdir()) == []
    home = {file.name for file in (runner.directory / "home").iterdir()}
    assert home <= {".cache", ".config", ".rustup"}  # pip asks for rustc's version
    caches = {file.name for file in (runner.directory / "home" / ".cache").iterdir()}
    assert caches <= {"act"}
    kept = {
        file.name: file
        for file in (runner.directory / "Läufer" / "tool_cache" / "private-wheel").iterdir()
    }
    kept.pop("uv-cache")  # what build backends need
    (runtime,) = kept.values()
    assert (runtime / "made-for.txt").is_file()


def test_no_secret_is_left_anywhere(
    released: Run, released_again: Run, failed: FailedRun, azure: Azure, runner: Runner
) -> None:
    used = credentials_in(azure.sandbox.requests)
    assert used > {azure.sandbox.tokens.read, azure.sandbox.tokens.write, UNHEARD_OF_TOKEN}
    assert any(len(value) == 44 for value in used)  # of a signed link
    request_token = azure.settings.job_environ[REQUEST_TOKEN]
    secrets = Secrets({*used, *azure.settings.secrets.values(), request_token, azure.signature})
    for run in (released, released_again, failed.run):
        assert secrets.found_in(run.text.encode()) == []
        masks = [entry for entry in run.entries if entry.get("command") == "add-mask"]
        assert secrets.found_in(json.dumps(masks).encode())  # they are found where they are
    places = [runner.directory, azure.sandbox.directory / "feeds"]
    left = {
        name: found
        for place in places
        for name, data in contents(place)
        if (found := secrets.found_in(data))
    }
    assert left == {}
