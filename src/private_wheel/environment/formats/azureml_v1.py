"""The directory that SDK v1's `Environment.load_from_directory` reads.

Source: azureml-core 1.61, azureml/core/environment.py. It takes a file without `python` and
`docker` for a reference to a registered environment, and has no description and no tags.
"""

from __future__ import annotations

import json

from private_wheel.environment.model import Environment


def azureml_v1_files(environment: Environment) -> dict[str, str]:
    """Return the text of each file by its name in the directory."""
    settings = {
        "name": environment.content.name,
        "version": environment.content.version,
        "python": {"userManagedDependencies": False},
        "docker": {"baseImage": environment.content.image},
    }
    return {
        # In ASCII: the SDK reads it in the encoding of the machine.
        "azureml_environment.json": json.dumps(settings, indent=4) + "\n",
        "conda_dependencies.yml": environment.content.conda,
    }
