"""The settings of the environment files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from private_wheel.environment.base import Base

IndexMode = Literal["extra", "only"]


@dataclass(frozen=True, kw_only=True)
class EnvironmentConfig:
    """The environment files to write.

    Empty `name`, `version`, `image` and `python_version` follow `base`, your own file, if there is
    one, and the package.
    """

    base: Base | None = None
    name: str
    version: str
    image: str
    formats: tuple[str, ...]
    directory: str
    python_version: str
    index_mode: IndexMode
    register: bool = False
