"""The launcher on machines that are not ready: a clear line each, one issue, a task that failed,
exit status 0."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from entrypoint import BASE_PYTHON
from tests.extension.task import Machine, Run, Task

OLD_PYTHON = Path.home() / ".pyenv" / "versions" / "3.9.18" / "bin" / "python3.9"
# Says what a Python of that version says to the question, and then does as the lines behind it.
ANSWER = ('if [ "$1" = -c ]; then echo python 3 12; exit; fi',)
NOWHERE = {
    "PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": "http://127.0.0.1:9/simple/", "PIP_EXTRA_INDEX_URL": "",
    "PIP_FIND_LINKS": "", "PIP_RETRIES": "0", "UV_INDEX_URL": "http://127.0.0.1:9/simple/", "UV_OFFLINE": "1",
}  # fmt: skip


@pytest.fixture
def bare_task(wheel_task: Task, tmp_path: Path) -> Task:
    """On a machine that has nothing on its PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    wheel_task.machine = replace(wheel_task.machine, programs=programs)
    return wheel_task


def add_program(task: Task, name: str, *lines: str) -> Path:
    program = task.machine.programs / name
    program.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    program.chmod(0o755)
    return program


def run(task: Task, **settings: object) -> Run:
    return task.run(inputs={**task.feed_inputs(), "package": "*.whl"}, **settings)


def check_failure(ended: Run, *words: str) -> None:
    assert (ended.status, ended.outcome.result, ended.unmeant) == (0, "Failed", []), str(ended)
    assert not [word for word in words if word not in ended.error], ended.error
    assert "Traceback" not in ended.log
    assert "\n" not in ended.error.strip()


class TestPython:
    def test_none(self, bare_task: Task) -> None:
        check_failure(run(bare_task), "PW103", "no Python was found", "UsePythonVersion@0")

    @pytest.mark.skipif(not OLD_PYTHON.exists(), reason="no Python 3.9 is here")
    def test_an_old_one(self, bare_task: Task) -> None:
        (bare_task.machine.programs / "python3").symlink_to(OLD_PYTHON)
        check_failure(run(bare_task), "PW103", "3.9", "too old", "3.10", "UsePythonVersion@0")

    @pytest.mark.parametrize("version", ["2 7", "3 9", "3 6"])
    def test_an_older_one(self, bare_task: Task, version: str) -> None:
        add_program(bare_task, "python", f"echo python {version}")
        check_failure(run(bare_task), "PW103", version.replace(" ", "."), "too old")

    @pytest.mark.parametrize(
        "lines", [("exit 49",), ("echo Python was not found >&2; exit 49",), ("exit 0",)]
    )
    def test_a_stub(self, bare_task: Task, lines: tuple[str, ...]) -> None:
        """Windows has one that says nothing on standard output and exits with 9009."""
        add_program(bare_task, "python3", *lines)
        ended = run(bare_task)
        check_failure(ended, "PW103", "UsePythonVersion@0")

    @pytest.mark.parametrize(
        "first", ["echo python 3 9", "exit 49", "echo python 2 7", "kill -9 $$", "echo nonsense"]
    )
    def test_the_second_one_is_right(self, bare_task: Task, first: str) -> None:
        add_program(bare_task, "python3", first)
        (bare_task.machine.programs / "python").symlink_to(BASE_PYTHON)
        ended = run(bare_task)
        assert ended.succeeded(), str(ended)

    def test_one_that_vanishes(self, bare_task: Task) -> None:
        """It is there for the question and gone when it is started: one issue and one end all the
        same."""
        program = add_program(bare_task, "python3", "echo python 3 12")
        program.write_text(f'#!/bin/sh\n/bin/rm "{program}"\necho python 3 12\n')
        check_failure(run(bare_task), "PW103", "does not start")

    def test_the_checkout_is_not_searched(self, bare_task: Task) -> None:
        programs, modules = (
            ("python3", "python", "python3.exe"),
            ("sys.py", "pip.py", "os.py", "sitecustomize.py"),
        )
        texts = dict.fromkeys(programs, "#!/bin/sh\n/usr/bin/touch asked\necho python 3 12\n")
        texts |= dict.fromkeys(modules, "open('asked', 'w')\n")
        for name, text in texts.items():
            (bare_task.checkout / name).write_text(text)
            (bare_task.checkout / name).chmod(0o755)
        (bare_task.machine.programs / "python").symlink_to(BASE_PYTHON)
        assert run(bare_task).succeeded()
        assert not (bare_task.checkout / "asked").exists()


class TestEntrypoint:
    def test_a_tool_cache_that_cannot_be_written(self, wheel_task: Task, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        wheel_task.machine = replace(wheel_task.machine, tools=tmp_path / "file" / "tools")
        check_failure(run(wheel_task), "PW105", "AGENT_TOOLSDIRECTORY")

    def test_an_index_that_is_out_of_reach(self, wheel_task: Task, tmp_path: Path) -> None:
        wheel_task.machine = replace(wheel_task.machine, tools=tmp_path / "tools")
        ended = run(wheel_task, environ={**NOWHERE, "HOME": str(tmp_path)})
        assert (ended.status, ended.outcome.result, ended.unmeant) == (0, "Failed", []), str(ended)
        assert ended.error.startswith("PW601")

    @pytest.mark.parametrize("kind", ["cache", "index"])
    def test_its_errors_have_their_code(self, wheel_task: Task, tmp_path: Path, kind: str) -> None:
        """As all others have: pages and scripts look for it."""
        tools = tmp_path / "tools"
        if kind == "cache":
            tools.write_text("")
        wheel_task.machine = replace(wheel_task.machine, tools=tools)
        ended = run(
            wheel_task, environ={**NOWHERE, "HOME": str(tmp_path)} if kind == "index" else {}
        )
        assert [issue.code for issue in ended.outcome.errors] == [
            {"cache": "PW105", "index": "PW601"}[kind]
        ]

    def test_an_old_python_that_got_through(self, bare_task: Task) -> None:
        """Its answer was for another one."""
        if not OLD_PYTHON.exists():
            pytest.skip("no Python 3.9 is here")
        add_program(bare_task, "python3", *ANSWER, f'exec "{OLD_PYTHON}" "$@"')
        check_failure(run(bare_task), "PW103", "3.9")

    @pytest.mark.parametrize("words", ["kill -9 $$", "kill -11 $$", "exit 1", "exit 127"])
    def test_python_dies_without_a_word(self, bare_task: Task, words: str) -> None:
        """Out of memory, or broken: a step that is red without a reason helps nobody."""
        add_program(bare_task, "python3", *ANSWER, words)
        ended = run(bare_task)
        assert (ended.status, ended.outcome.result) == (0, "Failed"), str(ended)
        assert "no Python was found" not in ended.log
        assert len(ended.outcome.errors) == 1, str(ended)

    def test_it_is_not_there(self, wheel_task: Task, machine: Machine, tmp_path: Path) -> None:
        """An agent's copy of the task that is damaged."""
        copy = Path(shutil.copytree(machine.task, tmp_path / "damaged"))
        (copy / "entrypoint.py").unlink()
        wheel_task.machine = replace(machine, task=copy)
        ended = run(wheel_task)
        assert (ended.status, ended.outcome.result) == (0, "Failed"), str(ended)
        assert len(ended.outcome.errors) == 1, str(ended)
