"""Azure ML's environment YAML (v2), for `az ml environment create --file` and `load_environment`.

Source: https://learn.microsoft.com/azure/machine-learning/reference-yaml-environment
"""

from __future__ import annotations

from private_wheel.environment.conda import conda_content, to_yaml
from private_wheel.environment.model import Environment

_SCHEMA = "https://azuremlschemas.azureedge.net/latest/environment.schema.json"


def azureml_yaml(environment: Environment) -> str:
    """One file that stands for itself: the conda part is inside."""
    content = {
        "$schema": _SCHEMA,
        "name": environment.name,
        "version": environment.version,
        "image": environment.image,
        "conda_file": conda_content(environment),
    }
    return to_yaml(content)
