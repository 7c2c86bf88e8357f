"""A wheel to publish."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from private_wheel.wheels.wheel import Wheel, read_wheel


@pytest.fixture
def wheel(tiny_wheel: Callable[..., Path]) -> Wheel:
    return read_wheel(tiny_wheel())
