"""Names of the extension and its task: for users, and for a trial in the same organisation."""

from __future__ import annotations

import re
from enum import Enum

from private_wheel import __version__

PUBLISHER = "private-wheel"
PAGE = "https://github.com/private-wheel/private-wheel"
SUMMARY = (
    "Build a Python package, publish it to a private feed, let Azure Machine Learning workspaces "
    "read it, and get the environment file that installs it."
)


class Edition(Enum):
    """The value is the extension's id. Neither it nor the task's id ever changes."""

    REAL = "private-wheel"
    TRIAL = "private-wheel-trial"

    @property
    def task_id(self) -> str:
        return {
            Edition.REAL: "fbbd950c-b197-4141-bba3-7d4b3140a637",
            Edition.TRIAL: "0d7a3a5e-5f3c-4c0e-9b2a-6f2e7f6d1c58",
        }[self]

    @property
    def task_name(self) -> str:
        return {Edition.REAL: "PrivateWheel", Edition.TRIAL: "PrivateWheelTrial"}[self]


def version_parts() -> tuple[int, int, int]:
    """The program's version as the three numbers that Azure DevOps takes."""
    major, minor, patch = re.findall(r"\d+", __version__)[:3]
    return int(major), int(minor), int(patch)
