"""Functions that run beside the main thread, or side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TypeVar

_Item = TypeVar("_Item")
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


def side_by_side(
    function: Callable[[_Item], _Value],
    items: Sequence[_Item],
    at_once: int,
    done: Callable[[_Value], None] = lambda _: None,
) -> list[_Value]:
    """The value of `function` for each item, in their order; `done` is told each one as soon as it is there.

    After a failure no other item is begun; those under way are waited for, and then the first failure is raised. A
    KeyboardInterrupt is raised at once, also while a function waits for the network: none runs in the main thread,
    unless only one may run at a time.
    """
    if at_once == 1:
        values = []
        for item in items:
            values.append(function(item))
            done(values[-1])
        return values
    pool = ThreadPoolExecutor(at_once)
    futures = [pool.submit(function, item) for item in items]
    failure: BaseException | None = None
    try:
        for future in as_completed(futures):
            if future.cancelled():
                continue
            if error := future.exception():
                failure = failure or error
                for other in futures:
                    other.cancel()
            else:
                done(future.result())
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    if failure:
        raise failure
    return [future.result() for future in futures]
