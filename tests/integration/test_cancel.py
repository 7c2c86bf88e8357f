"""A run that is told to stop: it ends soon, says so once, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from private_wheel.publish.blob import storage as blobs
from tests.processes import command_lines

from .conftest import REPOSITORY, Job, Outcome

START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from private_wheel.__main__ import run; run()"
)
# Of a large file that is small.
START_WITH_SMALL_BLOCKS = """
import sys; sys.path.insert(0, sys.argv.pop(1))
from private_wheel.__main__ import run
from private_wheel.publish.blob import storage as blobs
blobs.BLOCK_SIZE = int(sys.argv.pop(1))
run()
"""
BLOCK = 64 * 1024
SECONDS = 120.0  # until a test gives up waiting for a run to come so far
BOTH_SIGNALS = (signal.SIGINT, signal.SIGTERM)
WheelMaker = Callable[..., Path]
SLOW = """
import pathlib, sys, time


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    pathlib.Path("started").write_text("")
    time.sleep(60)
"""


@pytest.mark.parametrize("numbers", [(signal.SIGTERM,), (signal.SIGINT, signal.SIGTERM) * 20])
def test_cancelled_in_the_middle_of_a_build(
    job: Job, tmp_path: Path, numbers: tuple[int, ...]
) -> None:
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
        status = program.wait(timeout=SECONDS)
        assert time.monotonic() - told < 10
        assert program.stdout
        log = program.stdout.read()
    assert status == 6, log
    assert log.count("PW613") == 1
    assert "Traceback" not in log
    assert list(temporary.iterdir()) == []
    assert str(package) not in command_lines()
    assert job.sent() == []


STUCK = """
import sys, time; sys.path.insert(0, sys.argv.pop(1))
from private_wheel import __main__ as program
from private_wheel.run import release
from private_wheel.system.children import Children

mark = sys.argv.pop(1)

def be_stuck(config, host, workshop, record):
    def echo(line):
        print("stuck", flush=True)

    while True:
        try:
            Children("test", echo).run(
                [sys.executable, "-c", "print(1, flush=True); import time; time.sleep(600)", mark], {}
            )
        except BaseException:
            time.sleep(0.1)

release.release = be_stuck
program.run()
"""


def test_code_that_drops_the_interruption_does_not_hold_the_end_up(
    job: Job, tiny_wheel: WheelMaker, tmp_path: Path
) -> None:
    """So does code that no exception reaches, as a search for a name in a DNS that is down."""
    tiny_wheel().rename(job.checkout / "acme_forecast-1.2.3-py3-none-any.whl")
    environ = job.environ(**job.feed_inputs(), package="*.whl")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    mark = str(tmp_path / "mark")
    with subprocess.Popen(
        [sys.executable, "-c", STUCK, str(REPOSITORY / "src"), mark],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        assert program.stdin
        assert program.stdout
        program.stdin.write(json.dumps(environ))
        program.stdin.close()
        too_late = threading.Timer(SECONDS, program.kill)
        too_late.start()
        while program.stdout.readline() not in ("stuck\n", ""):
            pass
        program.send_signal(signal.SIGINT)
        told = time.monotonic()
        log = program.stdout.read()
        status = program.wait()
        too_late.cancel()
        assert time.monotonic() - told < 10
    assert status == 6, log
    assert log.count("PW613: ") == 1
    assert "Traceback" not in log
    assert "cancelled" in Path(environ["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8")
    assert list(temporary.iterdir()) == []
    assert mark not in command_lines()


def test_a_signal_from_before_the_start_is_reported(job: Job, tiny_wheel: WheelMaker) -> None:
    """The entrypoint blocks signals when it hands over, until the program is ready for them."""
    tiny_wheel().rename(job.checkout / "acme_forecast-1.2.3-py3-none-any.whl")
    environ = job.environ(**job.feed_inputs(), package="*.whl")
    early = (
        "import os, signal; numbers = [signal.SIGINT, signal.SIGTERM]; "
        "signal.pthread_sigmask(signal.SIG_BLOCK, numbers); "
        "[os.kill(os.getpid(), number) for number in numbers]; "
    )
    done = subprocess.run(
        [sys.executable, "-c", early + START, str(REPOSITORY / "src")],
        input=json.dumps(environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 6, done.stdout
    assert done.stdout.count("PW613: ") == 1
    assert "Traceback" not in done.stdout
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


class Upload:
    """Wheels on their way into blob storage, on one of the two routes."""

    def __init__(self, job: Job, route: str) -> None:
        self.job = job
        self.inputs = {
            **(job.blob_inputs() if route == "blob" else job.into_workspace_inputs()),
            "package": "*.whl",
        }
        self.container: ContainerClient = (
            job.sandbox.blobs("acmepackages", "wheels")
            if route == "blob"
            else job.sandbox.blobs("acmemlstore", "azureml")
        )
        self._held, self._go_on = threading.Semaphore(0), threading.Event()
        self._threads: list[threading.Thread] = []

    def run(self) -> Outcome:
        return self.job.run(**self.inputs)

    def add_wheel(self, wheel: Path) -> None:
        wheel.rename(self.job.checkout / wheel.name)

    @contextmanager
    def held(self, **fault: str) -> Iterator[None]:
        """The storage answers no request of this kind before the end."""
        self.job.sandbox.faults.add(server="blob", times=None, hook=self._hold, **fault)  # type: ignore[arg-type]  # no other members are texts
        try:
            yield
        finally:
            self.job.sandbox.faults.clear()
            self._go_on.set()
            self._wait_for_the_end()

    def _hold(self) -> None:
        self._threads.append(threading.current_thread())
        self._held.release()
        self._go_on.wait(SECONDS)

    def _wait_for_the_end(self) -> None:
        """Those that were held may still change something, though nobody waits for their answers."""
        for thread in self._threads:
            thread.join(SECONDS)

    def wait(self, requests: int) -> None:
        """Until so many are held."""
        for _ in range(requests):
            assert self._held.acquire(timeout=SECONDS)

    def names(self) -> list[str]:
        """What is there to be seen."""
        return sorted(name.rpartition("/")[2] for name in self.container.list_blob_names())


@pytest.fixture(params=["blob", "workspace"])
def upload(job: Job, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Upload:
    monkeypatch.setattr(blobs, "BLOCK_SIZE", BLOCK)  # for the run after the one that is cancelled
    return Upload(job, request.param)


def cancel(
    upload: Upload, requests: int, numbers: tuple[int, ...], temporary: Path
) -> tuple[str, str]:
    """Start a run, send it signals as soon as so many requests are held, and give its log and its
    summary."""
    environ = upload.job.environ(**upload.inputs)
    temporary.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", START_WITH_SMALL_BLOCKS, str(REPOSITORY / "src"), str(BLOCK)],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        assert program.stdin
        assert program.stdout
        program.stdin.write(json.dumps(environ))
        program.stdin.close()
        too_late = threading.Timer(SECONDS, program.kill)
        too_late.start()
        try:
            upload.wait(requests)
            told = time.monotonic()
            for number in numbers:
                program.send_signal(number)
            log = program.stdout.read()  # ends with the last process that could write to it
            status = program.wait(timeout=SECONDS)
            assert time.monotonic() - told < 10
        finally:
            program.kill()
            too_late.cancel()
    assert status == 6, log
    assert (
        sum(line.startswith("::error ") for line in log.splitlines()) == log.count("PW613: ") == 1
    )
    assert "Traceback" not in log
    assert list(temporary.iterdir()) == []
    return log, Path(environ["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8").replace("\\", "")


@pytest.mark.parametrize(
    "numbers", [(signal.SIGTERM,), BOTH_SIGNALS, BOTH_SIGNALS * 20], ids=["one", "two", "forty"]
)
def test_cancelled_in_the_middle_of_a_large_upload(
    upload: Upload, tiny_wheel: WheelMaker, tmp_path: Path, numbers: tuple[int, ...]
) -> None:
    wheel = tiny_wheel(content="A = 1\n" * (4 * BLOCK))
    assert wheel.stat().st_size > 20 * BLOCK
    upload.add_wheel(wheel)
    with upload.held(method="PUT", query="*comp=block&*"):
        _, summary = cancel(upload, 8, numbers, tmp_path / "temporary")
        assert upload.names() == []
    assert f"Possibly completed: {wheel.name}" in summary
    assert "Run again; completed steps are skipped." in summary
    assert upload.names() == []
    again = upload.run()
    assert again.status == 0, again.log
    assert again.outputs["result"] == "published"
    assert upload.names() == [wheel.name]


def test_cancelled_before_the_blocks_become_a_blob(
    upload: Upload, tiny_wheel: WheelMaker, tmp_path: Path
) -> None:
    wheel = tiny_wheel(content="A = 1\n" * BLOCK)
    upload.add_wheel(wheel)
    with upload.held(method="PUT", query="*comp=blocklist*"):
        _, summary = cancel(upload, 1, BOTH_SIGNALS, tmp_path / "temporary")
        assert upload.names() == []
    assert f"Possibly completed: {wheel.name}" in summary  # and so it is: that request had arrived
    again = upload.run()
    assert again.status == 0, again.log
    assert upload.names() == [wheel.name]


def test_cancelled_while_it_reads_back(
    upload: Upload, tiny_wheel: WheelMaker, tmp_path: Path
) -> None:
    wheel = tiny_wheel(content="A = 1\n" * (4 * BLOCK))
    upload.add_wheel(wheel)
    with upload.held(method="GET", path=f"*/{wheel.name}"):
        log, summary = cancel(upload, 8, BOTH_SIGNALS, tmp_path / "temporary")
    assert "| acme-forecast | 1.2.3 | published" in summary
    assert "Possibly completed" not in summary
    assert f"/{wheel.name}" not in summary + log  # no URL of what was not seen
    again = upload.run()
    assert again.status == 0, again.log
    assert again.outputs["result"] == "identical"


def test_cancelled_among_many_files(upload: Upload, tiny_wheel: WheelMaker, tmp_path: Path) -> None:
    """Those under way are told, and those that were not begun."""
    names = [f"acme_part_{number:02}-1.0-py3-none-any.whl" for number in range(20)]
    for name in names:
        upload.add_wheel(tiny_wheel(name.partition("-")[0].replace("_", "-"), "1.0"))
    with upload.held(method="PUT", path="*/acme_part_*"):
        _, summary = cancel(upload, 16, BOTH_SIGNALS, tmp_path / "temporary")
        assert upload.names() == []
    perhaps, _, not_done = summary.partition("Possibly completed: ")[2].partition("Not completed: ")
    assert sorted(name for name in names if name in perhaps) == names[:16]
    assert [name for name in names if name in not_done] == names[16:]
    again = upload.run()
    assert again.status == 0, again.log
    assert upload.names() == names
