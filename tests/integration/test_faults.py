"""Every request of the two routes that end in blob storage fails once, in every way, and from there
on for good.

Whatever happens: the run ends in success or in one clear error, a blob is there as a whole or not
at all, no URL is given without its bytes, and the next run succeeds.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from private_wheel.azure import http
from private_wheel.publish.blob import storage as blobs

from .conftest import Job, Outcome

# A connection that breaks in its handshake is left to the garbage collector by urllib3.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
FILE = "acme_forecast-1.2.3-py3-none-any.whl"
BLOCK = 64 * 1024
ROUTES = ("blob", "workspace")
SHORT_TIMEOUT = 0.5
WAYS: dict[str, dict[str, Any]] = {
    "refused": {"reset_after": 0},
    "reset in the middle": {"reset_after": BLOCK // 2},
    "answer lost": {"reset": True, "after_work": True},
    "500": {"status": 500},
    "503": {"status": 503, "headers": {"Retry-After": "1"}},
    "429": {"status": 429},
    "timeout": {"delay": 2 * SHORT_TIMEOUT},
}
START = """
import sys
from private_wheel.__main__ import run
from private_wheel.publish.blob import storage as blobs
blobs.BLOCK_SIZE = int(sys.argv.pop(1))
run()
"""
WheelMaker = Callable[..., Path]


class Trial:
    """One route with a wheel of two blocks, whose traces can be taken away again."""

    def __init__(self, job: Job, route: str) -> None:
        self.job = job
        if route == "blob":
            self.inputs = job.blob_inputs()
            self.stored = job.sandbox.blobs("acmepackages", "wheels").get_blob_client(FILE)
        else:
            self.inputs = job.into_workspace_inputs()
            name = f"Environment/azureml-private-packages/{FILE}"
            self.stored = job.sandbox.blobs("acmemlstore", "azureml").get_blob_client(name)
        self.content = (job.checkout / FILE).read_bytes()

    def reset(self) -> None:
        self.job.sandbox.faults.clear()
        self.job.sandbox.workspace("acme-ml").artifacts.clear()
        if self.stored.exists():
            self.stored.delete_blob()
        self.job.sandbox.requests.clear()

    def run(self) -> Outcome:
        return self.job.run(**self.inputs, package=FILE)

    def environ(self) -> dict[str, str]:
        """Of the same run as a process of its own."""
        return self.job.environ(**self.inputs, package=FILE)

    def steps(self) -> list[str]:
        """The requests of a run that nothing disturbs."""
        self.reset()
        ran = self.run()
        assert ran.status == 0, ran.log
        return [
            f"{one.server} {one.method} {one.path}?{one.query[:30]}"
            for one in self.job.sandbox.requests
        ]

    def check(self, ran: Outcome, where: str) -> None:
        whole = self.is_whole()
        assert len(ran.errors) == (1 if ran.status else 0), f"{where}: {ran.errors}"
        assert "PW999" not in ran.log, f"{where}: {ran.errors}"
        assert ran.status or whole, f"{where}: success without the bytes"
        assert whole or not ran.outputs.get("url"), f"{where}: a URL without its bytes"

    def is_whole(self) -> bool:
        if not self.stored.exists():
            return False
        assert self.stored.download_blob().readall() == self.content
        return True

    def check_again(self, where: str) -> None:
        """The next run, which nothing disturbs."""
        self.job.sandbox.faults.clear()
        ran = self.run()
        assert ran.status == 0, f"{where}, again: {ran.errors}"
        assert ran.outputs["url"], where
        assert self.is_whole(), where


@pytest.fixture
def quick(no_pauses: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small blocks, short timeouts, and no pauses."""
    monkeypatch.setattr(blobs, "BLOCK_SIZE", BLOCK)
    monkeypatch.setattr(http, "READ_TIMEOUT", SHORT_TIMEOUT)


@pytest.fixture(params=ROUTES)
def trial(job: Job, request: pytest.FixtureRequest, tiny_wheel: WheelMaker, quick: None) -> Trial:
    wheel = tiny_wheel(content="A = 1\n" * (BLOCK // 4))
    assert BLOCK < wheel.stat().st_size <= 2 * BLOCK
    (job.checkout / FILE).write_bytes(wheel.read_bytes())
    return Trial(job, request.param)


@pytest.mark.parametrize("way", WAYS)
def test_each_request_fails_once(trial: Trial, way: str) -> None:
    steps = trial.steps()
    for number, step in enumerate(steps):
        trial.reset()
        trial.job.sandbox.faults.add(skip=number, times=1, **WAYS[way])
        ran = trial.run()
        trial.check(ran, f"{way} at {step}")
        if (
            ran.status or "after_work" in WAYS[way]
        ):  # else all is as after a run that nothing disturbs
            trial.check_again(f"{way} at {step}")


@pytest.mark.parametrize("way", ["refused", "500"])
def test_each_request_and_all_after_it_fail(trial: Trial, way: str) -> None:
    steps = trial.steps()
    for number, step in enumerate(steps):
        trial.reset()
        trial.job.sandbox.faults.add(skip=number, times=None, **WAYS[way])
        ran = trial.run()
        assert ran.status, f"{way} from {step} on"
        trial.check(ran, f"{way} from {step} on")
        trial.check_again(f"{way} from {step} on")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_each_write(trial: Trial, moment: str) -> None:
    """With kill -9, before the service works on the request and after it, so that no answer is ever
    read.

    A kill between two writes leaves what one after the first of them leaves.
    """
    steps = trial.steps()
    environ = trial.environ()
    for number, step in enumerate(steps):
        if "PUT" not in step and "POST" not in step:
            continue
        trial.reset()
        with subprocess.Popen(
            [sys.executable, "-c", START, str(BLOCK)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as program:
            trial.job.sandbox.faults.add(
                skip=number, hook=program.kill, after_work=moment == "after"
            )
            log, _ = program.communicate(json.dumps(environ))
        assert program.returncode == -signal.SIGKILL, f"{step}: {log}"
        if trial.stored.exists():
            assert trial.is_whole()
        trial.check_again(f"killed {moment} {step}")
