"""task.json for Azure Pipelines: a form with groups, and the variables that the task may set.

Source: microsoft/azure-pipelines-task-lib, tasks.schema.json; microsoft/azure-pipelines-tasks,
docs/migrateNode24.md.
"""

from __future__ import annotations

import json
import re
from typing import Any

from private_wheel.inputs.table import INPUTS, OUTPUTS, Group, Input, Kind
from scripts.metadata.names import PAGE, SUMMARY, Edition, version_parts
from scripts.metadata.texts import described

_FIRST_AGENT_WITH_NODE_20 = "3.232.1"
_TYPES = {
    Kind.TEXT: "string",
    Kind.LINES: "multiLine",
    Kind.WORDS: "string",  # the form's list of check boxes would put commas between
    Kind.CHOICE: "pickList",
    Kind.BOOLEAN: "boolean",
    Kind.SECRET: "string",
}
_OWN_TYPES = {"publish-to": "radio", "azure-subscription": "connectedService:AzureRM"}
_OPEN_GROUPS = (Group.PACKAGE, Group.PUBLISH, Group.WORKSPACE)


def task_json(edition: Edition = Edition.REAL) -> str:
    """The whole file."""
    return json.dumps(_task(edition), indent=2, ensure_ascii=False) + "\n"


def _task(edition: Edition) -> dict[str, Any]:
    major, minor, patch = version_parts()
    return {
        "$schema": "https://raw.githubusercontent.com/microsoft/azure-pipelines-task-lib/master/tasks.schema.json",
        "id": edition.task_id,
        "name": edition.task_name,
        "friendlyName": edition.task_name,
        "description": SUMMARY,
        "helpUrl": PAGE,
        "helpMarkDown": f"[What the inputs mean]({PAGE}#inputs)",
        "author": "private-wheel",
        "category": "Package",
        "visibility": ["Build", "Release"],
        "runsOn": ["Agent"],
        "version": {"Major": major, "Minor": minor, "Patch": patch},
        "minimumAgentVersion": _FIRST_AGENT_WITH_NODE_20,
        "instanceNameFormat": "PrivateWheel: publish to $(publishTo)",
        "groups": [
            {
                "name": group.name.lower(),
                "displayName": group.value,
                "isExpanded": group in _OPEN_GROUPS,
            }
            for group in Group
        ],
        "inputs": [_input(row) for row in INPUTS if "azure_pipelines" in row.hosts],
        "outputVariables": [
            {"name": output.camel_case, "description": output.help} for output in OUTPUTS
        ],
        "restrictions": {
            "settableVariables": {"allowed": [output.camel_case for output in OUTPUTS]}
        },
        "execution": {handler: {"target": "launch.js"} for handler in ("Node20_1", "Node24")},
    }


def _input(row: Input) -> dict[str, Any]:
    kind = _OWN_TYPES.get(row.name, _TYPES[row.kind])
    face: dict[str, Any] = {
        "name": row.camel_case,
        "type": kind,
        "label": re.sub(r"\bdir$", "directory", row.name.replace("-", " ").capitalize()),
        "defaultValue": row.default,
        "required": False,
        "groupName": row.group.name.lower(),
        "helpMarkDown": _help(row),
    }
    if row.visible_rule:
        # An empty text has two double quotes here, as in AzureRmWebAppDeployment's task.json.
        face["visibleRule"] = row.visible_rule.replace("''", '""')
    if kind in ("pickList", "radio"):
        face["options"] = {choice: choice for choice in row.choices}
    if kind == "multiLine":
        face["properties"] = {"resizable": "true", "rows": "2"}
    return face


def _help(row: Input) -> str:
    secret = " Give a secret variable, as `$(NAME)`." if row.kind is Kind.SECRET else ""
    return f"{_with_names_of_azure(described(row))}{secret} [More]({PAGE}#inputs)"


def _with_names_of_azure(text: str) -> str:
    """Other inputs are mentioned in the table under their kebab-case names."""
    for row in INPUTS:
        text = re.sub(rf"`{row.name}(?=[`:])", f"`{row.camel_case}", text)
    return text
