"""GitHub Actions: workflow commands, outputs and the job summary.

Source: actions/runner, ActionCommand.cs and FileCommandManager.cs;
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO

from private_wheel.errors import PrivateWheelError
from private_wheel.hosts.base import Host, harmless_lines, tag_of

# The runner cuts an annotation at 4096 UTF-16 units, and the rest would be lost silently.
LONGEST_ANNOTATION = 4000


class GitHub(Host):
    """A step of a GitHub Actions job."""

    name = "GitHub"
    secret_variables = re.compile(r"^ACTIONS_ID_TOKEN_REQUEST_TOKEN$")

    def __init__(self, environ: Mapping[str, str], stdout: TextIO) -> None:
        tag = tag_of(environ.get("GITHUB_REF", ""))
        super().__init__(stdout, debug=environ.get("RUNNER_DEBUG") == "1", tag=tag)
        self._workspace = environ.get("GITHUB_WORKSPACE") or "."
        self._output_file = environ.get("GITHUB_OUTPUT", "")
        self._summary_file = environ.get("GITHUB_STEP_SUMMARY", "")

    @staticmethod
    def is_current(environ: Mapping[str, str]) -> bool:
        """Tell whether GitHub's runner set `environ`."""
        return environ.get("GITHUB_ACTIONS") == "true"

    @property
    def checkout(self) -> Path:
        """The job's workspace."""
        return Path(self._workspace).resolve()

    def announce_masks(self, forms: Iterable[str]) -> None:
        """Ask the runner to mask these texts."""
        for form in forms:
            self.command(f"::add-mask::{escape_data(form)}")

    def start_group(self, title: str) -> None:
        """Start a group of the log."""
        self.command(f"::group::{escape_data(title)}")

    def end_group(self) -> None:
        """End the group."""
        self.command("::endgroup::")

    def warning(self, text: str) -> None:
        """Show an annotation of level warning."""
        self._annotate("warning", text, {"title": "PrivateWheel"})

    def failure(self, error: PrivateWheelError) -> None:
        """Show an annotation of level error, with the place in the user's file if one is known."""
        properties = {
            "title": f"PrivateWheel {error.code}",
            "file": self.redactor.clean(error.path),
            "line": str(error.line or ""),
        }
        self._annotate("error", str(error), properties)

    def _annotate(self, level: str, text: str, properties: Mapping[str, str]) -> None:
        shown = "\n".join(harmless_lines(text, self.redactor.clean))
        units = shown.encode("utf-16-le", "replace")
        if len(units) > 2 * LONGEST_ANNOTATION:
            self.line(shown)
            shown = units[: 2 * LONGEST_ANNOTATION].decode("utf-16-le", "ignore")
            shown = shown.rpartition("\n")[0] or shown
            shown += "\n… The log shows the rest."
        pairs = [f"{key}={escape_property(value)}" for key, value in properties.items() if value]
        self.command(f"::{level} {','.join(pairs)}::{escape_data(shown)}")

    def set_outputs(self, outputs: Mapping[str, str]) -> None:
        """Append the outputs to the step's file for them."""
        delimiter = secrets.token_hex(16)
        entries = []
        for name, value in outputs.items():
            entries.append(f"{name}<<{delimiter}\n{self.redactor.clean(value)}\n{delimiter}\n")
        _append(self._output_file, "".join(entries))

    def write_summary(self, markdown: str) -> None:
        """Append the summary to the step's file for it."""
        _append(self._summary_file, self.redactor.clean(markdown))

    def hand_over(self, name: str, directory: Path) -> None:
        """Do nothing: a later step of the action uploads, because this one has no token for it."""


def _append(path: str, text: str) -> None:
    if path:
        with Path(path).open("a", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)


def escape_data(text: str) -> str:
    """Escape the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Escape a property of a workflow command."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")
