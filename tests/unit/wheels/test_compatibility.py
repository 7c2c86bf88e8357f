"""Which wheels an environment takes, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename

from private_wheel.errors import PythonNotSatisfied, WrongPlatform
from private_wheel.wheels.compatibility import best_wheel, platform_warning
from private_wheel.wheels.wheel import Wheel


def wheel(tag: str, requires_python: str = "") -> Wheel:
    path = Path(f"acme_forecast-1.2.3-{tag}.whl")
    return Wheel(
        path=path,
        name="acme-forecast",
        version="1.2.3",
        sha256="0" * 64,
        requires_python=requires_python,
        tags=parse_wheel_filename(path.name)[3],
    )


@pytest.mark.parametrize(
    ("tag", "python_version"),
    [
        ("py3-none-any", "3.12"),
        ("py2.py3-none-any", "3.7"),
        ("py310-none-any", "3.12"),
        ("cp311-cp311-manylinux_2_28_x86_64", "3.11"),
        ("cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", "3.11.9"),
        ("cp311-cp311-manylinux_2_39_x86_64", "3.11"),
        ("cp38-abi3-manylinux1_x86_64", "3.12"),
        ("cp37-cp37m-manylinux2010_x86_64", "3.7"),
        ("cp311-cp311-linux_x86_64", "3.11"),
    ],
)
def test_a_wheel_that_fits(tag: str, python_version: str) -> None:
    one = wheel(tag)
    assert best_wheel([one], python_version) is one


@pytest.mark.parametrize(
    ("tag", "python_version"),
    [
        ("cp311-cp311-manylinux_2_28_x86_64", "3.10"),
        ("cp310-cp310-linux_x86_64", "3.11"),
        ("py312-none-any", "3.11"),
        ("py2-none-any", "3.11"),
        ("cp311-cp311t-manylinux_2_28_x86_64", "3.11"),
    ],
)
def test_a_wheel_for_another_python(tag: str, python_version: str) -> None:
    with pytest.raises(
        PythonNotSatisfied, match=f"{tag.split('-')[0]}.*has Python {python_version}"
    ) as caught:
        best_wheel([wheel(tag)], python_version)
    assert "cibuildwheel" in caught.value.fix
    assert caught.value.input == "python-version"


@pytest.mark.parametrize(
    "platform",
    [
        "win_amd64",
        "macosx_11_0_arm64",
        "manylinux_2_28_aarch64",
        "linux_aarch64",
        "musllinux_1_2_x86_64",
        "win32",
    ],
)
def test_a_wheel_for_another_platform(platform: str) -> None:
    with pytest.raises(
        WrongPlatform, match=f"{platform}; Azure ML's images are Linux on x86_64"
    ) as caught:
        best_wheel([wheel(f"cp311-cp311-{platform}")], "3.11")
    assert "cibuildwheel" in caught.value.fix


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_none_of_which_fits(order: int) -> None:
    wheels = [wheel("cp311-cp311-win_amd64"), wheel("cp310-cp310-manylinux_2_28_x86_64")][::order]
    with pytest.raises(PythonNotSatisfied, match=r"is for cp310-cp310; .* 3\.12"):
        best_wheel(wheels, "3.12")


def test_of_several_the_one_that_an_installer_would_take() -> None:
    tags = (
        "py3-none-any",
        "cp311-cp311-win_amd64",
        "cp311-cp311-manylinux_2_28_x86_64",
        "cp310-cp310-linux_x86_64",
    )
    pure, windows, compiled, other = map(wheel, tags)
    assert best_wheel([pure, windows, compiled, other], "3.11") is compiled
    assert best_wheel([windows, pure, other], "3.11") is pure
    assert best_wheel([pure, windows, compiled, other], "3.10") is other


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
def test_requires_python(requires: str, version: str, satisfied: bool) -> None:
    one = wheel("py3-none-any", requires)
    if satisfied:
        assert best_wheel([one], version) is one
    else:
        with pytest.raises(PythonNotSatisfied, match="requires Python"):
            best_wheel([one], version)


def test_a_wheel_of_one_machines_linux_gets_a_warning() -> None:
    assert "cibuildwheel" in platform_warning(wheel("cp311-cp311-linux_x86_64"))
    assert "needs glibc 2.39" in platform_warning(wheel("cp311-cp311-manylinux_2_39_x86_64"))
    for tag in (
        "cp311-cp311-manylinux_2_28_x86_64",
        "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp311-cp311-manylinux_2_39_x86_64.manylinux_2_28_x86_64",
        "cp311-cp311-linux_x86_64.manylinux_2_28_x86_64",
        "py3-none-any",
    ):
        assert platform_warning(wheel(tag)) == ""
