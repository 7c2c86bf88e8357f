"""Functions that run in other threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from typing import TypeVar

_HEARS_SIGNALS = 0.5  # seconds
_Item = TypeVar("_Item")
_Value = TypeVar("_Value")


def in_background(function: Callable[[], _Value], on_failure: Callable[[], None]) -> Future[_Value]:
    """Start `function` in a daemon thread, which cannot keep the process alive.

    Args:
        function: What to run.
        on_failure: Called in that thread when `function` raises.

    Returns:
        The future of its value.
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


def side_by_side(
    function: Callable[[_Item], _Value],
    items: Sequence[_Item],
    at_once: int,
    done: Callable[[_Value], None] = lambda _: None,
) -> list[_Value]:
    """Return the value of `function` for each item, in their order.

    After a failure no further item is begun. Those under way are waited for, and then the first
    failure is raised. A KeyboardInterrupt is raised at once, even while a function waits for the
    network: none runs in the main thread, unless only one may run at a time.

    Args:
        function: What to run.
        items: Its arguments, one for each call.
        at_once: How many calls may run at the same time.
        done: Called with each value as soon as it exists.
    """
    if at_once == 1:
        values = []
        for item in items:
            values.append(function(item))
            done(values[-1])
        return values
    stopped = threading.Event()

    def unless_stopped(item: _Item) -> _Value:
        if stopped.is_set():
            raise CancelledError
        try:
            return function(item)
        except BaseException:
            # Here, before this thread is free for another item.
            stopped.set()
            raise

    pool = ThreadPoolExecutor(at_once)
    try:
        futures = [pool.submit(unless_stopped, item) for item in items]
        _attend(futures, done)
    finally:
        stopped.set()
        pool.shutdown(wait=False)
    return [future.result() for future in futures]


def _attend(futures: Iterable[Future[_Value]], done: Callable[[_Value], None]) -> None:
    """Wait for all, call `done` with each value, and raise the first failure at the end."""
    failure: BaseException | None = None
    pending = set(futures)
    while pending:
        # A signal that comes just before the wait would not end it.
        finished, pending = wait(pending, timeout=_HEARS_SIGNALS, return_when=FIRST_COMPLETED)
        for future in finished:
            error = future.exception()
            if not error:
                done(future.result())
            elif not isinstance(error, CancelledError):
                failure = failure or error
    if failure:
        raise failure
