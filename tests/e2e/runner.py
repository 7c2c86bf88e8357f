"""A self-hosted runner for workflows: act in host mode, without Docker and without a network.

It has a home, a tool cache and a temporary directory of its own, and keeps what a run says as act's
JSON lines. It hides no secrets in them (`--insecure-secrets`): what a test finds there is what our
program printed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.protocol.github_runner import Log, read_log

REPOSITORY = Path(__file__).resolve().parents[2]
_OURS = ("action.yml", "entrypoint.py", "requirements", "src")
_USES = re.compile(r"^\s*(?:- )?uses: (?P<reference>[^\s#]+)", re.MULTILINE)
# Of the machine that the tests run on, these are no business of the runner: it sets them itself, or
# they are secrets.
_NOT_INHERITED = re.compile(
    r"^(GITHUB|RUNNER|ACTIONS|ACT|INPUT|SYSTEM|BUILD|AGENT|AZURE|ARM|XDG)_|^(TF_BUILD|VIRTUAL_ENV|KEPT)$|^PYTHON(?!IOENC)"
)
_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Job:
    """What one job said. Its step with our action is `release`, the step inside that starts our
    program."""

    name: str
    entries: tuple[Mapping[str, Any], ...]

    @property
    def result(self) -> str:
        """`success` or `failure`."""
        return str(next(entry["jobResult"] for entry in self.entries if "jobResult" in entry))

    @cached_property
    def printed(self) -> str:
        """All that our program printed, as the runner got it."""
        return "".join(
            entry.get("raw") or entry["msg"]
            for entry in self._of_program()
            if "raw" in entry or "raw_output" in entry
        )

    @cached_property
    def log(self) -> Log:
        """What GitHub's own runner makes of it."""
        return read_log(self.printed)

    @property
    def errors(self) -> list[str]:
        return [
            annotation.data for annotation in self.log.annotations if annotation.name == "error"
        ]

    @property
    def exit_status(self) -> int:
        """Of our program; 0 unless the runner noted another one."""
        said = (re.fullmatch(r"exit status (\d+)", entry["msg"]) for entry in self._of_program())
        return next((int(match[1]) for match in said if match), 0)

    @property
    def summary(self) -> str:
        """What our program wrote for the page of the run."""
        return "".join(
            entry["content"] for entry in self._of_program() if entry.get("command") == "summary"
        )

    @property
    def outputs(self) -> dict[str, str]:
        """Of our action, as later steps get them."""
        outer = {entry["stepID"][0] for entry in self._of_program()}
        return {
            entry["name"]: entry["arg"]
            for entry in self.entries
            if entry.get("command") == "set-output"
            and len(entry["stepID"]) == 1
            and entry["stepID"][0] in outer
        }

    def printed_by(self, step: str) -> list[str]:
        """The lines that a step with this name printed."""
        own = (
            entry for entry in self.entries if entry.get("step") == step and "raw_output" in entry
        )
        return "".join(entry["msg"] for entry in own).splitlines()

    def _of_program(self) -> list[Mapping[str, Any]]:
        return [entry for entry in self.entries if entry.get("stepID", [])[1:] == ["release"]]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What is left of one run of workflows."""

    exit_status: int
    entries: tuple[Mapping[str, Any], ...]
    said: str  # beside the log
    artifacts: Path  # NAME/NAME.zip below it
    kept: Path  # what the jobs kept

    @cached_property
    def jobs(self) -> dict[str, Job]:
        """By their ids; those of a matrix by their `case`."""
        jobs: dict[str, list[Mapping[str, Any]]] = {}
        for entry in self.entries:
            if "jobID" in entry:
                jobs.setdefault(
                    (entry.get("matrix") or {}).get("case") or entry["jobID"], []
                ).append(entry)
        return {name: Job(name=name, entries=tuple(entries)) for name, entries in jobs.items()}

    @property
    def text(self) -> str:
        """All that a person could read of it; the commands that announce a mask are the runner's
        own business."""
        shown = [
            json.dumps(entry, ensure_ascii=False)
            for entry in self.entries
            if entry.get("command") != "add-mask"
        ]
        return "\n".join([*shown, self.said])


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a repository's owner has set for its workflows, and the event that starts them."""

    secrets: Mapping[str, str]
    variables: Mapping[str, str]
    job_environ: Mapping[str, str] = field(
        default_factory=dict
    )  # what the service hands to each job
    tag: str = "v1.2.3"


class Runner:
    """The machine. All that it writes is below `directory`. A repository's secrets and variables
    reach act by files in `private`, which is gone after each run: so a secret below `directory` was
    put there by a job."""

    def __init__(self, directory: Path, private: Path, *, actions: Mapping[str, Path]) -> None:
        self.directory = directory
        self._private = private
        self._actions = actions  # by reference: OWNER/REPOSITORY@REF
        self._runs = 0
        for name in (
            "bin",
            "home",
            "temp",
            "Läufer",
        ):  # act itself fails where a blank is in the last one
            (directory / name).mkdir(parents=True)
        (directory / "bin" / "python3").symlink_to(Path(sys.executable).resolve())

    def run(
        self, repository: Path, settings: Settings, environ: Mapping[str, str], workflow: str = ""
    ) -> Run:
        """Run the workflows of `repository`, or the one named, as the push of a tag does."""
        self._runs += 1
        place = self.directory / f"run-{self._runs}"
        (place / "kept").mkdir(parents=True)
        self._private.mkdir()
        try:
            command = self._command(place, settings, workflow)
            done = subprocess.run(
                command,
                cwd=repository,
                env={**self._environ(), **environ, "KEPT": str(place / "kept")},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        finally:
            shutil.rmtree(self._private)
        # Split at line feeds alone: a JSON line may hold other characters that end a line.
        lines = done.stdout.decode("utf-8").split("\n")
        run = Run(
            exit_status=done.returncode,
            entries=tuple(json.loads(line) for line in lines if line.startswith("{")),
            said="\n".join(
                [*(line for line in lines if not line.startswith("{")), done.stderr.decode("utf-8")]
            ),
            artifacts=place / "artifacts" / "1",
            kept=place / "kept",
        )
        if not run.jobs:
            raise AssertionError(f"no job ran:\n{run.said}")
        return run

    def _command(self, place: Path, settings: Settings, workflow: str) -> list[str]:
        event = place / "event.json"
        event.write_text(json.dumps({"ref": f"refs/tags/{settings.tag}"}), encoding="utf-8")
        options = {
            "--platform": "ubuntu-latest=-self-hosted",
            "--eventpath": str(event),
            "--action-cache-path": str(self.directory / "Läufer"),
            "--artifact-server-path": str(place / "artifacts"),
            "--artifact-server-addr": "127.0.0.1",
            "--artifact-server-port": str(_free_port()),
            "--secret-file": self._write_private("secrets", settings.secrets),
            "--var-file": self._write_private("variables", settings.variables),
            "--env-file": self._write_private("environ", settings.job_environ),
            "--workflows": f".github/workflows/{workflow}",
        }
        served = (
            f"--local-repository={reference}={folder}"
            for reference, folder in self._actions.items()
        )
        given = (f"{name}={value}" for name, value in options.items())
        return [
            str(act()),
            "push",
            "--json",
            "--insecure-secrets",
            "--no-cache-server",
            *given,
            *served,
        ]

    def _write_private(self, name: str, values: Mapping[str, str]) -> str:
        """A file of variables; between single quotes, all but one stands for itself."""
        file = self._private / name
        file.write_text(
            "".join(f"{key}='{value}'\n" for key, value in values.items()), encoding="utf-8"
        )
        return str(file)

    def _environ(self) -> dict[str, str]:
        inherited = {
            name: value for name, value in os.environ.items() if not _NOT_INHERITED.match(name)
        }
        return {
            **inherited,
            **_pip_configuration(),
            "PATH": self._path(),
            "HOME": str(self.directory / "home"),
            "TMPDIR": str(self.directory / "temp"),
            "GIT_CONFIG_GLOBAL": os.devnull,
        }

    def _path(self) -> str:
        """With the Python of the tests, but without the packages and tools of its virtual
        environment."""
        own = Path(sys.executable).parent
        others = [entry for entry in os.environ["PATH"].split(os.pathsep) if Path(entry) != own]
        return os.pathsep.join([str(self.directory / "bin"), *others])


def act() -> Path:
    """The workflow runner, which the development requirements bring."""
    found = shutil.which("act", path=str(Path(sys.executable).parent)) or shutil.which("act")
    if not found:
        raise AssertionError("act is missing: install requirements/dev.txt (make test does)")
    return Path(found)


def copy_action(target: Path) -> Path:
    """The action as it is in the working tree, with what is not committed yet, as a repository that
    `uses:` names."""
    listed = git(
        REPOSITORY, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *_OURS
    )
    for name in filter(None, listed.split("\0")):
        if (REPOSITORY / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, target / name)
    return target


def used_actions(files: Iterable[Path]) -> set[str]:
    """The actions of other repositories that YAML files use."""
    return {
        match["reference"]
        for file in files
        for match in _USES.finditer(file.read_text(encoding="utf-8"))
    }


def git(directory: Path, *arguments: str) -> str:
    command = [
        "git",
        "-c",
        "user.name=tests",
        "-c",
        "user.email=tests@localhost",
        "-c",
        "core.hooksPath=",
        *arguments,
    ]
    return subprocess.run(
        command, cwd=directory, capture_output=True, encoding="utf-8", check=True
    ).stdout


def _pip_configuration() -> dict[str, str]:
    """Where packages come from on this machine, though the runner has a home of its own."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    files = (config / "pip" / "pip.conf", Path.home() / ".pip" / "pip.conf")
    found = next((file for file in files if file.is_file()), None)
    return {"PIP_CONFIG_FILE": str(found)} if found and "PIP_CONFIG_FILE" not in os.environ else {}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
