"""Answers of a workspace's artifact service, with the members of the models in azureml-core 1.61.

Source: azureml/_restclient/models/artifact_dto.py, artifact_content_information_dto.py,
error_response.py and root_error.py
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timezone
from typing import Any

from werkzeug.wrappers import Response

ORIGIN = "Environment"
CONTAINER = "azureml-private-packages"
REGION = "westeurope"


class ArtifactRefusal(Exception):
    """An error of the service. `inner` is the code that is more precise than the common one."""

    def __init__(self, status: int, message: str, *, inner: str) -> None:
        super().__init__(message)
        self.status = status
        self.content = error_content(message, inner=inner)

    def response(self) -> Response:
        return answer(self.content, self.status)


def answer(content: object, status: int = 200) -> Response:
    return Response(json.dumps(content), status, content_type="application/json; charset=utf-8")


def error_content(message: str, *, inner: str) -> dict[str, Any]:
    return {
        "error": {
            "code": "UserError",
            "severity": None,
            "message": message,
            "messageFormat": None,
            "messageParameters": {},
            "referenceCode": None,
            "detailsUri": None,
            "target": None,
            "details": [],
            "innerError": {"code": inner, "innerError": None},
            "additionalInfo": None,
        },
        "correlation": {"operation": secrets.token_hex(16), "request": secrets.token_hex(8)},
        "environment": REGION,
        "location": REGION,
        "time": now(),
        "componentName": "artifact",
    }


def conflict(path: str) -> str:
    """Return the text of a conflict, whose first words SDK v1 looks for.

    Source: lightly-ai/lightly-train#256
    """
    return f"Resource Conflict: ArtifactId {artifact_id(path)} already exists."


def artifact_id(path: str) -> str:
    return f"{ORIGIN}/{CONTAINER}/{path}"


def new_artifact(path: str) -> dict[str, Any]:
    return {
        "artifactId": artifact_id(path),
        "origin": ORIGIN,
        "container": CONTAINER,
        "path": path,
        "etag": f'"{secrets.token_hex(16)}"',
        "createdTime": now(),
        "dataPath": {
            "dataStoreName": "workspaceartifactstore",
            "relativePath": artifact_id(path),
            "sqlDataPath": None,
        },
    }


def content_information(path: str, uri: str) -> dict[str, Any]:
    return {"contentUri": uri, "origin": ORIGIN, "container": CONTAINER, "path": path}


def now() -> str:
    return datetime.now(timezone.utc).isoformat()
