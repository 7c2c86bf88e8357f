"""Plain requests to the sandbox, without any client of ours or others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from sandbox import Sandbox
from sandbox.identity.accounts import Identity

VERSION = "api-version=2024-10-01"
SECRET = "not-to-be-seen-again"
PAT_BODY: dict[str, Any] = {
    "properties": {
        "category": "PythonFeed",
        "target": "https://pkgs.dev.azure.com/acme",
        "authType": "PAT",
        "credentials": {"pat": SECRET},
    }
}
ENVIRONMENT_BODY: dict[str, Any] = {
    "properties": {"image": "example.invalid/base:1", "condaFile": "dependencies:\n- python=3.11\n"}
}


def call(sandbox: Sandbox, method: str, url: str, **options: Any) -> requests.Response:
    """One request that trusts the sandbox and follows no redirect."""
    options = {
        "verify": str(sandbox.authority_file),
        "allow_redirects": False,
        "timeout": 30,
        **options,
    }
    return requests.request(method, url, **options)  # noqa: S113  # in the options


def upload(
    sandbox: Sandbox, wheel: Path, token: str, url: str = "", **fields: str
) -> requests.Response:
    name, version = wheel.name.split("-")[:2]
    form = {":action": "file_upload", "protocol_version": "1", "metadata_version": "2.1"}
    form |= {"name": name.replace("_", "-"), "version": version, **fields}
    return call(
        sandbox,
        "POST",
        url or sandbox.feed_url("acme", "python", api="upload"),
        data=form,
        files={"content": (wheel.name, wheel.read_bytes())},
        auth=("any", token),
    )


def project_page(
    sandbox: Sandbox, name: str, token: str, project: str | None = None
) -> requests.Response:
    url = sandbox.feed_url("acme", "python", project) + f"{name}/"
    return call(sandbox, "GET", url, auth=("any", token))


def bearer(sandbox: Sandbox, identity: Identity, audience: str = "") -> dict[str, str]:
    token = sandbox.access_tokens.issue(identity, audience or sandbox.url("arm"))
    return {"Authorization": f"Bearer {token}"}


def call_arm(
    sandbox: Sandbox, method: str, path: str, who: str = "contributor", body: Any = None
) -> requests.Response:
    headers = bearer(sandbox, getattr(sandbox.identities, who))
    return call(sandbox, method, sandbox.url("arm") + path, headers=headers, json=body)
