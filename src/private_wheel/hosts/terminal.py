"""The terminal: flags become the same variables that the CI hosts set, and a person reads the lines."""

from __future__ import annotations

import argparse
import difflib
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from private_wheel import __version__
from private_wheel.errors import InvalidInputs, PrivateWheelError
from private_wheel.hosts.base import Host, harmless_lines
from private_wheel.inputs.table import INPUTS, Group, Input, Kind
from private_wheel.system.progress import Progress

_BAR_WIDTH = 30
_LINE_START = "\r\x1b[K"  # empties the line
_NO_FLAG = (
    f"Secrets have no flag: set {' and '.join(row.variable for row in INPUTS if row.kind is Kind.SECRET)}"
    " in the environment."
)


class Terminal(Host):
    name = "terminal"
    _bar_shown = False

    @property
    def debug(self) -> bool:
        return self.environ.get("PRIVATE_WHEEL_DEBUG") == "1"

    @property
    def checkout(self) -> Path:
        here = Path.cwd().resolve()
        return next(
            (folder for folder in (here, *here.parents) if (folder / ".git").exists()), here
        )

    @property
    def tag(self) -> str | None:
        return None

    def doubts(self) -> list[str]:
        return unknown_variables(self.environ)

    def announce_masks(self, forms: Iterable[str]) -> None:
        """A terminal keeps no log of its own."""

    def start_group(self, title: str) -> None:
        self.command(f"== {title}")

    def end_group(self) -> None:
        self.command("")

    def warning(self, text: str) -> None:
        self.line(f"warning: {text}")

    def progress(self, progress: Progress) -> None:
        """A bar that grows in place; lines, when the output goes into a file."""
        if not self.stdout.isatty():
            super().progress(progress)
            return
        filled = round(_BAR_WIDTH * progress.share)
        bar = "#" * filled + "." * (_BAR_WIDTH - filled)
        title = " ".join(harmless_lines(progress.title, self.redactor.clean))
        shown = f"[{bar}] {progress.share:4.0%} {title}"
        self.stdout.write(_LINE_START + shown[: shutil.get_terminal_size().columns - 1])
        self.stdout.flush()
        self._bar_shown = True

    def command(self, line: str) -> None:
        """The line takes the place of a bar."""
        if self._bar_shown:
            self.stdout.write(_LINE_START)
            self._bar_shown = False
        super().command(line)

    def failure(self, error: PrivateWheelError) -> None:
        self.line(f"error: {error}")

    def set_outputs(self, outputs: Mapping[str, str]) -> None:
        for name, value in outputs.items():
            if value and name != "packages-json":
                self.line(f"{name}: {value}")

    def write_summary(self, markdown: str) -> None:
        """The lines above have told it."""

    def hand_over(self, name: str, directory: Path) -> None:
        """The files are where the user is."""


def read_arguments(arguments: Sequence[str]) -> dict[str, str]:
    """Flags as INPUT_ variables. A repeated flag of a list adds a line. Prints help and exits as argparse does."""
    parser = _parser()
    known, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.error(_unknown_text(unknown))
    values = vars(known)
    rows = {row.variable: row for row in INPUTS}
    return {name: _joined(rows[name], value) for name, value in values.items() if value is not None}


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """A sentence for each INPUT_ variable that is none of ours, as a slip of the pen makes it."""
    known = [row.variable for row in INPUTS]
    wrong = [name for name in environ if name.startswith("INPUT_") and name not in known]
    return [
        f"The variable {name} is no input and is ignored.{_nearest(name, known)}"
        for name in sorted(wrong)
    ]


def _unknown_text(arguments: Sequence[str]) -> str:
    """What to say of unknown arguments: only their names, for a secret may stand behind one."""
    flags = [f"--{row.name}" for row in INPUTS if "terminal" in row.hosts]
    names = [
        match[0] for argument in arguments if (match := re.match(r"--[a-z-]+(?==|$)", argument))
    ]
    if not names:
        return f"there is an argument that is no flag. {_NO_FLAG}"
    secret = any(f"--{row.name}" in names for row in INPUTS if row.kind is Kind.SECRET)
    told = "".join(
        f"{name} is no flag.{'' if secret else _nearest(name, flags)} " for name in names
    )
    return f"{told}{_NO_FLAG if secret else ''}".strip()


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]}?" if near else ""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, without the usage above it."""
        self.exit(2, f"error: {InvalidInputs.code}: {message}\n")


def _joined(row: Input, value: list[str]) -> str:
    if row.kind is Kind.LINES:
        return "\n".join(value)
    return " ".join(value) if row.kind is Kind.WORDS else value[-1]


def _parser() -> _Parser:
    parser = _Parser(
        prog="private-wheel",
        description="From a tagged commit to a private Python package that Azure Machine Learning can install.",
        usage="private-wheel [--publish-to feed|blob|workspace|none] [flags]",
        epilog=f"{_NO_FLAG} Every other input may be given as its INPUT_ variable too.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"private-wheel {__version__}")
    for group in Group:
        section = parser.add_argument_group(group.value)
        for row in INPUTS:
            if row.group is group and row.kind is not Kind.SECRET and "terminal" in row.hosts:
                # A boolean's flag alone means true.
                alone: dict[str, Any] = (
                    {"nargs": "?", "const": "true"} if row.kind is Kind.BOOLEAN else {}
                )
                section.add_argument(
                    f"--{row.name}",
                    dest=row.variable,
                    action="append",
                    metavar="VALUE",
                    help=help_text(row),
                    **alone,
                )
    return parser


def help_text(row: Input) -> str:
    """The help of an input as one plain line, with its choices and default."""
    default = row.default or row.default_text
    parts = [
        row.help,
        f"One of: {', '.join(row.choices)}."
        if row.choices and row.kind is not Kind.BOOLEAN
        else "",
    ]
    parts.append(f"Default: {default}" if default else "")
    return (
        " ".join(part for part in parts if part)
        .replace("`", "")
        .replace("**", "")
        .replace("%", "%%")
    )
