"""Signals that end a run, sent to a real process at the moments that matter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from private_wheel.system import signals

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent here")
SOURCE = Path(signals.__file__).resolve().parents[2]
LIMIT = 30.0  # seconds until a test gives up
START = """
import os, signal, sys, time
sys.path.insert(0, sys.argv[1])
from private_wheel.system import signals
from private_wheel.system.signals import interruptible, listen, set_last_resort, shielded

def send(*numbers):
    for number in numbers:
        os.kill(os.getpid(), number)

listen(6)
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-c", START + code, str(SOURCE)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=LIMIT,
    )


def output_of(code: str) -> str:
    done = run(code)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_interrupts(name: str) -> None:
    code = f"""
try:
    with interruptible():
        send(signal.{name})
        time.sleep(60)
except KeyboardInterrupt:
    print("interrupted")
"""
    assert output_of(code) == "interrupted\n"


def test_it_waits_until_it_is_let_in() -> None:
    code = """
send(signal.SIGINT)
print("ready")
try:
    with interruptible():
        print("never")
except KeyboardInterrupt:
    print("interrupted")
"""
    assert output_of(code) == "ready\ninterrupted\n"


def test_a_shield_puts_it_off() -> None:
    code = """
try:
    with interruptible():
        with shielded():
            send(signal.SIGINT)
            print("whole")
        print("never")
except KeyboardInterrupt:
    print("interrupted")
"""
    assert output_of(code) == "whole\ninterrupted\n"


def test_only_the_first_one_interrupts() -> None:
    code = """
try:
    with interruptible():
        send(signal.SIGINT, signal.SIGTERM)
        time.sleep(60)
except KeyboardInterrupt:
    with interruptible():
        send(signal.SIGTERM, signal.SIGINT)
        print("tidied up")
"""
    assert output_of(code) == "tidied up\n"


def test_one_that_comes_when_exceptions_are_dropped_is_not_lost() -> None:
    code = """
class Dropped:
    def __del__(self):
        send(signal.SIGINT)
        print("deleted")

try:
    with interruptible():
        Dropped()
        time.sleep(60)
except KeyboardInterrupt:
    print("interrupted")
"""
    assert output_of(code) == "interrupted\n"


def test_other_exceptions_that_are_dropped_are_shown() -> None:
    code = """
class Dropped:
    def __del__(self):
        raise ValueError("here")

Dropped()
"""
    assert "ValueError: here" in output_of(code)


def test_one_that_another_thread_took_wakes_the_main_thread() -> None:
    """As one that comes between the last look at signals and a blocking call."""
    code = """
import threading

def take():
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)

threading.Timer(0.5, take).start()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
reading, writing = os.pipe()
try:
    with interruptible():
        os.read(reading, 1)
except KeyboardInterrupt:
    print("interrupted")
"""
    assert output_of(code) == "interrupted\n"


def test_a_stuck_process_ends_with_its_last_resort() -> None:
    code = """
signals._PATIENCE = 1.0
set_last_resort(lambda: print("ended from outside", flush=True))
send(signal.SIGINT)
time.sleep(60)
"""
    done = run(code)
    assert (done.returncode, done.stdout) == (6, "ended from outside\n")


def test_a_last_resort_that_is_stuck_does_not_hold_it_up() -> None:
    code = """
signals._PATIENCE = 1.0
set_last_resort(lambda: time.sleep(60))
send(signal.SIGINT)
time.sleep(60)
"""
    assert run(code).returncode == 6


def test_a_child_that_was_just_started_is_ended() -> None:
    """The signal comes when the child runs and nobody knows it yet."""
    code = """
import subprocess
from private_wheel.system.children import Children

class Started(subprocess.Popen):
    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        print(self.pid)
        send(signal.SIGINT)

subprocess.Popen = Started
try:
    with interruptible():
        Children("test", print).run(["sleep", "600"], os.environ)
except KeyboardInterrupt:
    print("interrupted")
"""
    number, word = output_of(code).split()
    assert word == "interrupted"
    with pytest.raises(ProcessLookupError):
        os.kill(int(number), 0)
