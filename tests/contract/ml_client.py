"""Uses azure-ai-ml as its users do, and prints what it saw as JSON. A process of its own: it reads
variables early."""

import json
import os
import sys

from azure.ai.ml.entities import (
    Environment,
    PatTokenConfiguration,
    UsernamePasswordConfiguration,
    WorkspaceConnection,
)
from azure.core.exceptions import HttpResponseError
from ml_sign_in import open_client


def main(subscription: str, group: str, workspace: str, target: str) -> None:
    pat = os.environ["FEED_TOKEN"]
    client = open_client(subscription, group, workspace)
    with_pat = PatTokenConfiguration(pat=pat)
    with_password = UsernamePasswordConfiguration(username="builder", password=pat)
    for name, credentials in (
        ("with-pat", with_pat),
        ("with-password", with_password),
        ("third", with_pat),
    ):
        client.connections.create_or_update(
            WorkspaceConnection(
                name=name, type="python_feed", target=f"{target}/{name}", credentials=credentials
            )
        )
    listed = sorted(
        connection.name for connection in client.connections.list(connection_type="python_feed")
    )
    got = client.connections.get("with-pat")
    conda = {"dependencies": ["python=3.11", "pip", {"pip": ["acme-forecast==1.2.3"]}]}
    client.environments.create_or_update(
        Environment(
            name="forecast", version="1.2.3", image="example.invalid/base:1", conda_file=conda
        )
    )
    read = client.environments.get("forecast", version="1.2.3")
    try:
        client.environments.create_or_update(
            Environment(
                name="forecast", version="1.2.3", image="example.invalid/base:2", conda_file=conda
            )
        )
        changed = "accepted"
    except HttpResponseError as error:
        changed = str(error.status_code)
    client.connections.delete("third")
    print(
        json.dumps(
            {
                "workspace": client.workspaces.get(workspace).id,
                "listed": listed,
                "left": sorted(connection.name for connection in client.connections.list()),
                "got": {
                    "type": got.type,
                    "target": got.target,
                    "credentials": got.credentials.type,
                },
                "environment": {"image": read.image, "conda_file": read.conda_file},
                "changed_environment": changed,
            }
        )
    )


main(*sys.argv[1:])
