"""Loads environments as users of SDK v1 do, and prints as JSON what it made of them.

It runs in the SDK's own virtual environment, and for that reason imports nothing of ours. Each
argument is a directory with a conda.yml and an azureml-v1 in it.
"""

import json
import sys
from pathlib import Path

from azureml.core import Environment


def content(environment):
    return Environment._serialize_to_dict(environment)["python"]["condaDependencies"]


def load(directory):
    from_conda = Environment.from_conda_specification("from-conda", str(directory / "conda.yml"))
    whole = Environment.load_from_directory(str(directory / "azureml-v1"))
    return {
        "from_conda": content(from_conda),
        "name": whole.name,
        "version": whole.version,
        "image": whole.docker.base_image,
        "user_managed": whole.python.user_managed_dependencies,
        "conda": content(whole),
    }


print(json.dumps([load(Path(directory)) for directory in sys.argv[1:]]))
