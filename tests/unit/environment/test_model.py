"""What an environment can have, and where its files may go."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename

from private_wheel.environment.base import read_base
from private_wheel.environment.model import environment_of
from private_wheel.errors import InvalidInputs, PythonNotSatisfied, SeveralWheels, WrongPlatform
from private_wheel.wheels.wheel import Wheel
from tests.unit.environment.extending import (
    CONFIG,
    INDEX,
    URL,
    lines_of,
    published,
)


def tagged(wheel: Wheel, tag: str) -> Wheel:
    path = Path(f"acme_forecast-{wheel.version}-{tag}.whl")
    return dataclasses.replace(wheel, path=path, tags=parse_wheel_filename(path.name)[3])


def test_the_environments_python_decides(wheel: Wheel) -> None:
    wheel = dataclasses.replace(wheel, requires_python=">=3.11")
    assert environment_of(CONFIG, published(wheel), URL).content.python_version == "3.11"
    with pytest.raises(PythonNotSatisfied, match=r"requires Python >=3\.11"):
        environment_of(dataclasses.replace(CONFIG, python_version="3.10"), published(wheel), URL)


def test_the_python_of_the_base_decides_when_none_is_asked_for(
    wheel: Wheel, checkout: Path
) -> None:
    (checkout / "train.yml").write_text("name: train\ndependencies:\n  - python=3.9\n  - pip\n")
    config = dataclasses.replace(CONFIG, python_version="", base=read_base("train.yml", checkout))
    assert environment_of(config, published(wheel), URL).content.python_version == "3.9"
    with pytest.raises(PythonNotSatisfied, match=r"has 3\.9"):
        environment_of(config, published(dataclasses.replace(wheel, requires_python=">=3.10")), URL)


def test_two_versions_of_one_package(wheel: Wheel) -> None:
    with pytest.raises(SeveralWheels):
        environment_of(CONFIG, published(wheel, dataclasses.replace(wheel, version="1.2.4")), URL)


def test_two_files_of_one_version_are_one_line(wheel: Wheel) -> None:
    windows = tagged(wheel, "cp311-cp311-win_amd64")
    lines = lines_of(environment_of(CONFIG, published(windows, wheel), URL).content)
    assert lines == (INDEX, "acme-forecast==1.2.3")


def test_of_two_files_by_url_the_one_that_fits(wheel: Wheel) -> None:
    compiled, windows = (
        tagged(wheel, "cp311-cp311-manylinux_2_28_x86_64"),
        tagged(wheel, "cp311-cp311-win_amd64"),
    )
    results = published(windows, wheel, compiled, url="https://acme.invalid/wheels")
    environment = environment_of(CONFIG, results, "")
    assert lines_of(environment.content) == (results[2].requirement,)
    assert environment.results == (results[2],)


def test_a_wheel_for_another_platform(wheel: Wheel) -> None:
    with pytest.raises(WrongPlatform):
        environment_of(CONFIG, published(tagged(wheel, "cp311-cp311-win_amd64")), URL)


@pytest.mark.parametrize("name", ["azureml-thing", "Microsoft.Thing"])
def test_a_package_whose_name_only_azure_may_give(wheel: Wheel, name: str) -> None:
    wheel = dataclasses.replace(wheel, name=name)
    with pytest.raises(InvalidInputs, match="environment-name"):
        environment_of(CONFIG, published(wheel), URL)
    assert (
        environment_of(dataclasses.replace(CONFIG, name="mine"), published(wheel), URL).content.name
        == "mine"
    )


@pytest.mark.parametrize(
    ("image", "moves"),
    [
        ("acme.invalid/base", True),
        ("acme.invalid:5000/base", True),
        ("acme.invalid/base:latest", True),
        ("acme.invalid/base:20251130.v1", False),
        ("acme.invalid:5000/base@sha256:00", False),
        ("", False),
    ],
)
def test_a_moving_image_gets_a_warning(wheel: Wheel, image: str, moves: bool) -> None:
    environment = environment_of(dataclasses.replace(CONFIG, image=image), published(wheel), URL)
    assert [image in warning for warning in environment.warnings] == [True] * moves


def test_a_wheel_of_one_machines_linux_gets_a_warning(wheel: Wheel) -> None:
    environment = environment_of(CONFIG, published(tagged(wheel, "cp311-cp311-linux_x86_64")), URL)
    assert ["cibuildwheel" in warning for warning in environment.warnings] == [True]


def test_what_the_base_cannot_take_is_told_with_its_place(wheel: Wheel, checkout: Path) -> None:
    (checkout / "train.txt").write_text("six\n./lib\n")
    config = dataclasses.replace(CONFIG, base=read_base("train.txt", checkout))
    with pytest.raises(InvalidInputs, match=r"environment-base: train\.txt, line 2") as caught:
        environment_of(config, published(wheel), URL)
    assert (caught.value.path, caught.value.line) == ("train.txt", 2)


def test_hashes_of_all_files_of_a_version(wheel: Wheel, checkout: Path) -> None:
    """pip may take either where the index has both."""
    (checkout / "train.txt").write_text("attrs==1 --hash=sha256:aa\n")
    windows = dataclasses.replace(tagged(wheel, "cp311-cp311-win_amd64"), sha256="f" * 64)
    config = dataclasses.replace(CONFIG, base=read_base("train.txt", checkout))
    first, second = sorted((wheel.sha256, "f" * 64))
    lines = lines_of(environment_of(config, published(wheel, windows), URL).content)
    assert lines[-1] == f"acme-forecast==1.2.3 --hash=sha256:{first} --hash=sha256:{second}"


@pytest.mark.parametrize("url", ["", "https://acme.invalid/wheels"])
def test_what_goes_in_as_planned_is_not_made_again(
    wheel: Wheel, checkout: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """Even if the first of several wheels is not the one that was chosen."""
    (checkout / "train.txt").write_text("six\n")
    config = dataclasses.replace(CONFIG, base=read_base("train.txt", checkout))
    windows = tagged(wheel, "cp311-cp311-win_amd64")
    planned = environment_of(config, published(windows, wheel, url=url), URL)
    done = [
        dataclasses.replace(result, url="seen") for result in published(windows, wheel, url=url)
    ]
    environment = environment_of(config, done, URL, planned)
    assert environment.content is planned.content
    assert environment.changes == planned.changes
    assert [result.url for result in environment.results] == ["seen"]


def test_what_goes_in_in_another_way_is_made_again(wheel: Wheel) -> None:
    planned = environment_of(CONFIG, published(wheel), URL)
    done = published(wheel, url="https://acme.invalid/wheels")
    environment = environment_of(CONFIG, done, URL, planned)
    assert lines_of(environment.content)[-1] == done[0].requirement
    assert environment == environment_of(CONFIG, done, URL)
