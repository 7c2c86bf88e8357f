"""Azure Pipelines: logging commands, output variables, the summary and the step's artifact.

Source: microsoft/azure-pipelines-agent, CommandStringConvertor.cs, TaskCommandExtension.cs,
ArtifactCommandExtension.cs; https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from private_wheel.errors import PrivateWheelError
from private_wheel.hosts.base import Host, harmless_lines
from private_wheel.inputs.table import camel_case
from private_wheel.system.progress import Progress


class AzurePipelines(Host):
    name = "Azure Pipelines"

    @property
    def debug(self) -> bool:
        return self.environ.get("SYSTEM_DEBUG", "").lower() == "true"

    @property
    def checkout(self) -> Path:
        """In a release, which checks nothing out, the directory of its artifacts."""
        folder = self.environ.get("BUILD_SOURCESDIRECTORY") or self.environ.get(
            "SYSTEM_DEFAULTWORKINGDIRECTORY"
        )
        return Path(folder or ".").resolve()

    @property
    def tag(self) -> str | None:
        reference = self.environ.get("BUILD_SOURCEBRANCH", "")
        return reference.removeprefix("refs/tags/") if reference.startswith("refs/tags/") else None

    def announce_masks(self, forms: Iterable[str]) -> None:
        for form in forms:
            self._order("task.setsecret", {}, form)

    def start_group(self, title: str) -> None:
        self.command(f"##[group]{title}")

    def end_group(self) -> None:
        self.command("##[endgroup]")

    def warning(self, text: str) -> None:
        self._issue("warning", text, {})

    def failure(self, error: PrivateWheelError) -> None:
        where = {"sourcepath": self.redactor.clean(error.path), "linenumber": str(error.line or "")}
        self._issue("error", str(error), {"code": error.code, **where})

    def _issue(self, kind: str, text: str, properties: Mapping[str, str]) -> None:
        shown = "\n".join(harmless_lines(text, self.redactor.clean))
        self._order("task.logissue", {"type": kind, **properties}, shown)

    def progress(self, progress: Progress) -> None:
        if self.shows_progress_now():
            self.line(str(progress))
            title = " ".join(harmless_lines(progress.title, self.redactor.clean))
            self._order("task.setprogress", {"value": f"{100 * progress.share:.0f}"}, title)

    def set_outputs(self, outputs: Mapping[str, str]) -> None:
        for name, value in outputs.items():
            self._order(
                "task.setvariable",
                {"variable": camel_case(name), "isOutput": "true"},
                self.redactor.clean(value),
            )

    def write_summary(self, markdown: str) -> None:
        """The agent reads the file later and as it is; it empties the directory when the job has ended."""
        with tempfile.NamedTemporaryFile(
            dir=self.environ.get("AGENT_TEMPDIRECTORY"),
            prefix="PrivateWheel-",
            suffix=".md",
            delete=False,
        ) as file:
            file.write(self.redactor.clean(markdown).encode("utf-8", "replace"))
        self._order("task.uploadsummary", {}, file.name)

    def hand_over(self, name: str, directory: Path) -> None:
        if self.environ.get("SYSTEM_HOSTTYPE", "build").lower() != "build":
            self.line(f"A release has no artifacts of its own: {directory} is not uploaded.")
            return
        self._order(
            "artifact.upload",
            {"containerfolder": name, "artifactname": name},
            str(directory.resolve()),
        )

    def _order(self, event: str, properties: Mapping[str, str], data: str) -> None:
        """Print a command. Empty properties are left out."""
        told = "".join(
            f"{key}={escape_property(value)};" for key, value in properties.items() if value
        )
        self.command(f"##vso[{event}{' ' if told else ''}{told}]{escape_data(data)}")


def escape_data(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    return escape_data(text).replace("]", "%5D").replace(";", "%3B")
