"""Azure ML's environment YAML (v2) as text, with the conda part inside.

Source: https://learn.microsoft.com/azure/machine-learning/reference-yaml-environment
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from private_wheel.environment.addition import IMAGE
from private_wheel.environment.text.splices import Splice, line_end, line_start
from private_wheel.environment.text.yaml import Node, scalar
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import quoted

SCHEMA = "https://azuremlschemas.azureedge.net/latest/environment.schema.json"
# Those of azure-ai-ml's EnvironmentSchema, with those that it only writes itself.
KEYS = (
    *(
        "$schema",
        "name",
        "version",
        "description",
        "tags",
        "image",
        "build",
        "conda_file",
        "os_type",
    ),
    *("inference_config", "datastore", "auto_delete_setting"),
    *("id", "creation_context", "latest_version", "intellectual_property"),
)
_TEXTS = {
    "name": "Write it as name: my-environment.",
    "version": "Write it as version: 1.",
    "image": "Write it as image: registry/name:tag.",
    "description": "Write it as description: with a text behind.",
}


def fresh_definition(name: str, version: str, image: str, conda: str) -> str:
    return (
        f"$schema: {SCHEMA}\nname: {scalar(name)}\nversion: {scalar(version)}\nimage: {scalar(image)}\n"
        f"conda_file:\n{indented(conda, 2)}"
    )


def check_definition(root: Node, path: str) -> None:
    """Raises:
    WrongFile: the definition is of a kind that the packages cannot be put into.
    """
    if root.flow:
        raise WrongFile(
            path, root.line, "the environment is written in braces. Write a key a line."
        )
    for key, value in root.pairs:
        if key.value not in (*KEYS, "channels", "dependencies"):
            near = difflib.get_close_matches(key.value, KEYS, 1)
            fix = f"Did you mean {near[0]}?" if near else "Take it out."
            raise WrongFile(
                path, key.line, f"Azure ML's environments have no key {quoted(key.value)}. {fix}"
            )
        if key.value == "build":
            what = "a build context gets no workspace connection."
            raise WrongFile(
                path,
                key.line,
                f"{what} Use environment-formats: wheelhouse and the fragment in it.",
            )
        if key.value in ("channels", "dependencies"):
            raise WrongFile(path, key.line, f"{key.value} belongs under conda_file. Move it there.")
        if not value.is_null and (problem := _problem(key.value, value)):
            raise WrongFile(path, value.line, problem)


def _problem(key: str, value: Node) -> str:
    """The sentence for the user, if Azure ML would not take the value."""
    if key in _TEXTS and value.kind != "scalar":
        return f"{key} is no text. {_TEXTS[key]}"
    if key == "image" and not IMAGE.match(value.value):
        return "image is no image's name. Write it as registry/name:tag, without a login."
    if key == "tags" and not _is_flat(value):
        return "tags is no mapping of texts. Write each as name: text, on a line of its own."
    if key == "inference_config" and not _has_routes(value):
        return "inference_config holds liveness_route, readiness_route and scoring_route, each with path and port."
    if key == "os_type" and value.value.lower() != "linux":
        return "only environments on Linux can be extended. Write it as os_type: linux."
    return ""


def _is_flat(node: Node) -> bool:
    return node.kind == "mapping" and all(value.kind == "scalar" for _, value in node.pairs)


def _has_routes(node: Node) -> bool:
    routes = {"liveness_route", "readiness_route", "scoring_route"}
    return node.kind == "mapping" and all(
        key.value in routes
        and _is_flat(route)
        and {name.value for name, _ in route.pairs} == {"path", "port"}
        and all(name.value != "port" or value.tag == "int" for name, value in route.pairs)
        for key, route in node.pairs
    )


def set_keys(text: str, root: Node, values: Mapping[str, str | None]) -> list[Splice]:
    """The splices that give the keys these values (None: leave it). A key that is missing is put behind the one before
    it."""
    splices = []
    margin = " " * root.column
    first = root.pairs[0][0]
    at = line_start(text, first.start)
    schema = root.get("$schema")
    at = line_end(text, schema.end) if schema else at
    for name, value in values.items():
        node = root.get(name)
        if node is None and value is not None:
            splices.append(Splice(start=at, end=at, new=f"{margin}{name}: {scalar(value)}\n"))
        if node is None:
            continue
        at = line_end(text, node.end)
        if value is None:
            continue
        source = scalar(value, style=node.style)
        if node.value != value or (not node.style and source != value):
            blank = " " if node.start == node.end else ""
            splices.append(Splice(start=node.start, end=node.end, new=blank + source))
    return splices


def set_conda(text: str, root: Node, conda: str) -> list[Splice]:
    """The splices that put the conda text inside, in place of a path or as a new key."""
    inside = indented(conda, root.column + 2)
    node = root.get("conda_file")
    if node is None:
        at = line_end(text, root.end)
        return [Splice(start=at, end=at, new=f"{' ' * root.column}conda_file:\n{inside}")]
    key = root.key("conda_file")
    colon = text.index(":", key.end) + 1
    at = line_end(text, node.end)
    return [Splice(start=colon, end=node.end, new=""), Splice(start=at, end=at, new=inside)]


def indented(conda: str, columns: int) -> str:
    """The text of a file as it stands inside another, without document markers."""
    lines = [
        re.sub(r"^(?:---|\.\.\.)(?=\s|$)[ \t]*", "", line)
        for line in conda.rstrip("\n").split("\n")
    ]
    kept = [line for line, old in zip(lines, conda.split("\n"), strict=False) if line or not old]
    return "".join(f"{' ' * columns}{line}\n" if line else "\n" for line in kept)


def inside_text(text: str, root: Node) -> str:
    """The conda part of a definition as a file of its own."""
    node = root.get("conda_file")
    if node is None or node.kind != "mapping":
        return ""
    if node.flow:
        return text[node.start : node.end] + "\n"
    start = line_end(text, root.key("conda_file").end)
    lines = text[start : line_end(text, node.end)].split("\n")
    return "\n".join(re.sub(rf"^[ ]{{1,{node.column}}}", "", line) for line in lines)
