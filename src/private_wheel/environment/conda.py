"""The conda file: what Azure ML builds the image's Python from.

Source: https://learn.microsoft.com/azure/machine-learning/how-to-use-environments
"""

from __future__ import annotations

import io
from typing import Any

from private_wheel.environment.model import Environment

# Unpinned, a new pip would change old images: https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-environments
_PIP = "pip=25.2"


def conda_content(environment: Environment) -> dict[str, Any]:
    """The conda file as plain data."""
    return {
        "name": environment.name,
        "channels": ["conda-forge"],
        "dependencies": [f"python={environment.python_version}", _PIP, {"pip": list(environment.pip_lines)}],
    }


def conda_yaml(environment: Environment) -> str:
    return to_yaml(conda_content(environment))


def to_yaml(content: dict[str, Any]) -> str:
    """YAML in the order of `content`, without line folding: the same text every time."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    yaml.dump(content, text)
    return text.getvalue()
