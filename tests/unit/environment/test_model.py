"""What an environment can have, and where its files may go."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename

from private_wheel.environment.base import read_base
from private_wheel.environment.config import EnvironmentConfig
from private_wheel.environment.formats.directory import check_directory, write_whole
from private_wheel.environment.model import environment_of
from private_wheel.errors import InvalidInputs, PythonNotSatisfied, SeveralWheels, WrongPlatform
from private_wheel.publish.route import Result
from private_wheel.wheels.wheel import Wheel, read_wheel
from tests.unit.environment.extending import lines_of

INDEX = "https://acme.invalid/simple/"
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


def published(*wheels: Wheel, url: str = "") -> list[Result]:
    """By name from an index, or by URL below `url`."""
    return [
        Result(
            wheel=one,
            outcome="published",
            sha256=one.sha256,
            requirement=f"{one.name} @ {url}/{one.file_name}#sha256={one.sha256}"
            if url
            else one.requirement,
        )
        for one in wheels
    ]


def tagged(wheel: Wheel, tag: str) -> Wheel:
    path = Path(f"acme_forecast-{wheel.version}-{tag}.whl")
    return dataclasses.replace(wheel, path=path, tags=parse_wheel_filename(path.name)[3])


def test_the_environments_python_decides(wheel: Wheel) -> None:
    wheel = dataclasses.replace(wheel, requires_python=">=3.11")
    assert environment_of(CONFIG, published(wheel), INDEX).content.python_version == "3.11"
    with pytest.raises(PythonNotSatisfied, match=r"requires Python >=3\.11"):
        environment_of(dataclasses.replace(CONFIG, python_version="3.10"), published(wheel), INDEX)


def test_the_python_of_the_base_decides_when_none_is_asked_for(
    wheel: Wheel, checkout: Path
) -> None:
    (checkout / "train.yml").write_text("name: train\ndependencies:\n  - python=3.9\n  - pip\n")
    config = dataclasses.replace(CONFIG, python_version="", base=read_base("train.yml", checkout))
    assert environment_of(config, published(wheel), INDEX).content.python_version == "3.9"
    with pytest.raises(PythonNotSatisfied, match=r"has 3\.9"):
        environment_of(
            config, published(dataclasses.replace(wheel, requires_python=">=3.10")), INDEX
        )


def test_two_versions_of_one_package(wheel: Wheel) -> None:
    with pytest.raises(SeveralWheels):
        environment_of(CONFIG, published(wheel, dataclasses.replace(wheel, version="1.2.4")), INDEX)


def test_two_files_of_one_version_are_one_line(wheel: Wheel) -> None:
    windows = tagged(wheel, "cp311-cp311-win_amd64")
    lines = lines_of(environment_of(CONFIG, published(windows, wheel), INDEX).content)
    assert lines == (f"--extra-index-url {INDEX}", "acme-forecast==1.2.3")


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
        environment_of(CONFIG, published(tagged(wheel, "cp311-cp311-win_amd64")), INDEX)


@pytest.mark.parametrize("name", ["azureml-thing", "Microsoft.Thing"])
def test_a_package_whose_name_only_azure_may_give(wheel: Wheel, name: str) -> None:
    wheel = dataclasses.replace(wheel, name=name)
    with pytest.raises(InvalidInputs, match="environment-name"):
        environment_of(CONFIG, published(wheel), INDEX)
    assert (
        environment_of(
            dataclasses.replace(CONFIG, name="mine"), published(wheel), INDEX
        ).content.name
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
    environment = environment_of(dataclasses.replace(CONFIG, image=image), published(wheel), INDEX)
    assert [image in warning for warning in environment.warnings] == [True] * moves


def test_a_wheel_of_one_machines_linux_gets_a_warning(wheel: Wheel) -> None:
    environment = environment_of(
        CONFIG, published(tagged(wheel, "cp311-cp311-linux_x86_64")), INDEX
    )
    assert ["cibuildwheel" in warning for warning in environment.warnings] == [True]


def test_what_the_base_cannot_take_is_told_with_its_place(wheel: Wheel, checkout: Path) -> None:
    (checkout / "train.txt").write_text("six\n./lib\n")
    config = dataclasses.replace(CONFIG, base=read_base("train.txt", checkout))
    with pytest.raises(InvalidInputs, match=r"environment-base: train\.txt, line 2") as caught:
        environment_of(config, published(wheel), INDEX)
    assert (caught.value.path, caught.value.line) == ("train.txt", 2)


@pytest.mark.parametrize("kind", ["file", "link", "loop", "below a file"])
def test_a_directory_that_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")
    out = Path("out")
    if kind in ("link", "loop"):
        out.symlink_to(tmp_path if kind == "link" else "out")
    else:
        out.write_text("")
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


def test_hashes_of_all_files_of_a_version(wheel: Wheel, checkout: Path) -> None:
    """pip may take either where the index has both."""
    (checkout / "train.txt").write_text("attrs==1 --hash=sha256:aa\n")
    windows = dataclasses.replace(tagged(wheel, "cp311-cp311-win_amd64"), sha256="f" * 64)
    config = dataclasses.replace(CONFIG, base=read_base("train.txt", checkout))
    first, second = sorted((wheel.sha256, "f" * 64))
    lines = lines_of(environment_of(config, published(wheel, windows), INDEX).content)
    assert lines[-1] == f"acme-forecast==1.2.3 --hash=sha256:{first} --hash=sha256:{second}"


INDEX_LINE = f"--extra-index-url {INDEX}"
LINE = "acme-forecast==1.2.3"


def changes(wheel: Wheel, name: str, text: str) -> list[str]:
    """The plan's lines, without the name of the file."""
    Path(name).write_text(text)
    config = dataclasses.replace(CONFIG, python_version="", base=read_base(name, Path.cwd()))
    found = environment_of(config, published(wheel), INDEX).changes
    assert all(line.startswith(f"{name}, line ") for line in found)
    return [line.removeprefix(f"{name}, line ") for line in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("six\n", [f"1: + {INDEX_LINE}", f"2: + {LINE}"]),
        (f"{INDEX_LINE}\n{LINE}\n", []),
        # a replaced line, and one that goes
        (
            "six\n  acme_forecast>=1  # ours\n\nattrs\nacme-forecast\n# end\n",
            [
                f"1: + {INDEX_LINE}",
                "2: -   acme_forecast>=1  # ours",
                f"2: +   {LINE}  # ours",
                "5: - acme-forecast",
            ],
        ),
        # the second mention is what the first becomes
        (
            f"{INDEX_LINE}\nacme-forecast\nsix\n{LINE}\nattrs\n",
            ["2: - acme-forecast", f"2: + {LINE}", f"4: - {LINE}"],
        ),
        (f"{INDEX_LINE}\n{LINE}\nsix\n{LINE}\nattrs\n", [f"4: - {LINE}"]),
        # lines that repeat
        (
            "#\nacme-forecast>1\n#\n#\n",
            [f"1: + {INDEX_LINE}", "2: - acme-forecast>1", f"2: + {LINE}"],
        ),
    ],
)
def test_the_lines_that_change(
    wheel: Wheel, checkout: Path, text: str, expected: list[str]
) -> None:
    assert changes(wheel, "train.txt", text) == expected


@pytest.mark.parametrize("line", ["#", "a==1"])
def test_many_lines_that_repeat(wheel: Wheel, checkout: Path, line: str) -> None:
    """The time grew with the square of them: over ten seconds for these."""
    text = "six\n" + f"{line}\n" * (9_990 if line == "a==1" else 20_000)
    begun = time.process_time()
    found = changes(wheel, "train.txt", text)
    assert time.process_time() - begun < 8
    assert found == [
        f"1: + {INDEX_LINE}",
        f"{1 + text.count(line) + 1 if line == 'a==1' else 2}: + {LINE}",
    ]


def test_the_lines_that_change_are_shown_without_a_login(wheel: Wheel, checkout: Path) -> None:
    url = "git+https://somebody@dev.azure.com/acme/_git/forecast#egg=acme-forecast"
    text = f"acme-forecast\n    {url}  # by https://somebody@dev.azure.com/\n"
    assert changes(wheel, "train.txt", text) == [
        "1: - acme-forecast",
        "2: -     git+https://…@dev.azure.com/acme/_git/forecast#egg=acme-forecast # by https://…@dev.azure.com/",
        f"1: + {INDEX_LINE}",
        f"1: + {LINE}",
    ]
    flow = "dependencies: [python=3.11, pip, pip: ['git+https://somebody@dev.azure.com/acme/_git/x', acme-forecast]]\n"
    gone, new = changes(wheel, "train.yml", flow)
    assert "somebody" not in gone + new
    assert gone.startswith("1: - dependencies: [python=3.11, pip, ")
    (gone, *_) = changes(wheel, "train.txt", "acme-forecast # \N{RIGHT-TO-LEFT OVERRIDE}ours\n")
    assert gone == "1: - acme-forecast #  ours"


def test_the_lines_that_change_are_shown_whole(wheel: Wheel, checkout: Path) -> None:
    (checkout / "train.txt").write_text(f"{' ' * 90}acme-forecast  # ours, and so on\n")
    config = dataclasses.replace(CONFIG, base=read_base("train.txt", checkout))
    results = published(wheel, url="https://acme.invalid/a-container-with-a-long-name/wheels")
    assert environment_of(config, results, "").changes == (
        f"train.txt, line 1: - {' ' * 90}acme-forecast  # ours, and so on",
        f"train.txt, line 1: + {' ' * 90}{results[0].requirement}  # ours, and so on",
    )
