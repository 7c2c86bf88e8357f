"""The few lines of shell in action.yml, run as GitHub's runner does (ScriptHandlerHelpers.cs)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
ENTRYPOINT = (
    "import os, sys; print(os.getppid(), os.environ['INPUT_FEED'], sys.argv[1:]); sys.exit(5)\n"
)
WORKING = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'
STUB = "#!/bin/sh\necho 'Python was not found' >&2\nexit 9\n"

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="programs on PATH are made of shell here"
)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    action = tmp_path / "an action"
    action.mkdir()
    (action / "entrypoint.py").write_text(ENTRYPOINT, encoding="utf-8")
    step = YAML(typ="safe").load(ROOT / "action.yml")["runs"]["steps"][0]
    assert step["shell"] == "bash"
    (tmp_path / "step.sh").write_text(step["run"], encoding="utf-8")
    (tmp_path / "bin").mkdir()
    return tmp_path


def start(machine: Path, **programs: str) -> subprocess.Popen[str]:
    for name, text in programs.items():
        (machine / "bin" / name).write_text(text, encoding="utf-8")
        (machine / "bin" / name).chmod(0o755)
    bash = shutil.which("bash")
    assert bash
    environ = {
        "PATH": str(machine / "bin"),
        "GITHUB_ACTION_PATH": str(machine / "an action"),
        "RUNNER_TOOL_CACHE": str(machine / "step.sh"),  # a file: no runtime is made
        "INPUT_FEED": "a feed; $(exit 1) \"'",
    }
    command = [bash, "--noprofile", "--norc", "-e", "-o", "pipefail", str(machine / "step.sh")]
    return subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run(machine: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    with start(machine, **programs) as process:
        stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


@pytest.mark.parametrize(
    "programs",
    [{"python3": WORKING}, {"python": WORKING}, {"python3": STUB, "python": WORKING}],
    ids=["python3", "python", "python3 is a stub"],
)
def test_a_python_is_found_and_takes_the_place_of_the_shell(
    machine: Path, programs: dict[str, str]
) -> None:
    done = run(machine, **programs)
    assert done.stdout == f"{os.getpid()} a feed; $(exit 1) \"' []\n"
    assert done.stderr == ""
    assert done.returncode == 5


@pytest.mark.parametrize(
    "programs", [{}, {"python3": STUB, "python": STUB}], ids=["nothing", "stubs"]
)
def test_without_python_there_is_one_clear_line(machine: Path, programs: dict[str, str]) -> None:
    done = run(machine, **programs)
    assert done.stdout.startswith("::error title=PrivateWheel PW103::PW103: no Python was found.")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
    assert done.returncode == 2


def test_a_signal_while_python_is_asked_is_not_forgotten(machine: Path) -> None:
    """bash itself forgets one that comes while a child runs that ends well."""
    asked = machine / "asked"
    slow = f'#!/bin/sh\n: > "{asked}"\n/bin/sleep 1\n'
    with start(machine, python3=slow, python=WORKING) as process:
        while not asked.exists():
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate()
    assert (process.returncode, stdout, stderr) == (130, "", "")


def test_a_python_that_is_just_starting_shows_no_traceback(machine: Path) -> None:
    started = machine / "started"
    code = f"import time; open({str(started)!r}, 'w'); time.sleep(60)"
    (machine / "an action" / "entrypoint.py").write_text(code, encoding="utf-8")
    with start(machine, python3=WORKING) as process:
        while not started.exists():
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate()
    assert (process.returncode, stdout, stderr) == (-signal.SIGINT, "", "")


def test_the_entrypoint_takes_standard_error_back(machine: Path) -> None:
    action = machine / "an action"
    shutil.copy(ROOT / "entrypoint.py", action)
    for name in ("requirements", "src"):
        (action / name).symlink_to(ROOT / name)
    done = run(machine, python3=WORKING)
    assert done.stdout == ""
    assert done.stderr.startswith("Preparing the runtime")
    assert "error: PW105: the cache directory" in done.stderr
