"""What an environment can have, and where its files may go."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from private_wheel.config import EnvironmentConfig
from private_wheel.environment.directory import check_directory, write_whole
from private_wheel.environment.model import check_environment, environment_of
from private_wheel.errors import InvalidInputs, PythonNotSatisfied, SeveralWheels
from private_wheel.publish import Result
from private_wheel.wheel import Wheel, read_wheel

CONFIG = EnvironmentConfig(
    name="",
    version="",
    image="example.invalid/base:1",
    formats=("conda",),
    directory="out",
    python_version="3.11",
    index_mode="extra",
)


@pytest.fixture
def wheel(tiny_wheel: Callable[..., Path]) -> Wheel:
    return read_wheel(tiny_wheel())


@pytest.mark.parametrize(
    ("requires", "version", "satisfied"),
    [
        ("", "3.11", True),
        (">=3.10", "3.11", True),
        (">=3.11.5", "3.11", True),
        (">=3.11.5", "3.11.4", False),
        ("<3.11", "3.11", False),
        (">=3.12", "3.11", False),
    ],
)
def test_the_environments_python(wheel: Wheel, requires: str, version: str, satisfied: bool) -> None:
    config = dataclasses.replace(CONFIG, python_version=version)
    wheel = dataclasses.replace(wheel, requires_python=requires)
    if satisfied:
        check_environment(config, [wheel])
    else:
        with pytest.raises(PythonNotSatisfied, match="requires Python"):
            check_environment(config, [wheel])


def test_two_versions_of_one_package(wheel: Wheel) -> None:
    with pytest.raises(SeveralWheels):
        check_environment(CONFIG, [wheel, dataclasses.replace(wheel, version="1.2.4")])


def test_two_files_of_one_version_are_one_line(wheel: Wheel) -> None:
    other = dataclasses.replace(wheel, path=Path("acme_forecast-1.2.3-cp311-cp311-win_amd64.whl"))
    check_environment(CONFIG, [wheel, other])
    results = [
        Result(wheel=one, outcome="published", sha256=one.sha256, requirement=one.requirement) for one in (wheel, other)
    ]
    lines = environment_of(CONFIG, results, "https://example.invalid/simple/").pip_lines
    assert lines == ("--extra-index-url https://example.invalid/simple/", "acme-forecast==1.2.3")


def test_two_files_of_one_version_that_no_index_chooses_from(wheel: Wheel) -> None:
    other = dataclasses.replace(wheel, path=Path("acme_forecast-1.2.3-cp311-cp311-win_amd64.whl"))
    with pytest.raises(SeveralWheels, match="win_amd64"):
        check_environment(CONFIG, [wheel, other], by_url=True)


@pytest.mark.parametrize("name", ["azureml-thing", "Microsoft.Thing"])
def test_a_package_whose_name_only_azure_may_give(wheel: Wheel, name: str) -> None:
    wheel = dataclasses.replace(wheel, name=name)
    with pytest.raises(InvalidInputs, match="environment-name"):
        check_environment(CONFIG, [wheel])
    check_environment(dataclasses.replace(CONFIG, name="mine"), [wheel])


@pytest.mark.parametrize("kind", ["file", "link", "loop", "below a file"])
def test_a_directory_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")
    out = Path("out")
    {
        "file": lambda: out.write_text(""),
        "link": lambda: out.symlink_to(tmp_path),
        "loop": lambda: out.symlink_to("out"),
        "below a file": lambda: out.write_text(""),
    }[kind]()
    with pytest.raises(ValueError, match="out"):
        check_directory("out/inside" if kind == "below a file" else "out")


def test_a_link_in_the_place_of_a_file_is_replaced(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("untouched")
    (tmp_path / "conda.yml").symlink_to(elsewhere)
    write_whole(tmp_path / "conda.yml", "new\n")
    assert elsewhere.read_text() == "untouched"
    assert (tmp_path / "conda.yml").read_bytes() == b"new\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conda.yml", "elsewhere"]
