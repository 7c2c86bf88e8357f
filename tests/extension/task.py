"""The packed task as an agent of Azure Pipelines runs it: `node launch.js` with the agent's
environment, and its output read line by line by the port of the agent's parser."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox import Sandbox
from tests.extension.connections import Kind, connection_environ, job_environ, variable_name
from tests.protocol.azure_agent import Agent, Outcome

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 240.0  # seconds until a hanging run is ended; the first one makes the runtime
# What a machine's owner sets for its package installers: the agent hands on what it was started
# with.
MACHINE_SETTINGS = ("PIP_", "UV_")


@dataclass(frozen=True)
class Run:
    """A run that has ended: its exit status, and what the agent knows of it."""

    status: int
    outcome: Outcome

    @property
    def log(self) -> str:
        return "\n".join(self.outcome.log)

    @property
    def error(self) -> str:
        """Its one error."""
        (issue,) = self.outcome.errors
        return issue.message

    def succeeded(self) -> bool:
        outcome = self.outcome
        complaints = [*outcome.errors, *outcome.refused, *self.unmeant]
        told = bool(outcome.outputs.get("result")) and len(outcome.summaries) == 1
        return told and (self.status, outcome.result, complaints) == (0, "Succeeded", [])

    def failed(self, code: str) -> bool:
        """As it should: one error with its code, no other word of the agent's, exit status 0."""
        codes = [issue.code for issue in self.outcome.errors]
        return (self.status, self.outcome.result, codes, self.unmeant) == (0, "Failed", [code], [])

    @property
    def unmeant(self) -> list[str]:
        """The agent's own complaints about commands, and the same twice."""
        completions = [
            command for command in self.outcome.commands if command.name == "task.complete"
        ]
        return [*self.outcome.warnings, *(str(command) for command in completions[1:])]

    def __str__(self) -> str:
        return f"exit {self.status}, {self.outcome.result}\n{self.log}"


class Running:
    """A task that runs; its lines reach the agent as they come."""

    def __init__(self, process: subprocess.Popen[bytes], agent: Agent) -> None:
        self.process, self.agent = process, agent
        self._readers = [
            threading.Thread(target=self._pump, args=[stream], daemon=True)
            for stream in (process.stdout, process.stderr)
        ]
        for reader in self._readers:
            reader.start()

    def _pump(self, stream: Any) -> None:
        with io.TextIOWrapper(stream, encoding="utf-8", errors="replace", newline=None) as lines:
            for line in lines:
                self.agent.read(line.removesuffix("\n"))

    def send(self, number: signal.Signals) -> None:
        """To the launcher alone, as the agent does."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """With the Python that it started; whatever is left after a test that failed."""
        if self.process.poll() is not None:
            return  # its number may be another's by now
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait(self, timeout: float = PATIENCE) -> Run:
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        for reader in self._readers:
            reader.join(timeout)
            assert not reader.is_alive(), "somebody holds the output open"
        return Run(status, self.agent.finish())


@dataclass(frozen=True, kw_only=True)
class Machine:
    """An agent: the unpacked task, its tool cache, and the programs on its PATH."""

    task: Path
    tools: Path
    programs: Path


@dataclass(kw_only=True)
class Task:
    """One step of a job on that machine, with its checkout and its services. A new connection is
    made for each run."""

    machine: Machine
    sandbox: Sandbox
    directory: Path
    host_type: str = "build"
    branch: str = "refs/tags/v1.2.3"
    secrets: dict[str, str] = field(default_factory=dict)
    """Secret variables of the pipeline, by their names."""
    running: list[Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path in (self.checkout, self.temporary):
            path.mkdir(parents=True)

    @property
    def checkout(self) -> Path:
        return self.directory / "1" / "s"

    @property
    def temporary(self) -> Path:
        return self.directory / "_temp"

    @property
    def definition(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(
            (self.machine.task / "task.json").read_text(encoding="utf-8")
        )
        return content

    def add_package(self, name: str) -> Path:
        """Copy one of tests/packages into the checkout."""
        return Path(shutil.copytree(REPOSITORY / "tests" / "packages" / name, self.checkout / name))

    def add_example(self) -> None:
        """Make the checkout a clone of the example's repository, at its tag."""
        shutil.copytree(
            REPOSITORY / "examples" / "acme-forecast", self.checkout, dirs_exist_ok=True
        )
        git = ["git", "-c", "user.name=tests", "-c", "user.email=tests@localhost"]
        for command in ("init --quiet", "add .", "commit --quiet --message=1.2.3", "tag v1.2.3"):
            subprocess.run([*git, *command.split()], cwd=self.checkout, check=True)

    def feed_inputs(self) -> dict[str, str]:
        return {
            "feed": self.sandbox.feed_url("acme", "python"),
            "feedToken": self.sandbox.tokens.write,
        }

    def workspace_inputs(self) -> dict[str, str]:
        return {
            "workspace": self.sandbox.workspace("acme-ml").short,
            "connectionToken": self.sandbox.tokens.read,
        }

    def blob_inputs(self) -> dict[str, str]:
        return {"publishTo": "blob", "container": self.sandbox.container_url}

    def environ(
        self,
        *,
        inputs: Mapping[str, str] | None = None,
        connection: Kind | None = None,
        variables: Mapping[str, str] | None = None,
        secret: str = "",
        who: str = "contributor",
    ) -> dict[str, str]:
        """What the agent gives a task; `variables` are the pipeline's, by their names in YAML."""
        machine, sandbox = self.machine, self.sandbox
        identity = getattr(sandbox.identities, who)
        collection = f"{sandbox.url('feed')}/acme/"
        public = {
            "Agent.TempDirectory": str(self.temporary),
            "Agent.ToolsDirectory": str(machine.tools),
            "Agent.JobStatus": "Succeeded",
            "Agent.OS": "Linux",
            "Build.BuildId": "7",
            "Build.SourceBranch": self.branch,
            "Build.SourcesDirectory": str(self.checkout),
            "System.CollectionUri": collection,
            "System.TeamFoundationCollectionUri": collection,
            "System.DefaultWorkingDirectory": str(self.checkout),
            "System.HostType": self.host_type,
            "System.OidcRequestUri": sandbox.azure_pipelines.request_url,
            **(variables or {}),
        }
        given = {
            entry["name"]: entry["defaultValue"] for entry in self.definition["inputs"]
        } | dict(inputs or {})
        environ = {
            "PATH": str(machine.programs),
            "HOME": os.environ["HOME"],
            "LANG": "C.UTF-8",
            "TF_BUILD": "True",
            "agent.jobstatus": "Succeeded",
            **{
                name: value
                for name, value in os.environ.items()
                if name.startswith(MACHINE_SETTINGS)
            },
            **sandbox.environ(),
            **{variable_name(name): value for name, value in public.items()},
            **{f"SECRET_{variable_name(name)}": value for name, value in self.secrets.items()},
            "VSTS_PUBLIC_VARIABLES": json.dumps(list(public)),
            "VSTS_SECRET_VARIABLES": json.dumps(list(self.secrets)),
            **job_environ(collection, sandbox.tokens.system_access),
        }
        if connection:
            given["azureSubscription"] = sandbox.service_connection_id
            environ |= connection_environ(
                sandbox, connection, identity, secret or self._credential(connection, who)
            )
            environ |= sandbox.managed_identity_environ() if connection == "managed" else {}
        return environ | {
            f"INPUT_{variable_name(name)}": value.strip() for name, value in given.items()
        }

    def _credential(self, connection: Kind, who: str) -> str:
        identity = getattr(self.sandbox.identities, who)
        return (
            self.sandbox.certificates.issue(identity)
            if connection == "certificate"
            else identity.secret
        )

    def start(self, *, environ: Mapping[str, str] | None = None, **settings: Any) -> Running:
        """`environ` is added last, past what the agent makes of variables and inputs."""
        complete = {**self.environ(**settings), **(environ or {})}
        process = subprocess.Popen(
            [shutil.which("node") or "node", str(self.machine.task / "launch.js")],
            cwd=self.checkout,
            env=complete,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        debug = complete.get("SYSTEM_DEBUG", "").lower() == "true"
        self.running.append(
            Running(process, Agent(self.definition, host_type=self.host_type, debug=debug))
        )
        return self.running[-1]

    def run(self, **settings: Any) -> Run:
        return self.start(**settings).wait()
