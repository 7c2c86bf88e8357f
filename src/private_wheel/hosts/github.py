"""GitHub Actions: workflow commands, outputs and the job summary.

Source: actions/runner, ActionCommand.cs and FileCommandManager.cs;
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from private_wheel.errors import PrivateWheelError
from private_wheel.hosts.base import Host, harmless_lines

# The runner cuts an annotation at 4096 UTF-16 units; the rest would be lost without a word.
LONGEST_ANNOTATION = 4000


class GitHub(Host):
    name = "GitHub"

    @property
    def debug(self) -> bool:
        return self.environ.get("RUNNER_DEBUG") == "1"

    @property
    def checkout(self) -> Path:
        return Path(self.environ.get("GITHUB_WORKSPACE") or ".").resolve()

    @property
    def tag(self) -> str | None:
        reference = self.environ.get("GITHUB_REF", "")
        return reference.removeprefix("refs/tags/") if reference.startswith("refs/tags/") else None

    def announce_masks(self, forms: Iterable[str]) -> None:
        for form in forms:
            self.command(f"::add-mask::{escape_data(form)}")

    def start_group(self, title: str) -> None:
        self.command(f"::group::{escape_data(title)}")

    def end_group(self) -> None:
        self.command("::endgroup::")

    def warning(self, text: str) -> None:
        self._annotate("warning", text, {"title": "PrivateWheel"})

    def failure(self, error: PrivateWheelError) -> None:
        where = {"file": self.redactor.clean(error.path), "line": str(error.line or "")}
        self._annotate("error", str(error), {"title": f"PrivateWheel {error.code}", **where})

    def _annotate(self, level: str, text: str, properties: Mapping[str, str]) -> None:
        shown = "\n".join(harmless_lines(text, self.redactor.clean))
        units = shown.encode("utf-16-le", "replace")
        if len(units) > 2 * LONGEST_ANNOTATION:
            self.line(shown)
            shown = units[: 2 * LONGEST_ANNOTATION].decode("utf-16-le", "ignore")
            shown = shown.rpartition("\n")[0] or shown
            shown += "\n… and more: see the log."
        told = ",".join(
            f"{key}={escape_property(value)}" for key, value in properties.items() if value
        )
        self.command(f"::{level} {told}::{escape_data(shown)}")

    def set_outputs(self, outputs: Mapping[str, str]) -> None:
        delimiter = secrets.token_hex(16)
        text = "".join(
            f"{name}<<{delimiter}\n{self.redactor.clean(value)}\n{delimiter}\n"
            for name, value in outputs.items()
        )
        self._append("GITHUB_OUTPUT", text)

    def write_summary(self, markdown: str) -> None:
        self._append("GITHUB_STEP_SUMMARY", self.redactor.clean(markdown))

    def hand_over(self, name: str, directory: Path) -> None:
        """A later step of the action does it: this one has no token for that."""

    def _append(self, variable: str, text: str) -> None:
        path = self.environ.get(variable)
        if path:
            with Path(path).open("a", encoding="utf-8", errors="replace", newline="\n") as file:
                file.write(text)


def escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")
