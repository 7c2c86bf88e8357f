"""Answers of Azure Resource Manager: JSON, errors in its envelope, the list of api-versions."""

from __future__ import annotations

import json
from typing import Any, cast

from werkzeug.wrappers import Request, Response

STABLE_VERSIONS = (
    "2022-05-01",
    "2022-10-01",
    "2023-04-01",
    "2023-10-01",
    "2024-04-01",
    "2024-10-01",
    "2025-04-01",
    "2025-06-01",
    "2025-09-01",
    "2025-12-01",
    "2026-03-01",
    "2026-05-01",
)
# Those that azure-ai-ml 1.35 uses.
PREVIEW_VERSIONS = ("2023-04-01-preview", "2024-04-01-preview", "2024-10-01-preview")
SUPPORTED_VERSIONS = tuple(sorted(STABLE_VERSIONS + PREVIEW_VERSIONS))


class ArmError(Exception):
    """A refusal with ARM's code and text."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def response(self) -> Response:
        return answer({"error": {"code": self.code, "message": self.message}}, self.status)


def answer(content: object, status: int = 200) -> Response:
    return Response(json.dumps(content), status, content_type="application/json; charset=utf-8")


def check_api_version(request: Request) -> str:
    version = request.args.get("api-version", "")
    if not version:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise ArmError(400, "MissingApiVersionParameter", message)
    if version not in SUPPORTED_VERSIONS:
        message = (
            "No registered resource provider found for location 'westeurope'"
            f" and API version '{version}' for type 'workspaces'."
            f" The supported api-versions are '{', '.join(SUPPORTED_VERSIONS)}'."
        )
        raise ArmError(400, "NoRegisteredProviderFound", message)
    return version


def body_properties(request: Request) -> dict[str, Any]:
    """Return the `properties` of a PUT, whose body must be JSON with no other member."""
    if request.mimetype != "application/json":
        message = (
            f"The content media type '{request.mimetype}' is not supported."
            " Only 'application/json' is."
        )
        raise ArmError(415, "UnsupportedMediaType", message)
    try:
        content = json.loads(request.get_data())
    except ValueError as error:
        raise invalid_content(
            "The request content was invalid and could not be deserialized."
        ) from error
    if not isinstance(content, dict) or not isinstance(content.get("properties"), dict):
        raise invalid_content("The request content must be an object with the member 'properties'.")
    unknown = set(content) - {"properties"}
    if unknown:
        raise invalid_content(f"Could not find member '{min(unknown)}' on the resource.")
    return cast("dict[str, Any]", content["properties"])


def invalid_content(message: str) -> ArmError:
    return ArmError(400, "InvalidRequestContent", message)


def not_found(resource: str, group: str) -> ArmError:
    message = f"The Resource '{resource}' under resource group '{group}' was not found."
    return ArmError(404, "ResourceNotFound", message)


def method_not_allowed(request: Request) -> ArmError:
    return ArmError(
        405, "MethodNotAllowed", f"The request method '{request.method}' is not supported here."
    )
