"""Azure Pipelines: logging commands, output variables, the summary and the step's artifact.

Source: microsoft/azure-pipelines-agent, CommandStringConvertor.cs, TaskCommandExtension.cs,
ArtifactCommandExtension.cs;
https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO

from private_wheel.errors import PrivateWheelError
from private_wheel.hosts.base import Host, harmless_lines, tag_of
from private_wheel.inputs.table import camel_case
from private_wheel.system.progress import Progress


class AzurePipelines(Host):
    """A task of an Azure Pipelines job, or of a release."""

    name = "Azure Pipelines"
    # What the agent gives a task of its service connections.
    secret_variables = re.compile(
        r"^ENDPOINT_AUTH_PARAMETER_.*_"
        r"(SERVICEPRINCIPALKEY|SERVICEPRINCIPALCERTIFICATE|APITOKEN|IDTOKEN|ACCESSTOKEN)$"
        r"|^SYSTEM_ACCESSTOKEN$",
        re.IGNORECASE,
    )

    def __init__(self, environ: Mapping[str, str], stdout: TextIO) -> None:
        debug = environ.get("SYSTEM_DEBUG", "").lower() == "true"
        super().__init__(stdout, debug=debug, tag=tag_of(environ.get("BUILD_SOURCEBRANCH", "")))
        # A release checks nothing out: then it is the directory of its artifacts.
        self._sources = (
            environ.get("BUILD_SOURCESDIRECTORY")
            or environ.get("SYSTEM_DEFAULTWORKINGDIRECTORY")
            or "."
        )
        self._temporary = environ.get("AGENT_TEMPDIRECTORY")
        self._is_build = environ.get("SYSTEM_HOSTTYPE", "build").lower() == "build"

    @staticmethod
    def is_current(environ: Mapping[str, str]) -> bool:
        """Tell whether Azure's agent set `environ`."""
        return bool(environ.get("TF_BUILD"))

    @property
    def checkout(self) -> Path:
        """The directory of the sources."""
        return Path(self._sources).resolve()

    def announce_masks(self, forms: Iterable[str]) -> None:
        """Ask the agent to mask these texts."""
        for form in forms:
            self._order("task.setsecret", {}, form)

    def start_group(self, title: str) -> None:
        """Start a group of the log."""
        self.command(f"##[group]{title}")

    def end_group(self) -> None:
        """End the group."""
        self.command("##[endgroup]")

    def warning(self, text: str) -> None:
        """Show an issue of type warning."""
        self._issue("warning", text, {})

    def failure(self, error: PrivateWheelError) -> None:
        """Show an issue of type error, with the place in the user's file if one is known."""
        properties = {
            "code": error.code,
            "sourcepath": self.redactor.clean(error.path),
            "linenumber": str(error.line or ""),
        }
        self._issue("error", str(error), properties)

    def _issue(self, kind: str, text: str, properties: Mapping[str, str]) -> None:
        shown = "\n".join(harmless_lines(text, self.redactor.clean))
        self._order("task.logissue", {"type": kind, **properties}, shown)

    def progress(self, progress: Progress) -> None:
        """Show how far a transfer is, in the log and next to the task's name."""
        if self.shows_progress_now():
            self.line(str(progress))
            title = " ".join(harmless_lines(progress.title, self.redactor.clean))
            self._order("task.setprogress", {"value": f"{100 * progress.share:.0f}"}, title)

    def set_outputs(self, outputs: Mapping[str, str]) -> None:
        """Set output variables with camelCase names."""
        for name, value in outputs.items():
            properties = {"variable": camel_case(name), "isOutput": "true"}
            self._order("task.setvariable", properties, self.redactor.clean(value))

    def write_summary(self, markdown: str) -> None:
        """Write a file for the agent, which reads it later and empties the directory at the end."""
        with tempfile.NamedTemporaryFile(
            dir=self._temporary, prefix="PrivateWheel-", suffix=".md", delete=False
        ) as file:
            file.write(self.redactor.clean(markdown).encode("utf-8", "replace"))
        self._order("task.uploadsummary", {}, file.name)

    def hand_over(self, name: str, directory: Path) -> None:
        """Ask the agent to upload the directory; a release cannot."""
        if not self._is_build:
            self.line(f"A release has no artifacts of its own, so {directory} is not uploaded.")
            return
        properties = {"containerfolder": name, "artifactname": name}
        self._order("artifact.upload", properties, str(directory.resolve()))

    def _order(self, event: str, properties: Mapping[str, str], data: str) -> None:
        """Print a command, without its empty properties."""
        pairs = [f"{key}={escape_property(value)};" for key, value in properties.items() if value]
        head = f"{event} {''.join(pairs)}".rstrip()
        self.command(f"##vso[{head}]{escape_data(data)}")


def escape_data(text: str) -> str:
    """Escape the message of a logging command."""
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Escape a property of a logging command."""
    return escape_data(text).replace("]", "%5D").replace(";", "%3B")
