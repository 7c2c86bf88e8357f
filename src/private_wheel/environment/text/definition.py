"""Azure ML's environment YAML (v2) as text, with the conda part in it.

Source: https://learn.microsoft.com/azure/machine-learning/reference-yaml-environment
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from private_wheel.environment.addition import IMAGE
from private_wheel.environment.text.nodes import Document, Node
from private_wheel.environment.text.scalars import scalar
from private_wheel.environment.text.splices import Splice, line_end, line_start
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import quoted

# The keys of azure-ai-ml's EnvironmentSchema, with those that only azure-ai-ml itself writes.
KEYS = (
    *("$schema", "name", "version", "description", "tags", "image", "build", "conda_file"),
    *("os_type", "inference_config", "datastore", "auto_delete_setting"),
    *("id", "creation_context", "latest_version", "intellectual_property"),
)
_CONDA_KEYS = ("channels", "dependencies")
_ROUTES = {"liveness_route", "readiness_route", "scoring_route"}
_TEXTS = {
    "name": "Write it as name: my-environment.",
    "version": "Write it as version: 1.",
    "image": "Write it as image: registry/name:tag.",
    "description": "Write it as description: followed by text.",
}
_DOCUMENT_MARKER = re.compile(r"^(?:---|\.\.\.)(?=\s|$)[ \t]*")


def check_definition(document: Document) -> None:
    """Refuse a definition that the packages cannot be put into.

    Raises:
        WrongFile: A key or a value is one that Azure ML refuses, or that cannot be extended.
    """
    root, path = document.root, document.path
    if root.flow:
        problem = "the environment is written in braces. Write each key on its own line."
        raise WrongFile(path, root.line, problem)
    for key, value in root.pairs:
        if problem := _problem_of_key(key.value):
            raise WrongFile(path, key.line, problem)
        if not value.is_null and (problem := _problem_of_value(key.value, value)):
            raise WrongFile(path, value.line, problem)


def _problem_of_key(key: str) -> str:
    """Return the sentence about a key that an environment cannot have; empty if it can."""
    if key == "build":
        problem = "a build context cannot use the workspace connection."
        return f"{problem} Use environment-formats: wheelhouse and its Dockerfile fragment."
    if key in _CONDA_KEYS:
        return f"{key} belongs under conda_file. Move it there."
    if key in KEYS:
        return ""
    similar = difflib.get_close_matches(key, KEYS, 1)
    fix = f"Did you mean {similar[0]}?" if similar else "Remove it."
    return f"{quoted(key)} is not a key of Azure ML's environment YAML. {fix}"


def _problem_of_value(key: str, value: Node) -> str:
    """Return the sentence about a value that Azure ML refuses; empty for all others."""
    if key in _TEXTS and value.kind != "scalar":
        return f"{key} must be text. {_TEXTS[key]}"
    if key == "image" and not IMAGE.match(value.value):
        return "image is not a valid image name. Write it as registry/name:tag, without a login."
    if key == "tags" and not _is_flat(value):
        return "tags must be a mapping of text. Write each as name: text, on its own line."
    if key == "inference_config" and not _has_routes(value):
        routes = "liveness_route, readiness_route and scoring_route"
        return f"inference_config can only contain {routes}, each with path and port."
    if key == "os_type" and value.value.lower() != "linux":
        return "only Linux environments can be extended. Write it as os_type: linux."
    return ""


def _is_flat(node: Node) -> bool:
    return node.kind == "mapping" and all(value.kind == "scalar" for _, value in node.pairs)


def _has_routes(node: Node) -> bool:
    if node.kind != "mapping":
        return False
    return all(key.value in _ROUTES and _is_route(route) for key, route in node.pairs)


def _is_route(node: Node) -> bool:
    if not _is_flat(node) or {key.value for key, _ in node.pairs} != {"path", "port"}:
        return False
    port = node.get("port")
    return port is not None and port.tag == "int"


def set_keys(document: Document, values: Mapping[str, str | None]) -> list[Splice]:
    """Return the splices that give these keys their values.

    A key that is missing is added after the key before it. None leaves a key as it is.
    """
    text, root = document.text, document.root
    splices = []
    margin = " " * root.column
    insert_at = line_start(text, root.pairs[0][0].start)
    if schema := root.get("$schema"):
        insert_at = line_end(text, schema.end)
    for name, value in values.items():
        node = root.get(name)
        if node is not None:
            insert_at = line_end(text, node.end)
            splices += _set_value(node, value)
        elif value is not None:
            new = f"{margin}{name}: {scalar(value)}\n"
            splices.append(Splice(start=insert_at, end=insert_at, new=new))
    return splices


def _set_value(node: Node, value: str | None) -> list[Splice]:
    if value is None:
        return []
    source = scalar(value, style=node.style)
    is_read_alike = bool(node.style) or source == value
    if node.value == value and is_read_alike:
        return []
    blank = " " if node.start == node.end else ""
    return [Splice(start=node.start, end=node.end, new=blank + source)]


def set_conda(document: Document, conda: str) -> list[Splice]:
    """Return the splices that put the conda text inside: instead of a path, or as a new key."""
    text, root = document.text, document.root
    inside = indented(conda, root.column + 2)
    node = root.get("conda_file")
    if node is None:
        end = line_end(text, root.end)
        new = f"{' ' * root.column}conda_file:\n{inside}"
        return [Splice(start=end, end=end, new=new)]
    after_colon = text.index(":", root.key("conda_file").end) + 1
    next_line = line_end(text, node.end)
    return [
        Splice(start=after_colon, end=node.end, new=""),
        Splice(start=next_line, end=next_line, new=inside),
    ]


def indented(conda: str, columns: int) -> str:
    """Return the text of a conda file as it is inside another file, without document markers."""
    lines = []
    for line in conda.rstrip("\n").split("\n"):
        without_marker = _DOCUMENT_MARKER.sub("", line)
        if without_marker:
            lines.append(f"{' ' * columns}{without_marker}\n")
        elif not line:
            lines.append("\n")
    return "".join(lines)


def inside_text(document: Document) -> str:
    """Return the conda part of a definition as a file of its own; empty if it has none inside."""
    text, root = document.text, document.root
    node = root.get("conda_file")
    if node is None or node.kind != "mapping":
        return ""
    if node.flow:
        return text[node.start : node.end] + "\n"
    start = line_end(text, root.key("conda_file").end)
    lines = text[start : line_end(text, node.end)].split("\n")
    indentation = re.compile(rf"^[ ]{{1,{node.column}}}")
    return "\n".join(indentation.sub("", line) for line in lines)
