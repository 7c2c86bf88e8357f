"""Environments that are extended in a checkout."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from private_wheel.environment.addition import Addition
from private_wheel.environment.base import Base, read_base
from private_wheel.environment.extension import Extended, extend
from private_wheel.wheels.wheel import Wheel, read_wheel
from tests.unit.environment.extending import ADDITION, LINE, PACKAGE, Make, Reader


@pytest.fixture
def make(checkout: Path) -> Make:
    """`make(text, name, …)` extends the file; twice, for that is the same as once. `line` is the
    package's."""

    def extended(text: str, file: str = "base.yml", line: str = LINE, **changes: Any) -> Extended:
        packages = (dataclasses.replace(PACKAGE, line=line),)
        addition = dataclasses.replace(ADDITION, **{"packages": packages, **changes})
        once = _of(checkout, file, text, addition)
        for field, written in {
            "conda": "c.yml",
            "definition": "d.yml",
            "requirements": "r.txt",
        }.items():
            again = _of(checkout, written, getattr(once, field), addition)
            assert getattr(again, field) == getattr(once, field)
        return once

    return extended


def _of(checkout: Path, file: str, text: str, addition: Addition) -> Extended:
    (checkout / file).parent.mkdir(parents=True, exist_ok=True)
    (checkout / file).write_text(text)
    return extend(read_base(file, checkout), addition)


@pytest.fixture
def read(checkout: Path) -> Reader:
    """`read(text, name)` writes the file and reads it as a base."""

    def reader(text: str | bytes, name: str = "base.yml", **options: list[str]) -> Base:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_base(name, checkout, **options)

    return reader


@pytest.fixture
def wheel(tiny_wheel: Callable[..., Path]) -> Wheel:
    return read_wheel(tiny_wheel())
