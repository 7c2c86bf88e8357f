"""The task and its extensions keep to the rules of those who read them: the schema, the agent and
the Marketplace.

Source: microsoft/azure-pipelines-task-lib @a5e7ee0, tasks.schema.json;
microsoft/azure-pipelines-agent @42bde98, TaskManager.cs (which handlers there are);
https://learn.microsoft.com/azure/devops/extend/develop/manifest
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest

from private_wheel import __version__
from private_wheel.inputs.table import OUTPUTS
from scripts.metadata.names import Edition
from scripts.metadata.task_json import task_json
from scripts.metadata.vss_extension import vss_extension

# What the schema knows; it takes nothing else.
MEMBERS = {
    "$schema", "author", "category", "dataSourceBindings", "demands", "deprecated", "description", "execution",
    "friendlyName", "groups", "helpMarkDown", "helpUrl", "id", "inputs", "instanceNameFormat", "messages",
    "minimumAgentVersion", "name", "outputVariables", "postjobexecution", "prejobexecution", "preview", "releaseNotes",
    "restrictions", "runsOn", "showEnvironmentVariables", "sourceDefinitions", "version", "visibility",
}  # fmt: skip
OF_INPUT = {
    "aliases", "defaultValue", "groupName", "helpMarkDown", "label", "name", "options", "properties", "required",
    "type", "visibleRule",
}  # fmt: skip
OF_GROUP = {"name", "displayName", "isExpanded", "visibleRule"}
TYPES = {"boolean", "filePath", "multiLine", "pickList", "radio", "secureFile", "string", "int"}
HANDLERS = {"Node10", "Node16", "Node20_1", "Node24"}
CATEGORIES = {"Build", "Utility", "Test", "Package", "Deploy"}
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
# Of a rule, as the form takes it: name, operator, value; && and || are not mixed.
CONDITION = re.compile(
    r'([A-Za-z0-9]+) (=|!=|NotEndsWith|EndsWith|StartsWith|Contains|NotContains) ([\w.-]+|"")'
)


@pytest.fixture(params=Edition, ids=lambda edition: str(edition.value))
def edition(request: pytest.FixtureRequest) -> Edition:
    chosen: Edition = request.param
    return chosen


@pytest.fixture
def task(edition: Edition) -> Any:
    return json.loads(task_json(edition))


@pytest.fixture
def manifest(edition: Edition) -> Any:
    return json.loads(vss_extension(edition))


def rule_of(face: Any) -> list[tuple[str, str, str]]:
    """The conditions of its rule: inputs, operators, values."""
    rule = face.get("visibleRule", "")
    assert not ("&&" in rule and "||" in rule)
    conditions = [CONDITION.fullmatch(part) for part in re.split(r" && | \|\| ", rule) if part]
    assert all(conditions), rule
    return [(match[1], match[2], match[3]) for match in conditions if match]


class TestTask:
    def test_it_says_what_the_schema_knows(self, task: Any) -> None:
        assert set(task) <= MEMBERS
        assert all(set(entry) <= OF_INPUT for entry in task["inputs"])
        assert all(set(group) <= OF_GROUP for group in task["groups"])
        assert all(set(output) <= {"name", "description"} for output in task["outputVariables"])

    def test_who_it_is(self, task: Any) -> None:
        assert GUID.fullmatch(task["id"])
        assert uuid.UUID(task["id"]).version == 4
        assert re.fullmatch(r"[A-Za-z0-9\-]+", task["name"])
        assert 0 < len(task["friendlyName"]) <= 40
        assert task["category"] in CATEGORIES
        assert set(task["visibility"]) <= {"Build", "Release"}
        assert set(task["runsOn"]) <= {"Agent", "MachineGroup", "Server", "ServerGate"}
        assert all(isinstance(task["version"][name], int) for name in ("Major", "Minor", "Patch"))
        assert re.fullmatch(r"\d+\.\d+(\.\d+)?", task["minimumAgentVersion"])

    def test_handlers(self, task: Any) -> None:
        assert set(task["execution"]) <= HANDLERS
        assert {handler["target"] for handler in task["execution"].values()} == {"launch.js"}
        assert "prejobexecution" not in task
        assert "postjobexecution" not in task

    def test_inputs(self, task: Any) -> None:
        names = [entry["name"] for entry in task["inputs"]]
        assert len({name.lower() for name in names}) == len(
            names
        )  # the agent makes capitals of them
        groups = [group["name"] for group in task["groups"]]
        assert len(set(groups)) == len(groups)
        for entry in task["inputs"]:
            assert NAME.fullmatch(entry["name"])
            assert entry["label"].strip()
            assert entry["type"] in TYPES or re.fullmatch(r"connectedService:\w+", entry["type"])
            assert isinstance(entry["defaultValue"], str)
            assert isinstance(entry["required"], bool)
            assert entry["groupName"] in groups
            assert set(groups) >= {entry["groupName"]}
        assert {entry["groupName"] for entry in task["inputs"]} == set(groups)  # none is empty

    def test_choices(self, task: Any) -> None:
        for entry in task["inputs"]:
            chosen = entry["type"] in ("pickList", "radio")
            assert chosen == bool(entry.get("options"))
            assert not chosen or entry["defaultValue"] in entry["options"]
            assert entry["type"] != "boolean" or entry["defaultValue"] in ("true", "false")

    def test_properties_of_texts_with_several_lines(self, task: Any) -> None:
        """`resizable` is a boolean in the schema and a text in most tasks of Microsoft's own."""
        for entry in task["inputs"]:
            assert ("properties" in entry) == (entry["type"] == "multiLine")
            told = entry.get("properties", {"resizable": "true", "rows": "1"})
            assert set(told) == {"resizable", "rows"}
            assert told["resizable"] in ("true", True)
            assert re.fullmatch(r"\d+", told["rows"])

    def test_rules(self, task: Any) -> None:
        inputs = {entry["name"]: entry for entry in task["inputs"]}
        faces = [*task["inputs"], *task["groups"]]
        rules = [(face["name"], *condition) for face in faces for condition in rule_of(face)]
        assert rules
        for name, other, _, value in rules:
            assert other in inputs
            assert other != name
            options = inputs[other].get("options")
            assert value == '""' or not options or value in options
            assert not rule_of(
                inputs[other]
            )  # a rule about what may be hidden itself hides for ever

    def test_the_name_of_a_step(self, task: Any) -> None:
        names = {entry["name"] for entry in task["inputs"]}
        mentioned = set(re.findall(r"\$\(([^)]*)\)", task["instanceNameFormat"]))
        assert mentioned
        assert mentioned <= names

    def test_outputs(self, task: Any) -> None:
        ours = [output.camel_case for output in OUTPUTS]
        assert [entry["name"] for entry in task["outputVariables"]] == ours
        assert task["restrictions"] == {
            "settableVariables": {"allowed": ours}
        }  # commands stay free: artifact, summary
        assert all(NAME.fullmatch(name) for name in ours)
        assert not {"path", "node_options"} & {name.lower() for name in ours}


class TestEditions:
    def test_they_differ_in_id_and_name_only(self) -> None:
        real, trial = (json.loads(task_json(edition)) for edition in Edition)
        assert {key for key in real if real[key] != trial[key]} == {"id", "name", "friendlyName"}
        real, trial = (json.loads(vss_extension(edition)) for edition in Edition)
        assert {key for key in real if real[key] != trial[key]} == {"id", "name", "public"}
        assert not trial["public"]

    def test_ids_are_those_of_ever(self) -> None:
        """By a task's id the service knows it: another one would be another task to every pipeline."""
        assert [edition.task_id for edition in Edition] == [
            "fbbd950c-b197-4141-bba3-7d4b3140a637",
            "0d7a3a5e-5f3c-4c0e-9b2a-6f2e7f6d1c58",
        ]
        assert [edition.value for edition in Edition] == ["private-wheel", "private-wheel-trial"]

    def test_versions_are_one(self, task: Any, manifest: Any) -> None:
        told = task["version"]
        version = f"{told['Major']}.{told['Minor']}.{told['Patch']}"
        assert manifest["version"] == version
        assert __version__ == version or __version__.startswith(
            (f"{version}.", f"{version}a", f"{version}rc")
        )


class TestManifest:
    def test_the_task_is_contributed(self, manifest: Any) -> None:
        (contribution,) = manifest["contributions"]
        assert contribution["type"] == "ms.vss-distributed-task.task"
        assert contribution["targets"] == ["ms.vss-distributed-task.tasks"]
        assert contribution["properties"]["name"] in [file["path"] for file in manifest["files"]]

    def test_who_it_is(self, manifest: Any) -> None:
        assert manifest["manifestVersion"] == 1
        assert re.fullmatch(r"[A-Za-z0-9-]+", manifest["publisher"])
        assert re.fullmatch(r"[A-Za-z0-9-]+", manifest["id"])
        assert 0 < len(manifest["description"]) <= 200  # the Marketplace cuts there
        assert manifest["categories"] == ["Azure Pipelines"]
        assert manifest["targets"] == [{"id": "Microsoft.VisualStudio.Services"}]
        assert "scopes" not in manifest  # it asks for no right
