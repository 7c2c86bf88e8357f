"""The terminal: options become the variables that CI hosts set, and a person reads the lines."""

from __future__ import annotations

import argparse
import difflib
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from private_wheel import __version__
from private_wheel.errors import InvalidInputs, PrivateWheelError
from private_wheel.hosts.base import Host, harmless_lines
from private_wheel.inputs.table import INPUTS, Group, Input, Kind
from private_wheel.system.progress import Progress

_BAR_WIDTH = 30
_LINE_START = "\r\x1b[K"  # empties the line
_SECRETS = [row for row in INPUTS if row.kind is Kind.SECRET]
_OPTIONS = [row for row in INPUTS if row.kind is not Kind.SECRET and "terminal" in row.hosts]
_NO_OPTION = (
    f"Secrets have no option: set {' and '.join(row.variable for row in _SECRETS)}"
    " in the environment."
)


class Terminal(Host):
    """A person's terminal, or any host that PrivateWheel does not know."""

    name = "terminal"
    _bar_shown = False

    def __init__(self, environ: Mapping[str, str], stdout: TextIO) -> None:
        super().__init__(stdout, debug=environ.get("PRIVATE_WHEEL_DEBUG") == "1")
        self.doubts = unknown_variables(environ)

    @staticmethod
    def is_current(environ: Mapping[str, str]) -> bool:
        """Return True: every run without another host is here."""
        return True

    @property
    def checkout(self) -> Path:
        """The repository around the working directory; without one, the working directory."""
        current = Path.cwd().resolve()
        for directory in (current, *current.parents):
            if (directory / ".git").exists():
                return directory
        return current

    def announce_masks(self, forms: Iterable[str]) -> None:
        """Do nothing: a terminal keeps no log of its own."""

    def start_group(self, title: str) -> None:
        """Print the title as a heading."""
        self.command(f"== {title}")

    def end_group(self) -> None:
        """Print an empty line."""
        self.command("")

    def warning(self, text: str) -> None:
        """Print a line that starts with its level."""
        self.line(f"warning: {text}")

    def progress(self, progress: Progress) -> None:
        """Show a bar that grows in place; lines if the output goes to a file."""
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
        """Print a line, instead of a bar if one is shown."""
        if self._bar_shown:
            self.stdout.write(_LINE_START)
            self._bar_shown = False
        super().command(line)

    def failure(self, error: PrivateWheelError) -> None:
        """Print a line that starts with its level."""
        self.line(f"error: {error}")

    def set_outputs(self, outputs: Mapping[str, str]) -> None:
        """Print the outputs that a person reads."""
        for name, value in outputs.items():
            if value and name != "packages-json":
                self.line(f"{name}: {value}")

    def write_summary(self, markdown: str) -> None:
        """Do nothing: the lines in the terminal say the same."""

    def hand_over(self, name: str, directory: Path) -> None:
        """Do nothing: the files are already on the user's disk."""


def read_arguments(arguments: Sequence[str]) -> dict[str, str]:
    """Return options as INPUT_ variables; repeating the option of a list adds a line.

    Prints help, or an error, and exits as argparse does.
    """
    parser = _parser()
    known, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.error(_unknown_text(unknown))
    values = vars(known)
    rows = {row.variable: row for row in INPUTS}
    return {name: _joined(rows[name], value) for name, value in values.items() if value is not None}


def unknown_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return a sentence for each INPUT_ variable that is not an input, such as a misspelt one."""
    known = [row.variable for row in INPUTS]
    unknown = [name for name in environ if name.startswith("INPUT_") and name not in known]
    sentences = []
    for name in sorted(unknown):
        sentences.append(
            f"The variable {name} is not an input, so it is ignored.{_nearest(name, known)}"
        )
    return tuple(sentences)


def _unknown_text(arguments: Sequence[str]) -> str:
    """Return the error for unknown arguments: only their names, because a secret may follow one."""
    matches = [re.match(r"--[a-z-]+(?==|$)", argument) for argument in arguments]
    names = [match[0] for match in matches if match]
    if not names:
        return f"unexpected argument. Run with --help to list the options. {_NO_OPTION}"
    if any(f"--{row.name}" in names for row in _SECRETS):
        return f"unknown option {', '.join(names)}. {_NO_OPTION}"
    options = [f"--{row.name}" for row in _OPTIONS]
    return " ".join(f"unknown option {name}.{_nearest(name, options)}" for name in names)


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]}?" if near else ""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Print one line, without the usage above it, and exit."""
        self.exit(2, f"error: {InvalidInputs.code}: {message}\n")


def _joined(row: Input, value: list[str]) -> str:
    if row.kind is Kind.LINES:
        return "\n".join(value)
    return " ".join(value) if row.kind is Kind.WORDS else value[-1]


def _parser() -> _Parser:
    parser = _Parser(
        prog="private-wheel",
        description=(
            "From a tagged commit to a private Python package that Azure Machine Learning can"
            " install."
        ),
        usage="private-wheel [--publish-to feed|blob|workspace|none] [options]",
        epilog=f"{_NO_OPTION} Every other input can also be set as its INPUT_ variable.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"private-wheel {__version__}")
    for group in Group:
        section = parser.add_argument_group(group.value)
        for row in _OPTIONS:
            if row.group is group:
                _add_option(section, row)
    return parser


def _add_option(section: argparse._ArgumentGroup, row: Input) -> None:
    section.add_argument(
        f"--{row.name}",
        dest=row.variable,
        action="append",
        metavar="VALUE",
        # A boolean's option without a value means true.
        nargs="?" if row.kind is Kind.BOOLEAN else None,
        const="true" if row.kind is Kind.BOOLEAN else None,
        help=help_text(row),
    )


def help_text(row: Input) -> str:
    """Return the help of an input as one plain line, with its choices and default."""
    default = row.default or row.default_text
    parts = [row.help]
    if row.choices and row.kind is not Kind.BOOLEAN:
        parts.append(f"One of: {', '.join(row.choices)}.")
    if default:
        parts.append(f"Default: {default}")
    return " ".join(parts).replace("`", "").replace("**", "").replace("%", "%%")
