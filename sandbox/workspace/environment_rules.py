"""What an environment version's properties can hold, and which of them never change.

Source: EnvironmentVersionProperties, azure-rest-api-specs, machinelearningservices,
stable/2024-10-01
"""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sandbox.workspace.arm_answers import ArmError

# Dots are refused: MicrosoftDocs/azure-docs#83465.
# Prefixes are reserved: MicrosoftDocs/azure-docs#65770.
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,254}", re.IGNORECASE)
RESERVED = ("azureml", "microsoft")
TYPES: dict[str, type] = {
    "autoRebuild": str,
    "build": dict,
    "condaFile": str,
    "description": str,
    "image": str,
    "inferenceConfig": dict,
    "isAnonymous": bool,
    "isArchived": bool,
    "osType": str,
    "properties": dict,
    "stage": str,
    "tags": dict,
}
READ_ONLY = frozenset({"environmentType", "provisioningState"})
VALUES = {"autoRebuild": ("Disabled", "OnBaseImageUpdate"), "osType": ("Linux", "Windows")}
ROUTES = frozenset({"livenessRoute", "readinessRoute", "scoringRoute", "startupRoute"})
CHANGEABLE = frozenset({"description", "tags", "isArchived", "stage", "properties"})
DEFAULTS = {"osType": "Linux", "isAnonymous": False}


def writable(properties: dict[str, Any]) -> dict[str, Any]:
    """Return what is stored of a body.

    Clients send back what only the service sets, and null for what is not set.
    """
    return {
        name: value
        for name, value in properties.items()
        if name not in READ_ONLY and value is not None
    }


def check_environment(name: str, properties: dict[str, Any]) -> None:
    """Check the properties of a PUT.

    Raises:
        ArmError: They are not valid.
    """
    _check_name(name)
    for member, value in properties.items():
        if member not in TYPES:
            raise _invalid(f"Could not find member '{member}' on the environment version.")
        if not isinstance(value, TYPES[member]) or value not in VALUES.get(member, (value,)):
            raise _invalid(f"The member '{member}' has a value of the wrong type or kind.")
    for member in ("properties", "tags"):
        if not all(isinstance(value, str) for value in properties.get(member, {}).values()):
            raise _invalid(f"The member '{member}' must be an object of strings.")
    if ("image" in properties) == ("build" in properties):
        raise _invalid("An environment has either an image or a build context.")
    _check_inference(properties.get("inferenceConfig", {}))
    _check_conda(properties)


def fixed(properties: dict[str, Any]) -> dict[str, Any]:
    """Return what makes the image, to compare two versions.

    The conda file is compared by its content: the official client, which rewrites it, can
    register one version twice.
    """
    kept = {member: value for member, value in properties.items() if member not in CHANGEABLE}
    conda = {"condaFile": _conda(kept["condaFile"])} if "condaFile" in kept else {}
    return {**DEFAULTS, **kept, **conda}


def _check_name(name: str) -> None:
    if NAME.fullmatch(name) is None:
        message = (
            "Resource name is invalid. Resource name can only contain alphanumeric characters,"
            " dashes, and underscores, with a limit of 255 characters."
        )
        raise ArmError(400, "RequestInvalid", message)
    for prefix in RESERVED:
        if name.casefold().startswith(prefix):
            message = f"Environment name can not start with the prefix {prefix}."
            raise ArmError(400, "UserError", message)


def _check_conda(properties: dict[str, Any]) -> None:
    if "condaFile" in properties:
        if "image" not in properties:
            raise _invalid("A conda file needs an image.")
        content = _conda(properties["condaFile"])
        if not isinstance(content, dict) or not isinstance(content.get("dependencies"), list):
            raise _invalid("The conda file has no list of dependencies.")


def _conda(text: str) -> Any:
    """Read by YAML 1.1, as conda and the official client do."""
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 1)
    try:
        return yaml.load(text)
    except YAMLError as error:
        raise _invalid("The conda file is not YAML.") from error


def _check_inference(config: dict[str, Any]) -> None:
    if set(config) - ROUTES:
        raise _invalid(
            f"Could not find member '{min(set(config) - ROUTES)}' on the inference configuration."
        )
    for name, route in config.items():
        if not isinstance(route, dict) or set(route) != {"path", "port"}:
            raise _invalid(f"The route '{name}' must have the members path and port.")
        if (
            not isinstance(route["path"], str)
            or not route["path"]
            or type(route["port"]) is not int
        ):
            raise _invalid(f"The route '{name}' needs a path and the number of a port.")


def _invalid(message: str) -> ArmError:
    return ArmError(400, "ValidationError", message)
