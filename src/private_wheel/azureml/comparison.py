"""Whether two environment versions make the same image, and in what they differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from private_wheel.secrets.detection import holds_credential
from private_wheel.secrets.quoting import shown

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

# Characters: five times as many as a large file has.
_LONGEST_CONDA_FILE = 2**17
# After the aliases are followed.
_MOST_NODES = 20_000
# Entries of a conda file in a message.
_MOST_SHOWN = 3


def differences(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Say in what the `properties` of two versions differ; empty if they make the same image.

    Description, tags and the like can be changed, so they are not compared. Conda files are
    compared by what they say: azure-ai-ml writes them again, with sorted keys and without
    comments.
    """
    differing = []
    if stored.get("image") != wanted.get("image"):
        differing.append(_difference("image", stored.get("image"), wanted.get("image")))
    differing += _conda_differences(stored.get("condaFile") or "", wanted.get("condaFile") or "")
    if stored.get("build"):
        differing.append("build context (registered)")
    if _system(stored) != _system(wanted):
        differing.append(_difference("operating system", _system(stored), _system(wanted)))
    if _routes(stored) != _routes(wanted):
        differing.append("inference configuration")
    return differing


def _difference(name: str, stored: object, wanted: object) -> str:
    return f"{name} (registered {_shown(stored)}, new {_shown(wanted)})"


def _conda_differences(stored: object, wanted: object) -> list[str]:
    if stored == wanted:
        return []
    try:
        stored_content, wanted_content = _parsed(stored), _parsed(wanted)
        if _canonical(stored_content) == _canonical(wanted_content):
            return []
    except (ValueError, TypeError, RecursionError):
        return ["conda file (one of the two cannot be read)"]
    stored_entries = dict.fromkeys(_entries(stored_content))
    wanted_entries = dict.fromkeys(_entries(wanted_content))
    only_stored = [entry for entry in stored_entries if entry not in wanted_entries]
    only_wanted = [entry for entry in wanted_entries if entry not in stored_entries]
    parts = [_listed("registered", only_stored), _listed("new", only_wanted)]
    text = "; ".join(filter(None, parts)) or "the order of its entries"
    return [f"conda file ({text})"]


def _parsed(text: object) -> Any:
    """Parse a conda file by YAML 1.1, as conda and azure-ai-ml do.

    Raises:
        ValueError: It is too long, or its aliases stand for too much.
        TypeError: It has a key that Python cannot have.
        RecursionError: It is nested too deeply.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if not isinstance(text, str) or len(text) > _LONGEST_CONDA_FILE:
        raise ValueError("not a text, or too long")
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 1)
    try:
        node = yaml.compose(text)
        if node is None or _size(node, {}) > _MOST_NODES:
            raise ValueError("empty, or too many aliases")
        return yaml.constructor.construct_document(node)
    except YAMLError as error:
        raise ValueError("not YAML") from error


def _size(node: Node, known: dict[int, int]) -> int:
    """Count the nodes of a tree, each as often as an alias repeats it.

    A circle of aliases has too many.
    """
    if id(node) in known:
        return known[id(node)]
    # Until it is counted: a node that meets itself below itself is in a circle.
    known[id(node)] = _MOST_NODES + 1
    known[id(node)] = 1 + sum(_size(child, known) for child in _children(node))
    return known[id(node)]


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node.value, str):
        return
    for child in node.value:
        if isinstance(child, tuple):
            yield from child
        else:
            yield child


def _canonical(content: object) -> str:
    """Return a text that is equal for equal content. To Python, 1 and True would be equal."""
    return json.dumps(content, sort_keys=True, default=repr)


def _entries(content: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield the single values of a conda file, and how each is shown.

    Of `variables` and the like, only the key is shown.
    """
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _entries(value, "" if name in ("dependencies", "pip") else str(name))
    elif isinstance(content, list):
        for value in content:
            yield from _entries(value, key)
    elif key in ("", "name", "channels"):
        text = f"{key}: {content}" if key else str(content)
        yield text, text
    else:
        yield f"{key}: {content}", key


def _listed(whose: str, entries: Sequence[tuple[str, str]]) -> str:
    if not entries:
        return ""
    listed = [_shown(text) for _, text in entries[:_MOST_SHOWN]]
    more = f" and {len(entries) - _MOST_SHOWN} more" if len(entries) > _MOST_SHOWN else ""
    return f"{whose} {', '.join(listed)}{more}"


def _shown(value: object) -> str:
    """Return a value for a log: others wrote it, and it may contain a credential."""
    text = str(value)
    if holds_credential(text):
        return "an entry with a credential"
    return shown(text) if value else "none"


def _system(properties: Mapping[str, Any]) -> str:
    return str(properties.get("osType") or "Linux").lower()


def _routes(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the routes of the inference configuration; null means that there is none."""
    config = properties.get("inferenceConfig") or {}
    if not isinstance(config, dict):
        return {"": config}
    return {name: route for name, route in config.items() if route}
