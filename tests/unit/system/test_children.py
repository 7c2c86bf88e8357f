"""Children: their lines, their end, and that nothing of them is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from private_wheel.errors import Interrupted
from private_wheel.system import children
from private_wheel.system.children import Children
from tests.processes import command_lines


class Running:
    """Children that run Python code; `lines` are those that were echoed."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.children = Children("test", self.lines.append)

    def run(
        self,
        code: str,
        *,
        text: str = "",
        directory: Path | None = None,
        limit: float | None = None,
    ) -> tuple[int, tuple[str, ...]]:
        environ = {"PATH": os.environ["PATH"], "KNOWN": "yes"}
        command = [sys.executable, "-I", "-c", code]
        ended = self.children.run(command, environ, text=text, directory=directory, limit=limit)
        return ended.status, ended.last_lines


@pytest.fixture
def running() -> Running:
    return Running()


def test_a_child_sees_its_input_its_environment_and_its_directory(
    running: Running, tmp_path: Path
) -> None:
    code = "import os, sys; print(sys.stdin.read()); print(sorted(os.environ)); print(os.getcwd()); sys.exit(7)"
    status, lines = running.run(code, text="the input", directory=tmp_path)
    assert (status, lines[0], lines[2]) == (7, "the input", os.fspath(tmp_path))
    assert set(eval(lines[1])) - {"LC_CTYPE"} == {"KNOWN", "PATH"}  # noqa: S307  # our own list of names
    assert tuple(running.lines) == lines


def test_both_streams_come_in_order_and_the_last_twenty_lines_are_kept(running: Running) -> None:
    code = "import os\nfor n in range(50): os.write(1 + n % 2, b'line %d\\n' % n)"
    _, lines = running.run(code)
    assert running.lines == [f"line {number}" for number in range(50)]
    assert lines == tuple(running.lines[-20:])


def test_a_line_comes_before_the_child_ends(running: Running) -> None:
    came: list[float] = []
    children = Children("test", lambda _: came.append(time.monotonic()))
    children.run(
        [sys.executable, "-I", "-c", "import time; print(1, flush=True); time.sleep(1)"], {}
    )
    assert time.monotonic() - came[0] > 0.8


def test_a_line_without_end_is_cut_well_before_its_end(running: Running) -> None:
    running.run("print('a' * 65536 * 3); print('next')")
    assert [line[-1] for line in running.lines] == ["…", "t"]
    assert len(running.lines[0]) < 60000


def test_the_last_line_may_lack_its_end(running: Running) -> None:
    running.run("import os; os.write(1, b'one\\ntwo')")
    assert running.lines == ["one", "two"]


def test_bytes_that_are_no_text(running: Running) -> None:
    running.run("import os; os.write(1, b'\\xff\\xfe end\\n')")
    assert running.lines == ["\ufffd\ufffd end"]


def test_nothing_that_a_child_started_is_left(running: Running) -> None:
    """Though the other one holds the pipe open."""
    other = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid)"
    started = time.monotonic()
    _, (number,) = running.run(other)
    assert time.monotonic() - started < 50
    deadline = time.monotonic() + 50
    while is_alive(int(number)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


# A session of its own, and no parent: neither the child's end nor that of its group reaches it.
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    print(os.getpid(), flush=True)
    os.close(1), os.close(2)
    {then}
    time.sleep(30)
    os._exit(0)
time.sleep(0.5)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sessions")
@pytest.mark.parametrize(
    "then", ["pass", DAEMON.replace("\n", "\n    ").replace("{then}", "pass")], ids=["one", "two"]
)
def test_a_daemon_that_left_the_session_is_gone_on_linux(running: Running, then: str) -> None:
    running.run(DAEMON.format(then=then))
    daemons = [number for number in map(int, running.lines) if is_alive(number)]
    for daemon in daemons:
        os.kill(daemon, signal.SIGKILL)
    assert running.lines
    assert daemons == [] or sys.platform != "linux"


def test_what_others_started_lives_on(running: Running) -> None:
    """Before and meanwhile, in our session and in one of its own; and nobody takes the status of
    their children."""
    other = Running()
    with (
        subprocess.Popen(["sleep", "30"], start_new_session=True) as before,
        ThreadPoolExecutor() as beside,
    ):
        time.sleep(0.1)  # the kernel tells times of start in hundredths of a second
        ends = beside.submit(
            running.run, "import time; print('started', flush=True); time.sleep(1)"
        )
        while not running.lines:
            time.sleep(0.01)
        meanwhile = beside.submit(subprocess.run, ["sleep", "2"])
        assert other.run("import time; time.sleep(2); print('ended')") == (0, ("ended",))
        assert ends.result()[0] == meanwhile.result().returncode == 0
        assert before.poll() is None
        before.kill()


def test_a_child_that_takes_too_long_is_ended(running: Running) -> None:
    started = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        running.run("import os, time; print(os.getpid(), flush=True); time.sleep(60)", limit=1)
    assert time.monotonic() - started < 50
    assert not is_alive(int(running.lines[0]))


def test_cancelling_ends_the_child_and_refuses_the_next(running: Running) -> None:
    def cancel() -> None:
        while not running.lines:
            time.sleep(0.01)
        running.children.cancel()

    threading.Thread(target=cancel).start()
    with pytest.raises(Interrupted, match="The test was cancelled"):
        running.run("import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    assert not is_alive(int(running.lines[0]))
    with pytest.raises(Interrupted):
        running.run("print('never')")
    assert len(running.lines) == 1


def is_alive(process: int) -> bool:
    """Also of one that ended and that nobody has asked about, it is said that it is not alive."""
    try:
        return ") Z " not in Path("/proc", str(process), "stat").read_text()
    except FileNotFoundError:
        return False


def test_the_output_of_a_short_command() -> None:
    environ = {"PATH": os.environ["PATH"], "KNOWN": "yes"}
    assert Children.output_of(["sh", "-c", "echo $KNOWN; echo no >&2"], environ) == "yes\n"
    assert Children.output_of(["sh", "-c", "echo no; exit 1"], environ) is None


def test_a_short_command_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-c", "import time; time.sleep(60)", str(tmp_path)]
    start = time.monotonic()
    assert Children.output_of(command, dict(os.environ), limit=0.5) is None
    assert time.monotonic() - start < 30
    assert str(tmp_path) not in command_lines()


def test_after_the_end_of_all_no_child_starts() -> None:
    """In a process of its own, as all that it has started ends with it."""
    code = """
import os, sys, threading, time
sys.path.insert(0, sys.argv[1])
from private_wheel.errors import Interrupted
from private_wheel.system import children
from private_wheel.system.children import Children

def run():
    try:
        Children("test", print).run(["sh", "-c", "echo started; sleep 60"], os.environ)
    except Interrupted:
        print("interrupted")

thread = threading.Thread(target=run)
thread.start()
while not Children._running:
    time.sleep(0.01)
Children.end_all()
thread.join()
run()
"""
    source = Path(children.__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(source)],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert done.stdout.removeprefix("started\n") == "interrupted\ninterrupted\n", done.stderr
