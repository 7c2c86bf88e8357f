"""Cancel runs at random moments, as hosts do, and look at what is left of them.

A job is cancelled by SIGINT to the process that the host started, then SIGTERM after 7.5 seconds,
and a kill 2.5 seconds later. Four ways take turns: the launcher of the Azure Pipelines task and
the shell step of the GitHub Action, each with a runtime that exists and with one that has to be
made. The moments lie between the start and the end of a whole run, which builds the example, signs
in and uploads to blob storage; a quarter of them lies in the first half second.

A cancel fails if the run has not ended after ten seconds, leaves a process, a `.making-*` directory
or a scratch directory behind, shows a traceback, or does not say that it was cancelled. The exit
status is then 1. The same seed gives the same moments, as shares of a whole run.

    nice python bench/cancels.py [--number 200] [--seed 1] [--busy 2]
"""

# ruff: noqa: E402  # what is imported below is only importable after the path is set

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY)]

from ruamel.yaml import YAML

from bench.limits import print_table
from bench.program import PYTHON
from sandbox import Sandbox
from tests.processes import running

# Seconds: until SIGTERM, until the host kills, and for the last processes to be gone.
BEFORE_SIGTERM, LIMIT, GRACE = 7.5, 10.0, 2.0
# Seconds from the start in which many moments lie, and the share of those moments.
BEGINNING, EARLY = 0.5, 0.25
# What a whole run may take on a loaded machine.
PATIENCE = 900.0
BLOB_DELAY = 0.3


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a host starts a run, and what it sets in its environment."""

    name: str
    command: Sequence[str | Path]
    environ: dict[str, str]
    cold: bool


@dataclass(frozen=True, kw_only=True)
class Cancel:
    """One run that was cancelled `moment` seconds after its start."""

    way: Way
    moment: float
    seconds: float
    end: str
    log: str
    complaints: tuple[str, ...]


@dataclass(kw_only=True)
class Bench:
    """The machine of all runs. What they leave is looked for in `folder`."""

    folder: Path
    sandbox: Sandbox
    tools: Path = field(init=False)
    runs: int = 0

    def __post_init__(self) -> None:
        self.tools = self.folder / "tools"
        self.checkout = self.folder / "checkout"
        shutil.copytree(REPOSITORY / "examples" / "acme-forecast", self.checkout)
        programs = self.folder / "bin"
        programs.mkdir()
        (programs / "python3").symlink_to(PYTHON)
        self.path = os.pathsep.join([str(programs), os.environ["PATH"]])

    def ways(self) -> list[Way]:
        action = YAML(typ="safe").load(REPOSITORY / "action.yml")
        step = self.folder / "step.sh"
        step.write_text(action["runs"]["steps"][0]["run"], encoding="utf-8")
        bash: list[str | Path] = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", step]
        launcher: list[str | Path] = ["node", REPOSITORY / "launch.js"]
        github = {"GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": str(REPOSITORY)}
        github |= {"GITHUB_WORKSPACE": str(self.checkout)}
        azure = {"TF_BUILD": "True", "BUILD_SOURCESDIRECTORY": str(self.checkout)}
        return [
            Way(name=f"{name}, {kind}", command=command, environ=environ, cold=kind == "cold")
            for kind in ("cold", "warm")
            for name, command, environ in (
                ("launcher", launcher, azure),
                ("shell step", bash, github),
            )
        ]

    def environ(self, way: Way, directory: Path, tools: Path) -> dict[str, str]:
        directory.mkdir()
        for name in ("temporary", "host"):
            (directory / name).mkdir()
        files = ("OUTPUT", "STEP_SUMMARY", "ENV", "PATH")
        for name in files:
            (directory / "host" / name).touch()
        kept = {
            name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
        }
        sandbox = self.sandbox
        return {
            **kept,
            **sandbox.environ(),
            **sandbox.service_principal_environ(sandbox.identities.contributor),
            **way.environ,
            **{f"GITHUB_{name}": str(directory / "host" / name) for name in files},
            "AGENT_TEMPDIRECTORY": str(directory / "host"),
            "AGENT_TOOLSDIRECTORY": str(tools),
            "RUNNER_TOOL_CACHE": str(tools),
            "TMPDIR": str(directory / "temporary"),
            "PATH": self.path,
            "INPUT_PACKAGE": ".",
            "INPUT_PUBLISHTO": "blob",
            "INPUT_CONTAINER": sandbox.container_url,
            "INPUT_IFEXISTS": "replace",
        }

    @contextmanager
    def started(self, way: Way) -> Iterator[tuple[subprocess.Popen[bytes], Path, Path]]:
        """A run, with its own directory and the file that its output goes to."""
        self.runs += 1
        directory = self.folder / f"run-{self.runs}"
        tools = directory / "tools" if way.cold and self.tools.exists() else self.tools
        environ = self.environ(way, directory, tools)
        log = directory / "log.txt"
        with log.open("wb") as stream:
            process = subprocess.Popen(  # noqa: S603  # our own programs
                way.command,
                cwd=self.checkout,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield process, directory, log
        finally:
            if process.returncode is None:  # else its number may be another's by now
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            shutil.rmtree(directory, ignore_errors=True)

    def whole(self, way: Way) -> float:
        """Return the seconds that a run takes which nobody cancels."""
        start = time.monotonic()
        with self.started(way) as (process, _, log):
            process.wait(PATIENCE)
            seconds = time.monotonic() - start
            text = log.read_text(encoding="utf-8", errors="replace")
            if end_of(process.returncode, text) != "completed":
                raise SystemExit(f"{way.name}: a run that nobody cancels failed:\n{text}")
        return seconds

    def cancel(self, way: Way, moment: float) -> Cancel:
        with self.started(way) as (process, directory, log):
            time.sleep(moment)
            told = time.monotonic()
            complaints = []
            if not send(process, signal.SIGINT, BEFORE_SIGTERM):
                send(process, signal.SIGTERM, LIMIT - BEFORE_SIGTERM)
            seconds = time.monotonic() - told
            if process.returncode is None:
                complaints.append("it hangs: " + "; ".join(self.left_processes(process.pid)))
            else:
                complaints += self.left(process.pid, directory)
            text = log.read_text(encoding="utf-8", errors="replace")
            end = end_of(process.returncode, text)
            if end.startswith("unexpected"):
                complaints.append(end)
            if "Traceback" in text or "KeyboardInterrupt" in text:
                complaints.append("a traceback")
        return Cancel(
            way=way, moment=moment, seconds=seconds, end=end, log=text, complaints=tuple(complaints)
        )

    def left_processes(self, session: int) -> list[str]:
        return running(session, str(self.folder), str(REPOSITORY / "entrypoint.py"))

    def left(self, session: int, directory: Path) -> list[str]:
        """What the run has left behind: nothing, if all is well."""
        deadline = time.monotonic() + GRACE
        while (processes := self.left_processes(session)) and time.monotonic() < deadline:
            time.sleep(0.05)
        found = [f"a process: {line}" for line in processes]
        unfinished = [*directory.rglob(".making-*"), *self.tools.rglob(".making-*")]
        unfinished += (directory / "temporary").glob("private-wheel-*")
        return found + [f"a directory: {path.name}" for path in unfinished]


def send(process: subprocess.Popen[bytes], number: signal.Signals, limit: float) -> bool:
    """Send a signal, and return whether the process ended within the limit."""
    process.send_signal(number)
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        return False
    return True


def end_of(status: int | None, log: str) -> str:
    """How the run ended, in a word; an end that is not honest begins with `unexpected`."""
    if status is None:
        return "killed"
    told = log.count("PW613: ")
    failed = "##vso[task.complete result=Failed;]" in log
    done = re.search(r"\.whl: (published|replaced|identical)$", log, re.MULTILINE)
    # 1 is what Python makes of SIGINT while it imports its own modules.
    if status in (-signal.SIGINT, -signal.SIGTERM, 130, 1) and not log:
        return "ended before it began"
    if told == 1 and (status == 6 or (status == 0 and failed)):
        return "cancelled"
    if status in (130, 143) and log.endswith("The run was cancelled.\n"):
        return "cancelled"
    if status == 0 and not failed and done:
        return "completed"
    return f"unexpected end, exit status {status}"


def moments(whole: float, chance: random.Random) -> float:
    """A moment in seconds after the start of a run that takes `whole` seconds."""
    share, place = chance.random(), chance.random()
    return place * (min(BEGINNING, whole) if share < EARLY else whole)


@contextmanager
def busy(number: int) -> Iterator[None]:
    """Keep so many processors busy."""
    command = [PYTHON, "-c", "while True: pass"]
    loops = [subprocess.Popen(command) for _ in range(number)]  # noqa: S603  # our own
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def run(bench: Bench, number: int, seed: int) -> list[Cancel]:
    ways = bench.ways()
    times = {}
    for way in ways:
        times[way.name] = bench.whole(way)
        print(f"A whole run, {way.name}: {times[way.name]:.1f} s", flush=True)
    chance = random.Random(seed)  # noqa: S311  # moments, no secrets
    cancels = []
    for index in range(number):
        way = ways[index % len(ways)]
        cancel = bench.cancel(way, moments(times[way.name], chance))
        cancels.append(cancel)
        line = f"{index + 1}. {way.name}, after {cancel.moment:.3f} s: {cancel.end}"
        print(f"{line} within {cancel.seconds:.2f} s", flush=True)
        if cancel.complaints:
            print("   FAILED: " + "\n   FAILED: ".join(cancel.complaints))
            print("   | " + "\n   | ".join(cancel.log.splitlines()[-20:]), flush=True)
    bench.whole(ways[-1])  # what was cancelled keeps no later run from its end
    return cancels


def show(cancels: Sequence[Cancel]) -> None:
    rows = []
    for name in dict.fromkeys(cancel.way.name for cancel in cancels):
        own = [cancel for cancel in cancels if cancel.way.name == name]
        seconds = sorted(cancel.seconds for cancel in own)
        ends = Counter(cancel.end for cancel in own)
        told = ", ".join(f"{count} {end}" for end, count in ends.most_common())
        failed = sum(1 for cancel in own if cancel.complaints)
        middle = seconds[len(seconds) // 2]
        rows.append((name, str(len(own)), f"{middle:.2f}", f"{seconds[-1]:.2f}", told, str(failed)))
    print_table(["Way", "Cancels", "Median s", "Slowest s", "Ends", "Failed"], rows)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--number", type=int, default=200, help="cancels (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default: 1)")
    parser.add_argument("--busy", type=int, default=2, help="loops beside it (default: 2)")
    options = parser.parse_args()
    # A shell ignores it for what it starts in the background, and so would what starts here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with (
        tempfile.TemporaryDirectory(prefix="private-wheel-cancels-") as temporary,
        Sandbox(Path(temporary) / "sandbox") as sandbox,
        busy(options.busy),
    ):
        sandbox.faults.add(server="blob", method="PUT", delay=BLOB_DELAY, times=None)
        folder = Path(temporary) / "machine"
        folder.mkdir()
        cancels = run(Bench(folder=folder, sandbox=sandbox), options.number, options.seed)
    show(cancels)
    failed = [cancel for cancel in cancels if cancel.complaints]
    print(f"\n{len(cancels)} cancels with seed {options.seed}, {len(failed)} failed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
