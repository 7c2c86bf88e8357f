"""Functions side by side: what is begun, what is told, and what ends it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from private_wheel.system.background import in_background, side_by_side

SECONDS = 60.0  # until a test gives up waiting for what should happen at once
A_MOMENT = 0.05  # for what should not happen at all


class Refused(Exception):
    pass


class Works:
    """Pieces of work, each of which goes on when a test lets it."""

    def __init__(self, *, failing: tuple[int, ...] = ()) -> None:
        self.begun: list[int] = []
        self.told: list[str] = []
        self.failing = failing
        self._changed = threading.Condition()
        self._gates = {number: threading.Event() for number in range(20)}

    def __call__(self, number: int) -> str:
        with self._changed:
            self.begun.append(number)
            self._changed.notify_all()
        assert self._gates[number].wait(SECONDS)
        if number in self.failing:
            raise Refused(number)
        return f"value {number}"

    def note(self, value: str) -> None:
        with self._changed:
            self.told.append(value)
            self._changed.notify_all()

    def start(self, count: int, at_once: int) -> Future[list[str]]:
        """In a thread that is not the main one, so that a test can look on."""
        return in_background(
            lambda: side_by_side(self, range(count), at_once, self.note), on_failure=lambda: None
        )

    def let_go(self, *numbers: int) -> None:
        for number in numbers:
            self._gates[number].set()

    def has_begun(self, count: int, seconds: float = SECONDS) -> bool:
        """Whether so many have, as soon as they have."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.begun) >= count, seconds)

    def has_told(self, *values: str) -> bool:
        """Whether these were told, and no others."""
        with self._changed:
            return self._changed.wait_for(lambda: self.told == [*values], SECONDS)


@pytest.fixture
def works() -> Iterator[Works]:
    """Whatever a test left waiting goes on, and no thread is left behind."""
    before = set(threading.enumerate())
    works = Works()
    yield works
    works.let_go(*range(20))
    for thread in set(threading.enumerate()) - before:
        thread.join(SECONDS)
        assert not thread.is_alive()


@pytest.mark.parametrize("at_once", [1, 2, 16])
def test_nothing_to_do(at_once: int) -> None:
    assert side_by_side(str, [], at_once) == []


def test_values_come_in_the_order_of_the_items_and_are_told_as_they_are_there(works: Works) -> None:
    running = works.start(4, 4)
    told: list[str] = []
    for number in (3, 1, 0, 2):
        works.let_go(number)
        told.append(f"value {number}")
        assert works.has_told(*told)
    assert running.result(SECONDS) == sorted(told)


def test_as_many_as_allowed_are_under_way_and_no_more(works: Works) -> None:
    running = works.start(6, 2)
    for done in range(4):
        assert works.has_begun(done + 2)
        assert not works.has_begun(done + 3, A_MOMENT)
        works.let_go(done)
    works.let_go(4, 5)
    assert len(running.result(SECONDS)) == 6


def test_where_only_one_may_run_it_runs_where_it_was_called() -> None:
    here = threading.get_ident()
    told: list[int] = []

    def work(number: int) -> int:
        assert threading.get_ident() == here
        assert told == list(range(number))
        return number

    assert side_by_side(work, range(5), 1, told.append) == told == list(range(5))


def test_one_at_a_time_ends_with_a_failure() -> None:
    told: list[int] = []

    def work(number: int) -> int:
        if number == 2:
            raise Refused
        return number

    with pytest.raises(Refused):
        side_by_side(work, range(5), 1, told.append)
    assert told == [0, 1]


def test_after_a_failure_what_is_under_way_is_waited_for_and_told(works: Works) -> None:
    works.failing = (1,)
    running = works.start(4, 4)
    assert works.has_begun(4)
    works.let_go(1)
    time.sleep(A_MOMENT)  # for the failure to arrive
    assert not running.done()
    works.let_go(3)
    assert works.has_told("value 3")
    works.let_go(0, 2)
    assert isinstance(running.exception(SECONDS), Refused)
    assert sorted(works.told) == ["value 0", "value 2", "value 3"]


def test_the_first_of_several_failures_is_raised(works: Works) -> None:
    works.failing = (0, 1, 2)
    running = works.start(3, 3)
    assert works.has_begun(3)
    for number in (1, 2, 0):
        works.let_go(number)
        time.sleep(A_MOMENT)  # for the failure to arrive
    assert str(running.exception(SECONDS)) == "1"


def test_nothing_is_begun_after_a_failure() -> None:
    for _ in range(
        20
    ):  # a thread that is free again could take the next one before anybody says no
        works = Works(failing=(0,))
        running = works.start(6, 2)
        assert works.has_begun(2)
        works.let_go(0)
        works.has_begun(3, A_MOMENT / 2)
        works.let_go(*range(1, 6))
        assert isinstance(running.exception(SECONDS), Refused)
        assert sorted(works.begun) == [0, 1]
        assert works.told == ["value 1"]


def test_an_interrupt_waits_for_nothing_and_begins_nothing(works: Works) -> None:
    """It comes as a signal brings it: in the main thread, while that waits."""

    def interrupt() -> None:
        works.let_go(0)
        assert works.has_told("value 0")
        assert works.has_begun(4)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        side_by_side(works, range(20), 3, works.note)
    assert time.monotonic() - started < SECONDS / 2
    works.let_go(*range(20))
    assert not works.has_begun(5, A_MOMENT)
    assert works.told == ["value 0"]


@pytest.mark.parametrize("count", [1, 4])
def test_none_runs_where_an_interrupt_arrives(count: int) -> None:
    """A single one neither: what a library waits for in the main thread, an interrupt would have to
    wait for too."""
    assert threading.get_ident() not in side_by_side(
        lambda _: threading.get_ident(), range(count), 16
    )


def test_a_failure_in_the_background_is_told_at_once() -> None:
    told = threading.Event()

    def fail() -> None:
        raise Refused

    running = in_background(fail, on_failure=told.set)
    assert told.wait(SECONDS)
    assert isinstance(running.exception(), Refused)
