"""What every host can do, and how foreign text is made harmless before a host prints it."""

from __future__ import annotations

import logging
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar, TextIO

from private_wheel.errors import PrivateWheelError
from private_wheel.secrets.redaction import Redactor
from private_wheel.system.progress import Progress

# Both hosts take `##[` and `##vso[` anywhere in a line (Command.cs and OutputManager.cs of their
# agents); GitHub takes `::` at the start of a line after blanks (ActionCommand.cs).
_ANYWHERE = re.compile(r"##(?=\[|vso)", re.IGNORECASE)
_AT_START = re.compile(r"^(\s*):(?=:)")
_PROGRESS_PAUSE = 5.0  # seconds
# Also characters without a width, which .NET skips when it searches by culture.
_CONTROL = re.compile(
    r"[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
    r"|\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0e-\x1f\x7f-\x9f]"
)


def harmless_lines(text: str, clean: Callable[[str], str] = str) -> Iterator[str]:
    """Yield the lines of `text` so that no host and no terminal takes one for a command.

    A lone carriage return ends a line, as it does for the runners (.NET's ReadLine). `clean`
    removes secrets; it runs again after control characters are gone, which may have split one.
    """
    for line in clean(text).splitlines():
        shown = clean(_CONTROL.sub("", line.expandtabs()))
        yield _AT_START.sub(r"\1: ", _ANYWHERE.sub("# #", shown))


def tag_of(reference: str) -> str | None:
    """Return the name of the tag in a Git reference; None if it is not a tag."""
    prefix = "refs/tags/"
    return reference.removeprefix(prefix) if reference.startswith(prefix) else None


class Host(ABC):
    """Where a run takes place, and how lines, failures, outputs and the summary get there.

    Everything printed passes the redactor, and everything but our own commands is made harmless.
    A host reads its variables when it is made. `debug` asks for more lines and tracebacks, `tag` is
    the tag whose push started the run, and `doubts` are likely mistakes in the variables.
    """

    name: str
    secret_variables: ClassVar[re.Pattern[str]]
    """The names of the variables in which the host passes secrets."""
    doubts: tuple[str, ...] = ()

    def __init__(self, stdout: TextIO, *, debug: bool, tag: str | None = None) -> None:
        self.stdout, self.debug, self.tag = stdout, debug, tag
        self.redactor = Redactor()
        self._next_progress = time.monotonic() + _PROGRESS_PAUSE

    @staticmethod
    @abstractmethod
    def is_current(environ: Mapping[str, str]) -> bool:
        """Tell whether `environ` is of a run on this host."""

    @property
    @abstractmethod
    def checkout(self) -> Path:
        """The directory that packages and files may come from."""

    def mask(self, secrets: Iterable[str]) -> None:
        """Hide `secrets` and their derived forms in everything that is printed from now on."""
        self.announce_masks(self.redactor.add(secrets))

    @abstractmethod
    def announce_masks(self, forms: Iterable[str]) -> None:
        """Ask the host to hide these texts in its log."""

    def line(self, text: str) -> None:
        """Print any text as plain lines."""
        for line in harmless_lines(text, self.redactor.clean):
            self.command(line)

    def foreign(self, text: str) -> None:
        """Print one line of a child process, marked as such."""
        for line in harmless_lines(text, self.redactor.clean):
            self.command(f"  | {line}".rstrip())

    def progress(self, progress: Progress) -> None:
        """Show how far a transfer is, in a log that is kept."""
        if self.shows_progress_now():
            self.line(str(progress))

    def shows_progress_now(self) -> bool:
        """Tell whether to show progress, at most once in five seconds."""
        now = time.monotonic()
        shown = now >= self._next_progress
        if shown:
            self._next_progress = now + _PROGRESS_PAUSE
        return shown

    def command(self, line: str) -> None:
        """Print a line unchanged: a command for the host, or a line that was made harmless."""
        with suppress(BrokenPipeError):  # nobody reads any more; the run itself continues
            self.stdout.write(line + "\n")
            self.stdout.flush()

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold the lines printed inside under `title`."""
        self.start_group(" ".join(harmless_lines(title, self.redactor.clean)))
        try:
            yield
        finally:
            self.end_group()

    @abstractmethod
    def start_group(self, title: str) -> None:
        """Start to fold lines under `title`."""

    @abstractmethod
    def end_group(self) -> None:
        """End the group that was started last."""

    @abstractmethod
    def warning(self, text: str) -> None:
        """Show something that does not stop the run but needs attention."""

    @abstractmethod
    def failure(self, error: PrivateWheelError) -> None:
        """Show a failure, once."""

    @abstractmethod
    def set_outputs(self, outputs: Mapping[str, str]) -> None:
        """Pass outputs, under their kebab-case names, to later steps."""

    @abstractmethod
    def write_summary(self, markdown: str) -> None:
        """Show the summary of the run."""

    @abstractmethod
    def hand_over(self, name: str, directory: Path) -> None:
        """Attach `directory` to the run as its artifact `name`."""


class HostHandler(logging.Handler):
    """Passes what our modules log to the host, so that none of them needs to know one."""

    def __init__(self, host: Host) -> None:
        super().__init__(logging.DEBUG if host.debug else logging.INFO)
        self._host = host

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record as its level asks for."""
        if isinstance(record.msg, Progress):
            self._host.progress(record.msg)
            return
        text = record.getMessage()
        if record.levelno >= logging.WARNING:
            self._host.warning(text)
        elif record.levelno < logging.INFO:
            self._host.line(f"debug: {text}")
        else:
            self._host.line(text)
