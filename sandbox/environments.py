"""The workspace's environments: containers and their immutable versions."""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from werkzeug.wrappers import Request, Response

from sandbox.arm_answers import ArmError, answer, body_properties, method_not_allowed, not_found
from sandbox.workspace import Workspace

TYPE = "Microsoft.MachineLearningServices/workspaces/environments"
NAME = re.compile(r"(?!microsoft|azureml)[a-z0-9][a-z0-9_.-]{0,254}", re.IGNORECASE)
MEMBERS = frozenset(
    {
        "autoRebuild",
        "build",
        "condaFile",
        "description",
        "image",
        "inferenceConfig",
        "isAnonymous",
        "isArchived",
        "osType",
        "properties",
        "stage",
        "tags",
    }
)
CHANGEABLE = frozenset({"description", "tags", "isArchived", "stage", "properties"})


class Environments:
    """Nothing but description, tags and the like changes once a version exists."""

    def list(self, request: Request, workspace: Workspace, version: str) -> Response:
        return answer({"value": [_container(workspace, name) for name in sorted(workspace.environments)]})

    def one(self, request: Request, workspace: Workspace, name: str, version: str) -> Response:
        if request.method != "GET":
            raise method_not_allowed(request)
        _versions(workspace, name)
        return answer(_container(workspace, name))

    def versions(self, request: Request, workspace: Workspace, name: str, version: str) -> Response:
        """Newest first, as clients ask with $orderBy for the latest; $top cuts the list."""
        newest_first = list(reversed(_versions(workspace, name)))
        top = int(request.args.get("$top", len(newest_first)))
        return answer({"value": [_version(workspace, name, one) for one in newest_first[:top]]})

    def version(self, request: Request, workspace: Workspace, name: str, number: str, version: str) -> Response:
        if request.method == "PUT":
            return self._put(request, workspace, name, number)
        if request.method != "GET":
            raise method_not_allowed(request)
        if number not in _versions(workspace, name):
            raise not_found(f"{TYPE}/versions/{workspace.name}/{name}/{number}", workspace.resource_group)
        return answer(_version(workspace, name, number))

    def _put(self, request: Request, workspace: Workspace, name: str, number: str) -> Response:
        properties = body_properties(request)
        _check(name, properties)
        versions = workspace.environments.setdefault(name, {})
        present = versions.get(number)
        if present is not None and _fixed(present) != _fixed(properties):
            # Which status the service uses is not documented; that it refuses, is.
            message = f"Environment {name} version {number} exists and cannot be changed; use a new version."
            raise ArmError(409, "Conflict", message)
        versions[number] = properties
        return answer(_version(workspace, name, number), 200 if present is not None else 201)


def _check(name: str, properties: dict[str, Any]) -> None:
    if NAME.fullmatch(name) is None:
        raise _invalid(f"The environment name '{name}' is not valid.")
    unknown = set(properties) - MEMBERS
    if unknown:
        raise _invalid(f"Could not find member '{min(unknown)}' on the environment version.")
    if ("image" in properties) == ("build" in properties):
        raise _invalid("An environment has either an image or a build context.")
    if "condaFile" in properties:
        if "image" not in properties:
            raise _invalid("A conda file needs an image.")
        try:
            conda = YAML(typ="safe").load(properties["condaFile"])
        except YAMLError as error:
            raise _invalid("The conda file is not YAML.") from error
        if not isinstance(conda, dict) or not isinstance(conda.get("dependencies"), list):
            raise _invalid("The conda file has no list of dependencies.")


def _fixed(properties: dict[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in properties.items() if member not in CHANGEABLE}


def _versions(workspace: Workspace, name: str) -> dict[str, dict[str, Any]]:
    versions = workspace.environments.get(name)
    if not versions:
        raise not_found(f"{TYPE}/{workspace.name}/{name}", workspace.resource_group)
    return versions


def _container(workspace: Workspace, name: str) -> dict[str, Any]:
    latest = list(workspace.environments[name])[-1]
    properties: dict[str, Any] = {
        "latestVersion": latest,
        "nextVersion": str(int(latest) + 1) if latest.isdecimal() else None,
        "isArchived": False,
        "tags": {},
        "properties": {},
    }
    resource_id = f"{workspace.arm_id}/environments/{name}"
    return {"id": resource_id, "name": name, "type": TYPE, "properties": properties}


def _version(workspace: Workspace, name: str, number: str) -> dict[str, Any]:
    stored = workspace.environments[name][number]
    properties: dict[str, Any] = {
        "tags": {},
        "properties": {},
        "osType": "Linux",
        "environmentType": "UserCreated",
        **stored,
    }
    resource_id = f"{workspace.arm_id}/environments/{name}/versions/{number}"
    return {"id": resource_id, "name": number, "type": f"{TYPE}/versions", "properties": properties}


def _invalid(message: str) -> ArmError:
    return ArmError(400, "ValidationError", message)
