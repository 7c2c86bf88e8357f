"""Loads and registers environments with azure-ai-ml as its users do, and prints as JSON which keys
it knows, and what it saw of each file.

A process of its own: it reads variables early.
"""

import json
import sys

from azure.ai.ml import load_environment
from azure.ai.ml._schema.assets.environment import EnvironmentSchema
from ml_sign_in import open_client


def seen(environment):
    return {
        "name": environment.name,
        "version": environment.version,
        "image": environment.image,
        "conda_file": environment.conda_file,
        "description": environment.description,
        "tags": environment.tags,
        "inference_config": environment._to_dict().get("inference_config"),
    }


def main(subscription, group, workspace, *files):
    client = open_client(subscription, group, workspace)
    results = []
    for number, file in enumerate(files):
        loaded = load_environment(file)
        found = {"loaded": seen(loaded)}
        loaded.version += (
            f".{number}"  # a version is registered once, and several files have one name
        )
        client.environments.create_or_update(loaded)
        results.append(
            {
                **found,
                "registered": seen(client.environments.get(loaded.name, version=loaded.version)),
            }
        )
    fields = EnvironmentSchema(context={"base_path": "."}).fields.items()
    print(
        json.dumps({"keys": [field.data_key or name for name, field in fields], "files": results})
    )


main(*sys.argv[1:])
