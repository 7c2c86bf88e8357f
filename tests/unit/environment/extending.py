"""What the tests of extended environments have in common: one package, one index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from private_wheel.environment.addition import Addition, Package
from private_wheel.environment.extension import Extended
from private_wheel.environment.wrong_file import WrongFile

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
