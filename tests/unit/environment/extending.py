"""What the tests of environments have in common: one package, one index, and how to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from private_wheel.environment.addition import Addition, Package
from private_wheel.environment.base import Base
from private_wheel.environment.config import EnvironmentConfig
from private_wheel.environment.extension import Extended
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.publish.route import Result
from private_wheel.wheels.wheel import Wheel

URL = "https://pkgs.dev.azure.com/acme/_packaging/python/pypi/simple/"
INDEX = f"--extra-index-url {URL}"
WHEEL = "https://acme.blob.core.windows.net/wheels/acme_forecast-1.2.3-py3-none-any.whl"
SHA = "ab" * 32
LINE = "acme-forecast==1.2.3"
PACKAGE = Package(name="acme-forecast", line=LINE, sha256=(SHA,))
ADDITION = Addition(
    name="",
    version="7",
    image="",
    python_version="",
    default_python="3.11",
    index_option="--extra-index-url",
    index_url=URL,
    packages=(PACKAGE,),
)
Make = Callable[..., Extended]


def refused(make: Make, text: str, file: str = "base.yml", **changes: Any) -> WrongFile:
    with pytest.raises(WrongFile) as caught:
        make(text, file, **changes)
    return caught.value


def lines_of(extended: Extended) -> tuple[str, ...]:
    """Return what pip reads, line by line."""
    return tuple(line.text for line in extended.pip_lines)


Reader = Callable[..., Base]


def unreadable(read: Reader, text: str | bytes, name: str = "base.yml") -> WrongFile:
    with pytest.raises(WrongFile) as caught:
        read(text, name)
    error = caught.value
    where = f"{error.path}, line {error.line}: " if error.line else f"{error.path} "
    assert str(error).startswith(where)
    return error


CONFIG = EnvironmentConfig(
    name="",
    version="",
    image="example.invalid/base:1",
    formats=("conda",),
    directory="out",
    python_version="3.11",
    index_mode="extra",
)


def published(*wheels: Wheel, url: str = "") -> list[Result]:
    """Return results by name, or by URL below `url`."""
    results = []
    for wheel in wheels:
        requirement = wheel.requirement
        if url:
            address = f"{url}/{wheel.file_name}#sha256={wheel.sha256}"
            requirement = f"{wheel.name} @ {address}"
        result = Result(
            wheel=wheel, outcome="published", sha256=wheel.sha256, requirement=requirement
        )
        results.append(result)
    return results
