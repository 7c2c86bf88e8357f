"""A job that is cancelled: the agent sends the launcher SIGINT, and SIGTERM some seconds later."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from azure.storage.blob import BlobClient

from entrypoint import BASE_PYTHON
from private_wheel.publish.blob.storage import BLOCK_SIZE
from tests import processes
from tests.extension.task import Run, Running, Task

WHEEL = "acme_forecast-1.2.3-py3-none-any.whl"
SOON = 10.0  # seconds, within which a cancelled run ends whatever it does
STILL_THERE = 120.0
PAUSE = 3.0  # before SIGTERM, unless it has ended; the agent waits 7.5 seconds
BOTH = (signal.SIGINT, signal.SIGTERM)
SLOW = """
import os, pathlib, subprocess, sys, time


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", os.getcwd()])
    pathlib.Path("started").write_text("")
    time.sleep(600)
"""


class Held:
    """A request that a server keeps waiting until the test lets it go."""

    def __init__(self) -> None:
        self.arrived, self.released = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.arrived.set()
        self.released.wait(STILL_THERE)


@pytest.fixture
def stored(wheel_task: Task) -> BlobClient:
    return wheel_task.sandbox.blobs("acmepackages", "wheels").get_blob_client(WHEEL)


def cancel(running: Running, numbers: tuple[signal.Signals, ...]) -> Run:
    """The run, which has ended soon and left no process."""
    told = time.monotonic()
    for number in numbers:
        if running.process.poll() is not None:
            break
        running.send(number)
        with suppress(subprocess.TimeoutExpired):
            running.process.wait(PAUSE)
    run = running.wait(SOON + STILL_THERE)
    assert time.monotonic() - told < SOON
    return run


def processes_of(task: Task, running: Running) -> list[str]:
    """What still runs of its session, or with our files in its arguments."""
    marks = (str(task.machine.tools), str(task.machine.task), str(task.checkout))
    return processes.running(running.process.pid, *marks)


def wait_for(file: Path) -> None:
    """Until a process that is no child of ours has made the file."""
    end = time.monotonic() + STILL_THERE
    while not file.exists():
        assert time.monotonic() < end
        time.sleep(0.02)


def check_cancelled(run: Run) -> None:
    assert run.failed("PW613"), str(run)
    assert "Traceback" not in run.log


@pytest.mark.parametrize("numbers", [BOTH, BOTH[1:]], ids=["both", "SIGTERM"])
def test_in_the_middle_of_an_upload(
    wheel_task: Task,
    stored: BlobClient,
    tiny_wheel: Callable[..., Path],
    numbers: tuple[signal.Signals, ...],
) -> None:
    shutil.copy(tiny_wheel(content="# " + "x" * (3 * BLOCK_SIZE)), wheel_task.checkout)
    held = Held()
    wheel_task.sandbox.faults.add(
        server="blob", method="PUT", query="*comp=block&*", skip=1, hook=held
    )
    inputs = {**wheel_task.blob_inputs(), "package": "*.whl"}
    running = wheel_task.start(inputs=inputs, connection="workload")
    assert held.arrived.wait(STILL_THERE)
    try:
        run = cancel(running, numbers)
        assert processes_of(wheel_task, running) == []
        assert not stored.exists()
    finally:
        held.released.set()
    check_cancelled(run)
    (summary,) = run.outcome.summaries
    assert f"Possibly completed: {WHEEL}".replace("_", "\\_") in summary.decode()
    assert "Run again; completed steps are skipped." in summary.decode()
    assert run.outcome.outputs["url"] == run.outcome.outputs["result"] == ""
    assert run.outcome.artifacts == {}
    wheel_task.sandbox.faults.clear()
    again = wheel_task.run(inputs=inputs, connection="workload")
    assert again.succeeded(), str(again)
    assert stored.download_blob().readall() == (wheel_task.checkout / WHEEL).read_bytes()


def test_in_the_middle_of_a_build(task: Task) -> None:
    package = task.add_package("curious")
    (package / "backend.py").write_text(SLOW)
    running = task.start(inputs={**task.feed_inputs(), "package": "curious"})
    wait_for(package / "started")
    assert [line for line in processes_of(task, running) if "time.sleep" in line]
    run = cancel(running, BOTH)
    check_cancelled(run)
    assert processes_of(task, running) == []
    assert "Nothing was changed" in run.outcome.summaries[0].decode()


def test_in_the_middle_of_the_sign_in(wheel_task: Task) -> None:
    held = Held()
    wheel_task.sandbox.faults.add(server="sign-in", method="POST", hook=held)
    running = wheel_task.start(
        inputs={**wheel_task.blob_inputs(), "package": "*.whl"}, connection="workload"
    )
    assert held.arrived.wait(STILL_THERE)
    try:
        check_cancelled(cancel(running, BOTH))
        assert processes_of(wheel_task, running) == []
    finally:
        held.released.set()


def test_while_the_runtime_is_made(wheel_task: Task, tmp_path: Path) -> None:
    """With pip in place of the network: it waits for an index that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as index:
        url = f"http://127.0.0.1:{index.getsockname()[1]}/simple/"
        wheel_task.machine = replace(wheel_task.machine, tools=tmp_path / "tools")
        settings = {
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_INDEX_URL": url,
            "PIP_FIND_LINKS": "",
            "PIP_EXTRA_INDEX_URL": "",
        }
        running = wheel_task.start(
            inputs={**wheel_task.feed_inputs(), "package": "*.whl"},
            environ={**settings, "HOME": str(tmp_path)},
        )
        index.settimeout(STILL_THERE)
        connection, _ = index.accept()
        with connection:
            run = cancel(running, BOTH)
            check_cancelled(run)
            assert processes_of(wheel_task, running) == []
    assert not list((tmp_path / "tools").rglob(".making-*"))


@pytest.mark.parametrize("numbers", [BOTH, BOTH[1:]], ids=["both", "SIGTERM"])
def test_while_python_is_asked(
    wheel_task: Task, tmp_path: Path, numbers: tuple[signal.Signals, ...]
) -> None:
    """It answers late, and what it has started holds its output open."""
    programs = tmp_path / "programs"
    programs.mkdir()
    asked = tmp_path / "asked"
    lines = ["#!/bin/sh", "/bin/sleep 60 &", f': > "{asked}"', "/bin/sleep 61", ""]
    (programs / "python3").write_text("\n".join(lines))
    (programs / "python3").chmod(0o755)
    wheel_task.machine = replace(wheel_task.machine, programs=programs)
    running = wheel_task.start(inputs={**wheel_task.feed_inputs(), "package": "*.whl"})
    wait_for(asked)
    check_cancelled(cancel(running, numbers))


def test_while_python_starts(wheel_task: Task, tmp_path: Path) -> None:
    """Before it has a handler of its own: SIGINT would give a traceback."""
    programs = tmp_path / "programs"
    programs.mkdir()
    started = tmp_path / "started"
    # Slow to start, and then like any Python that is interrupted while it imports.
    start = f"open({str(started)!r}, 'w'); import time; time.sleep(60)"
    lines = [
        "#!/bin/sh",
        'if [ "$1" = -c ]; then echo python 3 12; exit; fi',
        f'exec "{BASE_PYTHON}" -c "{start}"',
        "",
    ]
    (programs / "python3").write_text("\n".join(lines))
    (programs / "python3").chmod(0o755)
    wheel_task.machine = replace(wheel_task.machine, programs=programs)
    running = wheel_task.start(inputs={**wheel_task.feed_inputs(), "package": "*.whl"})
    wait_for(started)
    check_cancelled(cancel(running, BOTH))
    assert processes_of(wheel_task, running) == []
