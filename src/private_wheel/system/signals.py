"""Signals that end the run.

The first one interrupts the main thread, once, and only where that leaves nothing half done. Later
ones change nothing: hosts send SIGINT and then SIGTERM, and the second must not break off the
report about the first.

A handler that raises is not enough. Python runs it between two steps of the main thread, so a
signal that comes just before a blocking call is noticed after that call, and the interruption
itself is lost where exceptions are dropped, as in `__del__`. So a thread watches: it wakes the main
thread until the interruption was raised, and ends the process if that did not help.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

# SIGHUP is not everywhere.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_ENDING = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
# Seconds: between two attempts to wake the main thread, for its own end, and for the last resort.
# Hosts kill the process about ten seconds after the first signal.
_PAUSE, _PATIENCE, _LAST_WORDS = 0.1, 6.0, 1.5


@dataclass
class _Process:
    """What signals have done to this process so far. Handlers belong to a process as a whole."""

    arrived: bool = False
    raised: bool = False
    shielded: bool = False
    last_resort: Callable[[], None] = lambda: None


_process = _Process()


def listen(exit_status: int) -> None:
    """Handle the signals from now on. The main thread is shielded outside `interruptible`.

    Signals that the process was started with as blocked have been waiting, and are let in.

    Args:
        exit_status: Exit status of the process if the main thread does not end in time.
    """
    _process.shielded = True
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    # Written by the handler in C, at once, whatever the main thread is doing.
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=[reading, exit_status], daemon=True).start()
    sys.unraisablehook = _note_lost_interruption
    for number in _ENDING:
        signal.signal(number, _note)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


def set_last_resort(action: Callable[[], None]) -> None:
    """Choose what is done, in another thread, before a stuck process ends. It has 1.5 seconds."""
    _process.last_resort = action


@contextmanager
def interruptible() -> Iterator[None]:
    """Let a signal raise KeyboardInterrupt inside this block, also one that has come before."""
    yield from _with_shield(False)


@contextmanager
def shielded() -> Iterator[None]:
    """Put an interruption off to the end of this block, which must be short."""
    yield from _with_shield(True)


def _with_shield(wanted: bool) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # no signal is handled here
        return
    before, _process.shielded = _process.shielded, wanted
    try:
        _interrupt_if_due()
        yield
    finally:
        _process.shielded = before
        _interrupt_if_due()


def _note(*_: object) -> None:
    _process.arrived = True
    _interrupt_if_due()


def _interrupt_if_due() -> None:
    if _process.arrived and not _process.shielded and not _process.raised:
        _process.raised = True
        raise KeyboardInterrupt


def _note_lost_interruption(unraisable: UnraisableHookArgs) -> None:
    """Python could not raise it where it was: the watching thread causes another one."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        _process.raised = False
    else:
        sys.__unraisablehook__(unraisable)


def _watch(reading: int, exit_status: int) -> None:
    os.read(reading, 1)
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if not _process.raised and hasattr(signal, "pthread_kill"):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
        time.sleep(_PAUSE)
    # In a thread of its own: whatever holds the main thread up may hold this up, too.
    last = threading.Thread(target=_process.last_resort, daemon=True)
    last.start()
    last.join(_LAST_WORDS)
    os._exit(exit_status)
