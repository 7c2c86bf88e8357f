"""What the plan says about the lines of your file."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest

from private_wheel.environment.base import read_base
from private_wheel.environment.model import environment_of
from private_wheel.wheels.wheel import Wheel
from tests.unit.environment.extending import (
    CONFIG,
    INDEX,
    LINE,
    URL,
    published,
)


def changes(wheel: Wheel, name: str, text: str) -> list[str]:
    """The plan's lines, without the name of the file."""
    Path(name).write_text(text)
    config = dataclasses.replace(CONFIG, python_version="", base=read_base(name, Path.cwd()))
    found = environment_of(config, published(wheel), URL).changes
    assert all(line.startswith(f"{name}, line ") for line in found)
    return [line.removeprefix(f"{name}, line ") for line in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("six\n", [f"1: + {INDEX}", f"2: + {LINE}"]),
        (f"{INDEX}\n{LINE}\n", []),
        # a replaced line, and one that goes
        (
            "six\n  acme_forecast>=1  # ours\n\nattrs\nacme-forecast\n# end\n",
            [
                f"1: + {INDEX}",
                "2: -   acme_forecast>=1  # ours",
                f"2: +   {LINE}  # ours",
                "5: - acme-forecast",
            ],
        ),
        # the second mention is what the first becomes
        (
            f"{INDEX}\nacme-forecast\nsix\n{LINE}\nattrs\n",
            ["2: - acme-forecast", f"2: + {LINE}", f"4: - {LINE}"],
        ),
        (f"{INDEX}\n{LINE}\nsix\n{LINE}\nattrs\n", [f"4: - {LINE}"]),
        # lines that repeat
        (
            "#\nacme-forecast>1\n#\n#\n",
            [f"1: + {INDEX}", "2: - acme-forecast>1", f"2: + {LINE}"],
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
        f"1: + {INDEX}",
        f"{1 + text.count(line) + 1 if line == 'a==1' else 2}: + {LINE}",
    ]


def test_the_lines_that_change_are_shown_without_a_login(wheel: Wheel, checkout: Path) -> None:
    url = "git+https://somebody@dev.azure.com/acme/_git/forecast#egg=acme-forecast"
    text = f"acme-forecast\n    {url}  # by https://somebody@dev.azure.com/\n"
    assert changes(wheel, "train.txt", text) == [
        "1: - acme-forecast",
        "2: -     git+https://…@dev.azure.com/acme/_git/forecast#egg=acme-forecast # by https://…@dev.azure.com/",
        f"1: + {INDEX}",
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
