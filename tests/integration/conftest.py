"""One run of the program as a step of a GitHub job, against the sandbox."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from azure.core.pipeline.transport import HttpTransport
from urllib3.util.retry import Retry

from private_wheel.__main__ import main
from sandbox import Sandbox

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = REPOSITORY / "tests" / "packages"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a step left behind: its exit status, its log, its outputs and its summary."""

    status: int
    log: str
    outputs: dict[str, str]
    summary: str

    @property
    def errors(self) -> list[str]:
        return [line for line in self.log.splitlines() if line.startswith("::error ")]

    @property
    def warnings(self) -> list[str]:
        return [line for line in self.log.splitlines() if line.startswith("::warning ")]


class Job:
    """A job with its checkout as working directory. Inputs are keyword arguments: `feed_token` is
    `feed-token`."""

    def __init__(self, sandbox: Sandbox, checkout: Path) -> None:
        self.sandbox = sandbox
        self.checkout = checkout
        self.host_files = checkout.parent / "host-files"
        self.host_files.mkdir()
        self._runs = 0

    def add_package(self, name: str) -> Path:
        """Copy one of tests/packages into the checkout."""
        return Path(shutil.copytree(PACKAGES / name, self.checkout / name))

    def commit(self) -> None:
        commands = (
            ["init", "--quiet"],
            ["add", "."],
            ["commit", "--quiet", "--allow-empty", "--message", "all"],
        )
        for command in commands:
            subprocess.run(
                ["git", "-c", "user.name=tests", "-c", "user.email=tests@localhost", *command],
                cwd=self.checkout,
                check=True,
            )

    def feed_inputs(self) -> dict[str, str]:
        return {
            "feed": self.sandbox.feed_url("acme", "python"),
            "feed_token": self.sandbox.tokens.write,
        }

    def workspace_inputs(self, name: str = "acme-ml") -> dict[str, str]:
        return {
            "workspace": self.sandbox.workspace(name).short,
            "connection_token": self.sandbox.tokens.read,
            **self.sign_in_inputs(),
        }

    def blob_inputs(self, prefix: str = "") -> dict[str, str]:
        container = self.sandbox.container_url + (f"/{prefix}" if prefix else "")
        return {"publish_to": "blob", "container": container, **self.sign_in_inputs()}

    def into_workspace_inputs(self, *names: str) -> dict[str, str]:
        workspaces = [self.sandbox.workspace(name).short for name in names or ("acme-ml",)]
        return {
            "publish_to": "workspace",
            "workspace": "\n".join(workspaces),
            **self.sign_in_inputs(),
        }

    def sign_in_inputs(self, who: str = "contributor") -> dict[str, str]:
        identity = getattr(self.sandbox.identities, who)
        return {"azure_client_id": identity.client_id, "azure_tenant_id": identity.tenant_id}

    def environ(self, variables: dict[str, str] | None = None, /, **inputs: str) -> dict[str, str]:
        """Of the next run's process."""
        return {
            **os.environ,
            **self.sandbox.github_oidc_environ(),
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.checkout),
            **{f"GITHUB_{kind}": str(path) for kind, path in self._next_files().items()},
            **{f"INPUT_{name.upper().replace('_', '')}": value for name, value in inputs.items()},
            **(variables or {}),
        }

    def _next_files(self) -> dict[str, Path]:
        return {
            kind: self.host_files / f"{kind}-{self._runs}" for kind in ("OUTPUT", "STEP_SUMMARY")
        }

    def run(self, variables: dict[str, str] | None = None, /, **inputs: str) -> Outcome:
        environ = self.environ(variables, **inputs)
        output, summary = self._next_files().values()
        self._runs += 1
        stdout = io.StringIO()
        status = main(environ, stdout)
        text = output.read_text(encoding="utf-8") if output.exists() else ""
        found = re.findall(r"^([a-z0-9-]+)<<(\S+)\n(.*?)\n\2$", text, re.DOTALL | re.MULTILINE)
        return Outcome(
            status=status,
            log=stdout.getvalue(),
            outputs={name: value for name, _, value in found},
            summary=summary.read_text(encoding="utf-8") if summary.exists() else "",
        )

    def sent(self) -> list[str]:
        """The requests so far that could have changed something anywhere: the question for the
        right to write, which is an upload of nothing, cannot."""
        changing = ("POST", "PUT", "PATCH", "DELETE")
        servers = ("arm", "artifact-service", "blob", "feed", "plain-index")
        return [
            f"{request.method} {request.path}"
            for request in self.sandbox.requests
            if request.method in changing and request.server in servers and request.body
        ]


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits before it repeats a request."""
    monkeypatch.setattr(Retry, "sleep", lambda *_: None)
    monkeypatch.setattr(HttpTransport, "sleep", lambda *_: None)


@pytest.fixture
def job(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job whose checkout holds nothing yet."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    monkeypatch.chdir(checkout)
    for name, value in sandbox.environ().items():
        monkeypatch.setenv(name, value)
    return Job(sandbox, checkout)


@pytest.fixture
def wheel_job(job: Job, tiny_wheel: object) -> Job:
    """A job whose checkout holds one ready wheel, acme-forecast 1.2.3: no build, so the run is
    quick."""
    assert callable(tiny_wheel)
    shutil.copy(tiny_wheel(), job.checkout)
    return job
