"""Check pipelines for Azure Pipelines against its schema, with our own task added to it.

The inputs of our task are those of the table: a misspelt one is an error.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # comes without types
from jsonschema.exceptions import best_match  # type: ignore[import-untyped]  # as above
from ruamel.yaml import YAML

from private_wheel.inputs.table import INPUTS
from scripts.metadata.names import Edition, version_parts

ROOT = Path(__file__).resolve().parent.parent
PIPELINES = (
    *sorted(ROOT.glob("examples/azure-pipelines/*.yml")),
    *sorted(ROOT.glob(".azure-pipelines/*.yml")),
)


def main() -> int:
    wrong = [
        f"{path.relative_to(ROOT).as_posix()}: {text}"
        for path in PIPELINES
        for text in problems(path)
    ]
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    return int(bool(wrong))


def problems(path: Path) -> Iterator[str]:
    """What is wrong with one pipeline."""
    content = YAML(typ="base").load(path)  # every scalar is a text, as for the service
    error = best_match(Draft7Validator(_schema()).iter_errors(content))
    if error:
        yield f"{error.json_path}: {error.message[:300]}"
    known = {row.camel_case for row in INPUTS if "azure_pipelines" in row.hosts}
    for step in _steps(content):
        if step.get("task") in _own_tasks():
            for name in step.get("inputs") or {}:
                if name not in known:
                    yield f"{step['task']} has no input {name}."
    for script in re.findall(
        r"^ *- (?:script|bash): (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE
    ):
        if "$(" in script or "${{" in script:
            yield f"no variable of the pipeline in shell code, hand it over by env: {script}"


def _own_tasks() -> list[str]:
    return [f"{edition.task_name}@{version_parts()[0]}" for edition in Edition]


def _schema() -> dict[str, Any]:
    """That of Microsoft's editor extension, as check-jsonschema brings it along."""
    text = (
        files("check_jsonschema") / "builtin_schemas" / "vendor" / "azure-pipelines.json"
    ).read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    task, own = schema["definitions"]["task"], {"enum": _own_tasks()}
    task["properties"]["task"]["anyOf"].append(own)
    task["anyOf"].append({"properties": {"task": own}})
    _accept_texts(schema)
    return schema


def _accept_texts(schema: Any) -> None:
    """Where a number or a boolean is wanted, too: the service reads it from the text."""
    if isinstance(schema, dict):
        if schema.get("type") in ("boolean", "integer", "number"):
            schema["type"] = "string"
        for value in schema.values():
            _accept_texts(value)
    elif isinstance(schema, list):
        for value in schema:
            _accept_texts(value)


def _steps(content: Any) -> Iterator[dict[str, Any]]:
    """All steps, however deep."""
    if isinstance(content, dict):
        if "task" in content:
            yield content
        for value in content.values():
            yield from _steps(value)
    elif isinstance(content, Sequence) and not isinstance(content, str):
        for value in content:
            yield from _steps(value)


if __name__ == "__main__":
    sys.exit(main())
