"""The few lines of shell in action.yml, run as GitHub's runner does (ScriptHandlerHelpers.cs)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
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


def run(machine: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    for name, text in programs.items():
        (machine / "bin" / name).write_text(text, encoding="utf-8")
        (machine / "bin" / name).chmod(0o755)
    bash = shutil.which("bash")
    assert bash
    environ = {
        "PATH": str(machine / "bin"),
        "GITHUB_ACTION_PATH": str(machine / "an action"),
        "INPUT_FEED": "a feed; $(exit 1) \"'",
    }
    command = [bash, "--noprofile", "--norc", "-e", "-o", "pipefail", str(machine / "step.sh")]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


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
