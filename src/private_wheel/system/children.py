"""Child processes: their lines are passed on as they come, and all they start ends with them."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

from private_wheel.errors import Interrupted
from private_wheel.system import linux, signals

_LAST_LINES = 20
_LONGEST_LINE = 65536
_LONGEST_SECRET = 8192
# Seconds that the output of a child is read after its end.
_LAST_WORDS = 2.0
# Seconds for the start of a child, when all children are ended.
_PATIENCE = 0.5


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a child ended, and the last 20 lines that it wrote."""

    status: int
    last_lines: tuple[str, ...]


class Children:
    """Runs one child after the other, each in a session of its own.

    It may be cancelled from another thread. `name` is what the children do together, for threads
    and errors; `echo` is called with every line that they print.
    """

    # Of all instances: the children that run, and the lock that is held while one is started and
    # while processes that others left behind are ended.
    _running: ClassVar[set[int]] = set()
    _starting: ClassVar[threading.Lock] = threading.Lock()
    _closed: ClassVar[bool] = False

    def __init__(self, name: str, echo: Callable[[str], None]) -> None:
        self._name, self._echo = name, echo
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._cancelled = False

    def cancel(self) -> None:
        """End the child that runs, and refuse every later one."""
        with self._lock:
            self._cancelled = True
            if self._child:
                _end(self._child)

    @classmethod
    def end_all(cls) -> None:
        """End the children of all instances with what they started, and refuse every later one."""
        cls._closed = True
        # Whoever holds the lock may be stuck; else no child is just being started from here on.
        held = cls._starting.acquire(timeout=_PATIENCE)
        for number in tuple(cls._running):
            _kill(number)
        if held:
            cls._starting.release()
        linux.end_orphans(since=0, spared=())

    @classmethod
    def output_of(
        cls, command: Sequence[str], environ: Mapping[str, str], *, limit: float | None = None
    ) -> str | None:
        """Run a short command that starts no foreign code, for `limit` seconds at most.

        Returns:
            Its standard output, or None if it failed or took too long.
        """
        with signals.shielded():
            with cls._starting:
                child = subprocess.Popen(  # noqa: S603  # the callers' own programs, and no shell
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=dict(environ),
                    text=True,
                    start_new_session=True,
                )
                cls._running.add(child.pid)
            try:
                with signals.interruptible(), suppress(subprocess.TimeoutExpired):
                    output, _ = child.communicate(timeout=limit)
                    return output if child.returncode == 0 else None
            finally:
                _end(child)
                cls._running.discard(child.pid)
                if child.stdout:
                    child.stdout.close()
        return None

    def run(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        text: str = "",
        directory: Path | None = None,
        limit: float | None = None,
    ) -> Ended:
        """Run a command to its end.

        On Linux no process that it started is left. On macOS those in sessions of their own live
        on, and on Windows all but the child itself.

        Args:
            command: The program and its arguments.
            environ: The whole environment of the child.
            text: Its standard input.
            directory: Its working directory, that of this process by default.
            limit: Seconds after which it is ended.

        Raises:
            Interrupted: `cancel` was called.
            subprocess.TimeoutExpired: It ran for `limit` seconds, and was ended.
        """
        linux.adopt_orphans()
        # An interruption between the start of a child and our knowing it would leave it behind.
        with signals.shielded():
            child, started = self._start(command, environ, directory)
            try:
                with signals.interruptible():
                    return self._pump(child, text, limit)
            finally:
                _end(child)
                with self._starting:
                    self._running.discard(child.pid)
                    linux.end_orphans(started, self._running)

    def _start(
        self, command: Sequence[str], environ: Mapping[str, str], directory: Path | None
    ) -> tuple[subprocess.Popen[str], int]:
        """Start a child, and return it with its start time."""
        with self._lock, self._starting:
            self._refuse_when_cancelled()
            child = self._child = subprocess.Popen(  # noqa: S603  # our own programs, no shell
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=dict(environ),
                cwd=directory,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
                umask=0o022 if os.name == "posix" else -1,
            )
            self._running.add(child.pid)
            return child, linux.start_time(child.pid)

    def _pump(self, child: subprocess.Popen[str], text: str, limit: float | None) -> Ended:
        """Hand the text over, pass the child's lines on as they come, and wait for its end."""
        last_lines: deque[str] = deque(maxlen=_LAST_LINES)

        if child.stdin is None or child.stdout is None:
            raise AssertionError("both were asked for as pipes")

        def pass_on(stream: IO[str]) -> None:
            with stream:
                for line in _lines(stream):
                    self._echo(line)
                    last_lines.append(line)

        reading = threading.Thread(
            target=pass_on, args=[child.stdout], name=f"{self._name} output", daemon=True
        )
        reading.start()
        with child.stdin as stdin:
            stdin.write(text)
        status = child.wait(limit)
        # A process that the child left behind may keep the pipe open.
        reading.join(timeout=_LAST_WORDS)
        self._refuse_when_cancelled()
        return Ended(status=status, last_lines=tuple(last_lines))

    def _refuse_when_cancelled(self) -> None:
        if self._cancelled or self._closed:
            raise Interrupted(f"The {self._name} was cancelled.")


def _lines(stream: IO[str]) -> Iterator[str]:
    """Yield the lines of a stream that are not empty, long ones shortened.

    The text just before a cut is dropped, too: it could be the first half of a secret, which the
    redaction would not recognise.
    """
    is_beginning = True
    while text := stream.readline(_LONGEST_LINE):
        # The last line of a stream may lack its end.
        is_end = text.endswith("\n") or len(text) < _LONGEST_LINE
        shown = text.rstrip() if is_end else text[:-_LONGEST_SECRET] + " …"
        if is_beginning and shown:
            yield shown
        is_beginning = is_end


def _end(child: subprocess.Popen[str]) -> None:
    """End a child with all that it started, if it still runs."""
    _kill(child.pid)
    child.wait()


def _kill(number: int) -> None:
    """Kill a child by its process id, and on POSIX its process group."""
    with suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(number, signal.SIGKILL)
        else:
            os.kill(number, signal.SIGTERM)  # ends a process of Windows at once
