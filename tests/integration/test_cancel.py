"""A run that is told to stop: it ends soon, says so once, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from .conftest import REPOSITORY, Job

START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from private_wheel.__main__ import run; run()"
SLOW = """
import pathlib, sys, time


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    pathlib.Path("started").write_text("")
    time.sleep(60)
"""


@pytest.mark.parametrize("numbers", [(signal.SIGTERM,), (signal.SIGINT, signal.SIGTERM) * 20])
def test_cancelled_in_the_middle_of_a_build(job: Job, tmp_path: Path, numbers: tuple[int, ...]) -> None:
    package = job.add_package("curious")
    (package / "backend.py").write_text(SLOW)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    inputs = {"INPUT_PACKAGE": "curious", "INPUT_FEED": job.feed_inputs()["feed"]}
    environ = {**os.environ, **inputs, "INPUT_FEEDTOKEN": job.sandbox.tokens.write}
    with subprocess.Popen(
        [sys.executable, "-c", START, str(REPOSITORY / "src")],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        assert program.stdin
        program.stdin.write(json.dumps(environ))
        program.stdin.close()
        deadline = time.monotonic() + 30
        while not (package / "started").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        told = time.monotonic()
        for number in numbers:
            program.send_signal(number)
            time.sleep(0.005)
        status = program.wait(timeout=10)
        assert time.monotonic() - told < 5
        assert program.stdout
        log = program.stdout.read()
    assert status == 6, log
    assert log.count("PW613") == 1
    assert "Traceback" not in log
    assert list(temporary.iterdir()) == []
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(package) not in processes
    assert job.sent() == []


def test_a_daemon_of_the_build_does_not_keep_the_run_waiting(job: Job) -> None:
    package = job.add_package("curious")
    backend = (package / "backend.py").read_text()
    # It inherits our output, and a session of its own keeps it alive.
    daemon = "__import__('subprocess').Popen(['sleep', '9'], start_new_session=True)"
    (package / "backend.py").write_text(f"{backend}\n\n{daemon}\n")
    started = time.monotonic()
    outcome = job.run(package="curious", **job.feed_inputs())
    assert outcome.status == 0, outcome.log
    assert time.monotonic() - started < 8
    while any(thread.name == "build output" for thread in threading.enumerate()):
        time.sleep(0.1)  # it ends with the daemon
