"""One machine for all tests: the extension packed and unpacked once, a tool cache whose runtime is
made once."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from entrypoint import BASE_PYTHON
from sandbox import Sandbox
from scripts import extension
from scripts.metadata.names import Edition
from scripts.set_up import ROOT
from tests.extension.task import Machine, Task

TaskMaker = Callable[..., Task]


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[Edition, Path]:
    """Both extensions, made by the tool that publishes them."""
    if not (ROOT / "node_modules" / "tfx-cli").is_dir():
        pytest.fail("tfx-cli is not installed: run make tools.", pytrace=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extension, "PLACE", tmp_path_factory.mktemp("packages"))
        return {edition: extension.pack(edition) for edition in Edition}


@pytest.fixture(scope="session")
def machine(packages: dict[Edition, Path], tmp_path_factory: pytest.TempPathFactory) -> Machine:
    root = tmp_path_factory.mktemp("agent") / "Agent für alle"
    with zipfile.ZipFile(packages[Edition.REAL]) as package:
        package.extractall(root / "extension")
    programs = root / "bin"
    programs.mkdir()
    links = {
        "python3": BASE_PYTHON,
        **{name: shutil.which(name) for name in ("git", "sleep", "sh", "env")},
    }
    for name, target in links.items():
        assert target, f"{name} is not on PATH"
        (programs / name).symlink_to(target)
    return Machine(task=root / "extension" / "task", tools=root / "tools", programs=programs)


@pytest.fixture
def new_task(machine: Machine, sandbox: Sandbox, tmp_path: Path) -> Iterator[TaskMaker]:
    """`new_task(name, host_type=…, branch=…)` makes a step with a checkout of its own."""

    made: list[Task] = []

    def make(name: str = "work é", **settings: Any) -> Task:
        made.append(Task(machine=machine, sandbox=sandbox, directory=tmp_path / name, **settings))
        return made[-1]

    yield make
    for task in made:
        for running in task.running:
            running.kill()


@pytest.fixture
def task(new_task: TaskMaker) -> Task:
    """A step whose checkout holds nothing yet."""
    return new_task()


@pytest.fixture
def wheel_task(task: Task, tiny_wheel: Callable[..., Path]) -> Task:
    """A step whose checkout holds one ready wheel, acme-forecast 1.2.3: no build, so the run is
    quick."""
    shutil.copy(tiny_wheel(), task.checkout)
    return task
