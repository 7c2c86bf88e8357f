"""Whether two environment versions make the same image, and in what they differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from private_wheel.secrets.detection import holds_credential
from private_wheel.secrets.quoting import shown

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

_LONGEST_CONDA_FILE = 2**17  # letters, five times that of a large one
_MOST_NODES = 20_000  # after the aliases are followed
_SHOWN = 3  # entries of a conda file


def differences(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """In what the `properties` of two versions differ, in words; empty if they make the same image.

    Description, tags and the like can be changed and do not count. A conda file counts as what it says: azure-ai-ml
    writes it anew, with its keys sorted and without comments.
    """
    found = []
    if stored.get("image") != wanted.get("image"):
        found.append(
            f"image ({_shown(stored.get('image'))} there, {_shown(wanted.get('image'))} here)"
        )
    found += _conda_differences(stored.get("condaFile") or "", wanted.get("condaFile") or "")
    if stored.get("build"):
        found.append("build context (there)")
    if _system(stored) != _system(wanted):
        found.append(
            f"operating system ({_shown(_system(stored))} there, {_shown(_system(wanted))} here)"
        )
    if _routes(stored) != _routes(wanted):
        found.append("inference configuration")
    return found


def _conda_differences(stored: object, wanted: object) -> list[str]:
    if stored == wanted:
        return []
    try:
        there, here = _parsed(stored), _parsed(wanted)
        if _canonical(there) == _canonical(here):
            return []
    except (ValueError, TypeError, RecursionError):
        return ["conda file (one of the two cannot be read)"]
    theirs, ours = dict.fromkeys(_entries(there)), dict.fromkeys(_entries(here))
    parts = [_listed("there", [entry for entry in theirs if entry not in ours])]
    parts += [_listed("here", [entry for entry in ours if entry not in theirs])]
    return [f"conda file ({'; '.join(filter(None, parts)) or 'the order of its entries'})"]


def _parsed(text: object) -> Any:
    """What a conda file says, read by YAML 1.1 as conda and azure-ai-ml do.

    Raises:
        ValueError, TypeError, RecursionError: it cannot be read, or its aliases stand for too much.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if not isinstance(text, str) or len(text) > _LONGEST_CONDA_FILE:
        raise ValueError("no text, or too long")
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
    """The nodes below one, each as often as an alias repeats it. In a circle they would be without end."""
    if id(node) not in known:
        known[id(node)] = (
            _MOST_NODES + 1
        )  # as long as it is not counted: who meets it again is below itself
        children = node.value if not isinstance(node.value, str) else ()
        flat = [
            part for child in children for part in (child if isinstance(child, tuple) else (child,))
        ]
        known[id(node)] = 1 + sum(_size(child, known) for child in flat)
    return known[id(node)]


def _canonical(content: object) -> str:
    """A text that is equal for equal content. In Python 1 and True would be equal."""
    return json.dumps(content, sort_keys=True, default=repr)


def _entries(content: object, key: str = "") -> Iterator[tuple[str, str]]:
    """The single values of a conda file, and how each is shown: of `variables` and the like by its key alone."""
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


def _listed(where: str, entries: Sequence[tuple[str, str]]) -> str:
    told = [_shown(entry) for _, entry in entries[:_SHOWN]]
    more = f" and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else ""
    return f"{where} {', '.join(told)}{more}" if entries else ""


def _shown(value: object) -> str:
    """For a log: what is there was written by others, and may hold a credential."""
    text = str(value)
    if holds_credential(text):
        return "an entry with a credential"
    return shown(text) if value else "none"


def _system(properties: Mapping[str, Any]) -> str:
    return str(properties.get("osType") or "Linux").lower()


def _routes(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The routes of the inference configuration; null stands for none."""
    config = properties.get("inferenceConfig") or {}
    return (
        {name: route for name, route in config.items() if route}
        if isinstance(config, dict)
        else {"": config}
    )
