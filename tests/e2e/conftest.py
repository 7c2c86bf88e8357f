"""The runner, the servers, and the runs that the tests look at: few, as each takes seconds, and
made once."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.network.faults import Fault
from sandbox.network.recording import RecordedRequest
from tests.e2e.runner import REPOSITORY, Run, Runner, Settings, copy_action, git, used_actions

HERE = Path(__file__).parent
EXAMPLE = REPOSITORY / "examples" / "github" / "release.yml"
# No registry of actions is at hand. What these do is done by act, or was done before.
NO_OPERATION = """\
name: Nothing
description: Does nothing.
runs:
  using: composite
  steps:
    - run: "true"
      shell: bash
"""
# Of the runner's own Python, so that it can be installed there.
ENVIRONMENT = f"""\
# Für die Vorhersage.
dependencies:
  - python={sys.version_info.major}.{sys.version_info.minor}
  - pip
  - pip:
    - acme-forecast  # ours
"""
# With all that has another form in a URL, in JSON or in a command.
UNHEARD_OF_TOKEN = 'unheard/of+token%20with:all"the$signs&more='


@dataclass(frozen=True, kw_only=True)
class Azure:
    """The servers, and what a repository's owner has set to reach them."""

    sandbox: Sandbox
    settings: Settings
    environ: dict[str, str]
    signature: str  # of the container's URL in SIGNED_CONTAINER


@dataclass(frozen=True, kw_only=True)
class FailedRun:
    """A run, and what reached the servers meanwhile."""

    run: Run
    requests: list[RecordedRequest]


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    with Sandbox(tmp_path_factory.mktemp("azure")) as sandbox:
        sandbox.faults.echo_authorization = sandbox.faults.echo_body = True
        identity = sandbox.identities.contributor
        signature = secrets.token_urlsafe(32)
        settings = Settings(
            secrets={
                "FEED_WRITE_TOKEN": sandbox.tokens.write,
                "FEED_READ_TOKEN": sandbox.tokens.read,
                "OTHER_ORGANISATION_TOKEN": sandbox.tokens.other_organisation,
                "UNHEARD_OF_TOKEN": UNHEARD_OF_TOKEN,
            },
            variables={
                "FEED": sandbox.feed_url("acme", "python"),
                "PROJECT_FEED": sandbox.feed_url("acme", "python", "ml"),
                "OTHER_PROJECT_FEED": sandbox.feed_url("acme", "python", "data science"),
                "WORKSPACE": sandbox.workspace("acme-ml").short,
                "SECOND_WORKSPACE": sandbox.workspace("acme-test").short,
                "LOCKED_WORKSPACE": sandbox.workspace("acme-locked").short,
                "CONTAINER": sandbox.container_url,
                "SIGNED_CONTAINER": f"{sandbox.container_url}?sv=2024-11-04&sr=c&sp=rcw&sig={signature}",
                "CARELESS_FEED": sandbox.feed_url("acme", "careless"),
                "UNKNOWN_CLIENT_ID": "00000000-0000-4000-8000-000000000000",
                "AZURE_CLIENT_ID": identity.client_id,
                "AZURE_TENANT_ID": identity.tenant_id,
            },
            job_environ=sandbox.github_oidc_environ(),
        )
        yield Azure(
            sandbox=sandbox, settings=settings, environ=sandbox.environ(), signature=signature
        )


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The action that uploads artifacts, with its packages."""
    done = subprocess.run(
        [sys.executable, "-B", str(REPOSITORY / "scripts" / "set_up.py"), "node"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        pytest.fail(
            f"The stand-in for the upload action could not be made: {done.stderr}", pytrace=False
        )
    folder = tmp_path_factory.mktemp("upload-artifact")
    for name in ("action.yml", "index.js", "package.json"):
        shutil.copy(HERE / "upload-artifact" / name, folder)
    (folder / "node_modules").symlink_to(HERE / "upload-artifact" / "node_modules")
    return folder


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory, stand_in: Path) -> Runner:
    directory = tmp_path_factory.mktemp("machine")
    ours = copy_action(tmp_path_factory.mktemp("action"))
    nothing = tmp_path_factory.mktemp("nothing")
    (nothing / "action.yml").write_text(NO_OPERATION, encoding="utf-8")
    folders = {"private-wheel/private-wheel": ours, "actions/upload-artifact": stand_in}
    files = [ours / "action.yml", EXAMPLE, *HERE.glob("workflows/*.yml")]
    actions = {name: folders.get(name.partition("@")[0], nothing) for name in used_actions(files)}
    return Runner(directory, tmp_path_factory.getbasetemp() / "private", actions=actions)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, azure: Azure) -> Path:
    """A user's repository: the example package with the example workflow, and workflows that do
    more."""
    folder = shutil.copytree(
        REPOSITORY / "examples" / "acme-forecast", tmp_path_factory.mktemp("project") / "forecast"
    )
    shutil.copytree(
        REPOSITORY / "tests" / "packages" / "hostile-backend", folder / "hostile-backend"
    )
    (folder / "umgebung.yml").write_text(ENVIRONMENT, encoding="utf-8")
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True)
    for name in ("outputs.yml", "hostile.yml", "storage.yml"):
        shutil.copy(HERE / "workflows" / name, workflows)
    (workflows / "release.yml").write_text(example(azure), encoding="utf-8")
    return commit(folder)


@pytest.fixture(scope="session")
def failing_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its main package fits the tag, the one in `next` does not."""
    example = REPOSITORY / "examples" / "acme-forecast"
    folder = shutil.copytree(example, tmp_path_factory.mktemp("failing") / "forecast")
    metadata = Path(shutil.copytree(example, folder / "next"), "pyproject.toml")
    metadata.write_text(
        metadata.read_text(encoding="utf-8").replace('"1.2.3"', '"2.0.0"'), encoding="utf-8"
    )
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True)
    shutil.copy(HERE / "workflows" / "failures.yml", workflows)
    return commit(folder)


@pytest.fixture(scope="session")
def released(runner: Runner, project: Path, azure: Azure) -> Run:
    """A tag is pushed: four workflows start, several of them at once on a machine that has no
    runtime yet."""
    return runner.run(project, azure.settings, azure.environ)


@pytest.fixture(scope="session")
def released_again(runner: Runner, project: Path, azure: Azure, released: Run) -> Run:
    """Somebody starts one of them again."""
    return runner.run(project, azure.settings, azure.environ, "outputs.yml")


@pytest.fixture(scope="session")
def failed(runner: Runner, failing_project: Path, azure: Azure, released_again: Run) -> FailedRun:
    """Every job of it fails, at servers that repeat the caller's secrets in what they say."""
    denied = Fault(
        times=None,
        status=403,
        content_type="application/json",
        body='{"message": "Denied to you:"}',
    )
    by_arm = replace(
        denied, server="arm", body='{"error": {"code": "Denied", "message": "Denied to you:"}}'
    )
    azure.sandbox.faults.add(replace(denied, server="feed", path="/acme/_packaging/careless/*"))
    azure.sandbox.faults.add(replace(by_arm, path="*/workspaces/acme-locked*"))
    azure.sandbox.faults.add(replace(by_arm, method="PUT", path="*/connections/careless"))
    before = len(azure.sandbox.requests)
    run = runner.run(failing_project, azure.settings, azure.environ)
    return FailedRun(run=run, requests=azure.sandbox.requests[before:])


def example(azure: Azure) -> str:
    """The workflow of our examples as somebody copies it: with the names of a feed and a workspace
    put in."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for name in ("feed", "workspace"):
        value = f"${{{{ vars.{name.upper()} }}}}"
        text, count = re.subn(rf"^( +{name}:) .+$", rf"\1 {value}", text, flags=re.MULTILINE)
        assert count == 1, f"{EXAMPLE} does not set {name} once"
    return text


def commit(folder: Path) -> Path:
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Release 1.2.3")
    git(folder, "tag", "v1.2.3")
    git(folder, "remote", "add", "origin", "https://github.com/acme/acme-forecast.git")
    return folder
