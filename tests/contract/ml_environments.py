"""Uses azure-ai-ml's environments as its users do, and prints what it saw as JSON. A process of its
own."""

import json
import sys

from azure.ai.ml import load_environment
from azure.core.exceptions import HttpResponseError
from ml_sign_in import open_client


def seen(environment):
    return {
        "image": environment.image,
        "conda_file": environment.conda_file,
        "tags": dict(environment.tags or {}),
        "description": environment.description,
    }


def main(subscription, group, fresh, ours, *files):
    clients = [open_client(subscription, group, name) for name in (fresh, ours)]
    result = {"created": {}, "read": {}, "again": {}}
    for file in files:
        environment = load_environment(file)
        name, version = environment.name, environment.version
        result["created"][name] = seen(clients[0].environments.create_or_update(environment))
        result["read"][name] = seen(clients[1].environments.get(name, version=version))
        result["again"][name] = seen(
            clients[1].environments.create_or_update(load_environment(file))
        )
    first = clients[0].environments
    environment = load_environment(files[0])
    environment.image = "example.invalid/other:1"
    try:
        first.create_or_update(environment)
        result["changed"] = "accepted"
    except HttpResponseError as error:
        result["changed"] = error.status_code
    for number in ("one", "two", "three"):
        environment.version = number
        first.create_or_update(environment)
    first.archive(environment.name, version="two")
    listed = [one.version for one in first.list(name=environment.name)]
    every = [one.version for one in first.list(name=environment.name, list_view_type="All")]
    first.restore(environment.name, version="two")
    restored = [one.version for one in first.list(name=environment.name)]
    result["listed"] = {"active": listed, "all": every, "restored": restored}
    result["latest"] = first.get(environment.name, label="latest").version
    result["names"] = sorted(one.name for one in first.list())
    print(json.dumps(result, default=str))


main(*sys.argv[1:])
