"""Runs one function beside the main thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

_Value = TypeVar("_Value")


def in_background(function: Callable[[], _Value], on_failure: Callable[[], None]) -> Future[_Value]:
    """Start `function` in a daemon thread, which cannot keep the process alive, and return its future.

    `on_failure` is called in that thread when `function` raises.
    """
    future: Future[_Value] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)
            on_failure()

    threading.Thread(target=run, daemon=True).start()
    return future
