"""What an agent of Azure Pipelines does with what a task prints: its commands, ported, to judge our
output by.

Source: microsoft/azure-pipelines-agent @42bde98, WorkerCommandManager.cs (what is unknown or
fails), TaskCommandExtension.cs and ArtifactCommandExtension.cs (the commands),
TaskRestrictionsExtension.cs, ExecutionContext.cs (issues), NodeHandler.cs (lines).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Lock
from typing import Any

from tests.protocol.azure_commands import (
    KEYWORD,
    Command,
    mask,
    masked_forms,
    parse_command,
    unescape,
)

MOST_ISSUES = 10  # of one type in one task
RESULTS = (
    "Succeeded",
    "SucceededWithIssues",
    "Failed",
    "Canceled",
    "Skipped",
    "Abandoned",
)  # the worse one stays
_RESTRICTED = frozenset(
    "task." + name for name in ("complete", "debug", "issue", "logissue", "setprogress")
) | frozenset(
    "task." + name
    for name in ("logdetail", "setsecret", "setvariable", "settaskvariable", "prependpath")
)


class CommandError(Exception):
    """The command fails, and the task with it."""


@dataclass(frozen=True, kw_only=True)
class Issue:
    type: str
    message: str
    code: str = ""
    path: str = ""
    line: str = ""


@dataclass(frozen=True, kw_only=True)
class Variable:
    value: str
    is_output: bool = False
    is_secret: bool = False


@dataclass(kw_only=True)
class Outcome:
    """What the agent knows of a task when its output has ended. `output` is as it was printed,
    `log` is masked."""

    result: str = "Succeeded"
    variables: dict[str, Variable] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    issues: list[Issue] = field(default_factory=list)
    progress: list[tuple[int, str]] = field(default_factory=list)
    summaries: list[bytes] = field(default_factory=list)
    artifacts: dict[str, dict[str, bytes]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """The agent's own, about commands; they are among the issues too."""
    commands: list[Command] = field(default_factory=list)

    @property
    def errors(self) -> list[Issue]:
        return [issue for issue in self.issues if issue.type == "error"]

    @property
    def outputs(self) -> dict[str, str]:
        return {
            name: variable.value for name, variable in self.variables.items() if variable.is_output
        }


class Agent:
    """Takes the lines of a task's standard output and error one by one, from any thread, and does
    as they say.

    `task` is the content of its task.json. With `debug`, the variable System.Debug is set.
    """

    def __init__(
        self,
        task: Mapping[str, Any] | None = None,
        *,
        host_type: str = "build",
        debug: bool = False,
    ) -> None:
        restrictions = (task or {}).get("restrictions", {})
        self._allowed: list[str] | None = restrictions.get("settableVariables", {}).get("allowed")
        self._restricted = restrictions.get("commands", {}).get("mode", "").lower() == "restricted"
        self._host_type, self._debug = host_type.lower(), debug
        self._files: list[Path] = []  # uploaded in the background: they have to stay
        self._lock = Lock()
        self.outcome = Outcome()
        self._commands: dict[str, Callable[[Command], None]] = {
            "task.issue": self._log_issue,
            "task.logissue": self._log_issue,
            "task.complete": self._complete,
            "task.setvariable": self._set_variable,
            "task.setsecret": self._set_secret,
            "task.setprogress": self._set_progress,
            "task.uploadsummary": self._upload_summary,
            "task.debug": self._show_debug,
            "artifact.upload": self._upload_artifact,
        }

    def read(self, line: str) -> None:
        with self._lock:
            self.outcome.output.append(line)
            command = parse_command(line)
            if command:
                self.outcome.commands.append(command)
                self._process(command, line)
            else:
                if KEYWORD.search(line):
                    self._warn(f"##vso is a keyword, and this is no command: {line}")
                self._write(line)

    def finish(self) -> Outcome:
        gone = [str(path) for path in self._files if not path.exists()]
        if gone:
            raise CommandError(f"gone before they were uploaded: {', '.join(gone)}")
        return self.outcome

    def _process(self, command: Command, line: str) -> None:
        area = command.name.partition(".")[0]
        if area not in ("task", "artifact"):
            self._warn(f"no command extension for {area}")
            return
        try:
            if command.name not in self._commands:
                raise CommandError(f"{command.name} is no command")
            if self._restricted and command.name not in _RESTRICTED:
                self._warn(f"the command {command.name} is not allowed")
            else:
                self._commands[command.name](command)
        except CommandError as error:
            self._add_issue(
                Issue(type="error", message=f"Unable to process command '{line}' successfully.")
            )
            self._add_issue(Issue(type="error", message=str(error)))
            self._merge("Failed")
        if self._debug and command.name != "task.debug":
            self._write(f"##[debug]Processed: {unescape(line)}")

    # --- the commands

    def _log_issue(self, command: Command) -> None:
        told = command.properties
        if "type" not in told:
            self._warn("Can't create TaskIssue from logging event.")
            return
        kind, path, line, code = (
            told.get(name, "") for name in ("type", "sourcepath", "linenumber", "code")
        )
        if kind.lower() not in ("error", "warning"):
            raise CommandError(f"issue type {kind} is not an expected issue type.")
        message = (
            f"{path}({line},{told.get('columnnumber', '')}): {kind} {code}: {command.data}"
            if path
            else command.data
        )
        self._add_issue(Issue(type=kind.lower(), message=message, code=code, path=path, line=line))

    def _complete(self, command: Command) -> None:
        result = command.properties.get("result", "")
        if result not in RESULTS:
            raise CommandError("Command doesn't have a valid result value.")
        self._merge(result)

    def _set_variable(self, command: Command) -> None:
        name = command.properties.get("variable", "")
        is_secret, is_output = (
            command.properties.get(key, "").lower() == "true" for key in ("issecret", "isoutput")
        )
        if not name:
            raise CommandError(
                "Required field 'variable' is missing in ##vso[task.setvariable] command."
            )
        if is_secret:
            if "\n" in command.data:
                raise CommandError("Secrets cannot contain multiple lines")
            self._add_secret(command.data)
        if self._allowed is not None and not any(
            fnmatchcase(name.lower(), one.lower()) for one in self._allowed
        ):
            self.outcome.refused.append(name)
            self._warn(
                f"Setting variable '{name}' has been disabled by the task or build definition."
            )
            return
        self.outcome.variables[name] = Variable(
            value=command.data, is_output=is_output, is_secret=is_secret
        )

    def _set_secret(self, command: Command) -> None:
        self._add_secret(command.data)

    def _set_progress(self, command: Command) -> None:
        value = command.properties.get("value", "")
        share = int(value) if re.fullmatch(r"[+-]?\d+", value.strip()) else 0
        self.outcome.progress.append((min(max(share, 0), 100), command.data))

    def _upload_summary(self, command: Command) -> None:
        path = Path(command.data)
        if not command.data or not path.is_absolute() or not path.is_file():
            raise CommandError(f"Cannot upload task summary: no file {command.data!r}.")
        self._files.append(path)
        self.outcome.summaries.append(path.read_bytes())

    def _upload_artifact(self, command: Command) -> None:
        name, path = command.properties.get("artifactname", ""), Path(command.data)
        if self._host_type not in ("build", "release"):
            raise CommandError(f"artifact commands are not supported for {self._host_type}")
        if not name:
            raise CommandError("Artifact Name is required.")
        if self._host_type != "build":
            raise CommandError(f"Uploading server artifacts is not supported in {self._host_type}.")
        if not command.data or not path.is_absolute() or not path.exists():
            raise CommandError(f"Path does not exist: {command.data}")
        files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        if not files:
            self._warn(
                f"Directory '{path}' is empty. Nothing will be added to build artifact '{name}'."
            )
            return
        self._files += files
        base = path.parent if path.is_file() else path
        self.outcome.artifacts[name] = {
            file.relative_to(base).as_posix(): file.read_bytes() for file in files
        }

    def _show_debug(self, command: Command) -> None:
        if self._debug:
            self._write(f"##[debug]{command.data}")

    # --- what they are made of

    def _merge(self, result: str) -> None:
        self.outcome.result = max(self.outcome.result, result, key=RESULTS.index)

    def _warn(self, text: str) -> None:
        self.outcome.warnings.append(text)
        self._add_issue(Issue(type="warning", message=text))

    def _add_issue(self, issue: Issue) -> None:
        issue = Issue(**{**vars(issue), "message": mask(issue.message, self.outcome.secrets)})
        self._write(f"##[{issue.type}]{issue.message}")
        if sum(one.type == issue.type for one in self.outcome.issues) < MOST_ISSUES:
            self.outcome.issues.append(issue)

    def _add_secret(self, value: str) -> None:
        if value:
            self.outcome.secrets |= masked_forms(value)

    def _write(self, text: str) -> None:
        self.outcome.log.append(mask(text, self.outcome.secrets))


def split_lines(output: str) -> list[str]:
    """The lines as .NET's ReadLine gives them: a carriage return alone ends one."""
    lines = re.split(r"\r\n|\r|\n", output)
    return lines[:-1] if lines[-1] == "" else lines


def read_log(output: str, agent: Agent | None = None) -> Outcome:
    """Read all that a task printed."""
    agent = agent or Agent()
    for line in split_lines(output):
        agent.read(line)
    return agent.finish()
