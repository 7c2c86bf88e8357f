"""Adds a private wheel as users of SDK v1 do, and prints as JSON what came of it.

It runs in the SDK's own virtual environment, and for that reason imports nothing of ours.
AZUREML_TOKEN is the token of the
signed-in user: the SDK's own sign-in would ask the public authority for it.
"""

import json
import os
import sys

from azureml.core import Environment, Workspace
from azureml.core.authentication import ServicePrincipalAuthentication


class TokenAuthentication(ServicePrincipalAuthentication):
    """Has its token already."""

    def __init__(self, token):
        super().__init__("no-tenant", "no-application", "no-secret", _enable_caching=False)
        self._token = token

    def _get_arm_token(self):
        return self._token

    _get_graph_token = _get_azureml_client_token = _get_arm_token


def main(subscription, group, name, exist_ok, *wheels):
    workspace = Workspace(
        subscription, group, name, auth=TokenAuthentication(os.environ["AZUREML_TOKEN"])
    )
    results = []
    for wheel in wheels:
        try:
            url = Environment.add_private_pip_wheel(
                workspace, wheel, exist_ok=exist_ok == "exist_ok"
            )
            results.append({"url": url, "error": ""})
        except Exception as error:
            results.append({"url": "", "error": f"{type(error).__name__}: {error}"})
    print(json.dumps(results))


main(*sys.argv[1:])
