"""What every host can do, and how foreign text is made harmless before any host prints it."""

from __future__ import annotations

import logging
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from private_wheel.errors import PrivateWheelError
from private_wheel.secrets.redaction import Redactor
from private_wheel.system.progress import Progress

# Both hosts take `##[` anywhere in a line, and `##vso[` too (see Command.cs and OutputManager.cs of their agents);
# GitHub takes `::` at the start of a line after blanks (ActionCommand.cs).
_ANYWHERE = re.compile(r"##(?=\[|vso)", re.IGNORECASE)
_AT_START = re.compile(r"^(\s*):(?=:)")
_PROGRESS_PAUSE = 5.0  # seconds
# Also letters without a width: where .NET searches by its culture, it passes over them.
_CONTROL = re.compile(
    r"[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
    r"|\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0e-\x1f\x7f-\x9f]"
)


def harmless_lines(text: str, clean: Callable[[str], str] = str) -> Iterator[str]:
    """The lines of `text`, changed so that no host takes one for a command and no terminal obeys it.

    A lone carriage return ends a line for the runners (.NET's ReadLine), so it does here. `clean` takes the secrets
    out: also those that stand there only when the control characters inside them are gone.
    """
    for line in clean(text).splitlines():
        shown = clean(_CONTROL.sub("", line.expandtabs()))
        yield _AT_START.sub(r"\1: ", _ANYWHERE.sub("# #", shown))


class Host(ABC):
    """Where the run takes place: how lines, failures, outputs and the summary reach the people who look at it.

    Everything printed passes the redactor; everything that is not a command of ours is made harmless first.
    """

    name: str

    def __init__(self, environ: Mapping[str, str], stdout: TextIO) -> None:
        self.environ = environ
        self.stdout = stdout
        self.redactor = Redactor()
        self._next_progress = time.monotonic() + _PROGRESS_PAUSE

    @property
    @abstractmethod
    def debug(self) -> bool:
        """Whether more is to be told, tracebacks included."""

    @property
    @abstractmethod
    def checkout(self) -> Path:
        """The directory that packages may come from."""

    @property
    @abstractmethod
    def tag(self) -> str | None:
        """The tag whose push started the run, if one did."""

    def doubts(self) -> list[str]:
        """What looks like a mistake in how the host was told its inputs."""
        return []

    def mask(self, secrets: Iterable[str]) -> None:
        """Hide `secrets` and their derived forms in all that is printed from now on."""
        self.announce_masks(self.redactor.add(secrets))

    @abstractmethod
    def announce_masks(self, forms: Iterable[str]) -> None:
        """Tell the host which texts to hide in its own log."""

    def line(self, text: str) -> None:
        """Print text of ours or of others as plain lines."""
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
        """At most once in five seconds."""
        now = time.monotonic()
        shown = now >= self._next_progress
        if shown:
            self._next_progress = now + _PROGRESS_PAUSE
        return shown

    def command(self, line: str) -> None:
        """Print one line as it stands: a command to the host, or a line that was made harmless."""
        with suppress(BrokenPipeError):  # nobody reads any more; the run itself goes on
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
    def start_group(self, title: str) -> None: ...

    @abstractmethod
    def end_group(self) -> None: ...

    @abstractmethod
    def warning(self, text: str) -> None:
        """Show something that did not stop the run but needs a look."""

    @abstractmethod
    def failure(self, error: PrivateWheelError) -> None:
        """Show a failure, once."""

    @abstractmethod
    def set_outputs(self, outputs: Mapping[str, str]) -> None:
        """Hand outputs, under their kebab-case names, to later steps."""

    @abstractmethod
    def write_summary(self, markdown: str) -> None:
        """Show the summary of the run."""

    @abstractmethod
    def hand_over(self, name: str, directory: Path) -> None:
        """Attach `directory` to the run as its artifact `name`."""


class HostHandler(logging.Handler):
    """Brings what our modules log to the host: so none of them needs to know one."""

    def __init__(self, host: Host) -> None:
        super().__init__(logging.DEBUG if host.debug else logging.INFO)
        self._host = host

    def emit(self, record: logging.LogRecord) -> None:
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
