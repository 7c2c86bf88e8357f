"""azure-ai-ml's client, signed in to the sandbox; for the scripts beside this one."""

import os

from azure.ai.ml import MLClient
from azure.identity import ClientSecretCredential


def open_client(subscription, group, workspace):
    credential = ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=os.environ["AZURE_AUTHORITY_HOST"],
        disable_instance_discovery=True,
    )
    return MLClient(credential, subscription, group, workspace, cloud="SandboxCloud")
