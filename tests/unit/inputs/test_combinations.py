"""Which inputs go together: every rule in one table, both ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from private_wheel.errors import InvalidInputs
from private_wheel.inputs.reading import read_config
from private_wheel.inputs.table import INPUTS

VARIABLES = {row.name: row.variable for row in INPUTS}
FEED = {"feed": "acme/python"}
BLOB = {
    "publish-to": "blob",
    "container": "https://acme.blob.core.windows.net/wheels",
}
WORKSPACE = {"workspace": "11111111-2222-3333-4444-555555555555/ml/acme-ml"}
INTO_WORKSPACE = {"publish-to": "workspace", **WORKSPACE}
NONE = {"publish-to": "none"}
TOKEN = {"connection-token": "a-token-to-read"}
GIT = {**TOKEN, **WORKSPACE, "connection-category": "Git"}
TARGET = {"connection-target": "https://dev.azure.com/acme"}


def problems(inputs: dict[str, str], checkout: Path) -> list[str]:
    environ = {VARIABLES[name]: value for name, value in inputs.items()}
    try:
        read_config(environ, checkout, secrets=[])
    except InvalidInputs as error:
        return [problem.input for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        # A route needs its own destination, and no other.
        (FEED, []),
        ({}, ["feed"]),
        (BLOB, []),
        ({"publish-to": "blob"}, ["container"]),
        ({"publish-to": "blob", **FEED}, ["container"]),
        (INTO_WORKSPACE, []),
        ({"publish-to": "workspace"}, ["workspace"]),
        (NONE, []),
        # A feed never replaces.
        ({**FEED, "if-exists": "replace"}, ["if-exists"]),
        ({**BLOB, "if-exists": "replace"}, []),
        ({**INTO_WORKSPACE, "if-exists": "replace"}, []),
        # A feed's index can be the only one.
        ({**FEED, "index-mode": "only"}, []),
        ({**BLOB, "index-mode": "only"}, ["index-mode"]),
        ({**BLOB, **FEED, "index-mode": "only"}, []),
        ({**INTO_WORKSPACE, "index-mode": "only"}, ["index-mode"]),
        # Registering needs a workspace, and published packages.
        ({**FEED, "register-environment": "true"}, ["workspace"]),
        ({**FEED, **WORKSPACE, "register-environment": "true"}, []),
        ({**NONE, **FEED, **WORKSPACE, "register-environment": "true"}, ["register-environment"]),
        # Without publishing, only a feed makes an environment.
        ({**NONE, "environment-base": "base.yml"}, ["environment-base"]),
        ({**NONE, "environment-formats": "requirements"}, ["environment-formats"]),
        ({**NONE, "environment-formats": "wheelhouse"}, ["environment-formats"]),
        ({**NONE, "environment-formats": "azureml-v1"}, ["environment-formats"]),
        ({**NONE, "environment-formats": "conda azureml"}, []),
        ({**NONE, "verify": "resolve"}, ["verify"]),
        ({**NONE, "verify": "install"}, ["verify"]),
        ({**NONE, "verify": "published"}, []),
        (
            {
                **(NONE | FEED),
                "environment-base": "base.yml",
                "environment-formats": "wheelhouse requirements azureml-v1",
                "verify": "install",
            },
            [],
        ),
        ({**FEED, "environment-formats": ","}, ["environment-formats"]),
        # A connection needs a workspace, and a target.
        ({**FEED, **TOKEN}, ["workspace"]),
        ({**FEED, **TOKEN, **WORKSPACE}, []),
        ({**INTO_WORKSPACE, **TOKEN}, ["connection-target"]),
        ({**INTO_WORKSPACE, **TOKEN, **TARGET}, []),
        ({**NONE, **TOKEN, **WORKSPACE}, ["connection-target"]),
        ({**NONE, **FEED, **TOKEN, **WORKSPACE}, []),
        ({**FEED, **GIT}, ["connection-target"]),
        ({**FEED, **GIT, **TARGET}, []),
        ({**FEED, **TARGET}, []),
        # An identity is both ids.
        ({**FEED, "azure-client-id": "a"}, ["azure-tenant-id"]),
        ({**FEED, "azure-tenant-id": "a"}, ["azure-client-id"]),
        ({**FEED, "azure-client-id": "a", "azure-tenant-id": "b"}, []),
        # What cannot be read is reported once, not as missing too.
        ({"feed": "python"}, ["feed"]),
        ({"feed": "python", **TOKEN, **WORKSPACE, **NONE}, ["feed"]),
        ({"publish-to": "blob", "container": "wheels"}, ["container"]),
        ({"publish-to": "workspace", "workspace": "acme-ml"}, ["workspace"]),
        ({"publish-to": "feeds"}, ["publish-to"]),
        ({"publish-to": "feeds", "verify": "install"}, ["publish-to"]),
        ({**FEED, "azure-client-id": "a", "azure-tenant-id": "b c"}, ["azure-tenant-id"]),
        # All are reported together.
        (
            {"if-exists": "replace", **TOKEN, "azure-client-id": "a"},
            ["azure-tenant-id", "feed", "if-exists", "workspace"],
        ),
    ],
)
def test_inputs_together(checkout: Path, inputs: dict[str, str], expected: list[str]) -> None:
    (checkout / "pyproject.toml").touch()
    (checkout / "base.yml").write_text("dependencies: [python=3.11, pip, {pip: [six]}]\n")
    assert sorted(problems(inputs, checkout)) == expected
