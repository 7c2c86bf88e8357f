"""Your file, or a fresh one, with the packages: conda file, environment YAML, requirements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from private_wheel.environment.addition import DEFAULT_IMAGE, ENVIRONMENT_NAME, Addition
from private_wheel.environment.base import Base
from private_wheel.environment.pip.lines import PipLine
from private_wheel.environment.pip.part import extend_pip_part
from private_wheel.environment.text.anchors import check_anchors
from private_wheel.environment.text.check import check_requirements, check_yaml
from private_wheel.environment.text.conda import CondaPart
from private_wheel.environment.text.conda_change import CondaChange, extend_conda
from private_wheel.environment.text.conda_python import Python
from private_wheel.environment.text.definition import inside_text, set_conda, set_keys
from private_wheel.environment.text.fresh import fresh_conda, fresh_definition, fresh_requirements
from private_wheel.environment.text.nodes import Document, Node, plain_data
from private_wheel.environment.text.requirements import (
    Requirements,
    joined,
    with_entries,
)
from private_wheel.environment.text.splices import Splice, spliced
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import quoted

_EXTRA = ("description", "tags", "inference_config")


@dataclass(frozen=True, kw_only=True)
class Extended:
    """The environment with the packages in it, and the text of each file.

    `pip_lines` are the lines for pip, without comments. `extra` is what a definition says beyond
    name, version, image and conda file. `python_line` is the line for Python in your conda file,
    0 if your file does not specify the version; `python_is_open` tells that this line allows
    several versions.
    """

    name: str
    version: str
    image: str
    python_version: str
    python_line: int = field(compare=False)
    python_is_open: bool = field(compare=False)
    conda: str
    definition: str
    requirements: str
    pip_lines: tuple[PipLine, ...]
    extra: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Content:
    """The packages of an environment: the conda text and what it says, and the requirements."""

    conda: str
    data: Mapping[str, Any]
    python: Python
    requirements: str
    lines: tuple[PipLine, ...]


def extend(base: Base | None, addition: Addition) -> Extended:
    """Put the packages into `base`, or into a fresh environment.

    Extending the result again changes nothing.

    Raises:
        WrongFile: Something in the file cannot stay, or it is written in a way that cannot be
            extended.
    """
    if base and base.definition:
        return _extend_definition(base.definition, base.conda, addition)
    path = base.path if base else "conda.yml"
    name = addition.name or addition.packages[0].canonical_name
    image = addition.image or DEFAULT_IMAGE
    if base and base.conda:
        content = _extend_conda_file(base.conda, addition)
    elif base and base.requirements:
        content = _extend_requirements(base.requirements, name, addition)
    else:
        content = _extend_requirements(_no_requirements(path), name, addition)
    text, data = fresh_definition(name, addition.version, image, content.conda, content.data)
    check_yaml(text, data, path, 1)
    return _extended(content, text, data)


def _extend_definition(document: Document, part: CondaPart | None, addition: Addition) -> Extended:
    keys = _keys(document, addition)
    # A part that the definition contains changes in place; any other one is put inside.
    if part and part.document is document:
        return _extend_inside(document, part, keys, addition)
    if part:
        content = _extend_conda_file(part, addition)
    else:
        empty = _no_requirements(document.path)
        content = _extend_requirements(empty, keys["name"], addition)
    splices = set_conda(document, content.conda)
    written, data = _splice_definition(document, keys, splices, addition, content.data)
    return _extended(content, written.text, {**data, **keys})


def _extend_inside(
    document: Document, part: CondaPart, keys: Mapping[str, str], addition: Addition
) -> Extended:
    """Extend a definition that contains its conda part."""
    change = extend_conda(part, addition)
    written, data = _splice_definition(document, keys, change.splices, addition, change.data)
    conda = inside_text(written)
    # On its own it must say the same: it is registered, and written as conda.yml.
    check_yaml(conda, change.data, document.path, part.node.line)
    return _extended(_content(conda, change, part), written.text, {**data, **keys})


def _keys(document: Document, addition: Addition) -> dict[str, str]:
    """Return name, version and image: what the user asked for, else the definition's own."""
    name, image = _own(document.root, "name"), _own(document.root, "image")
    if name and not addition.name and not ENVIRONMENT_NAME.match(name):
        problem = f"the name {quoted(name)} is not valid in Azure ML."
        rule = "Use letters, digits, '_' and '-', and do not start with Microsoft or AzureML."
        line = document.root.key("name").line
        raise WrongFile(document.path, line, f"{problem} {rule} Or set environment-name.")
    return {
        "name": addition.name or name or addition.packages[0].canonical_name,
        "version": addition.version,
        "image": addition.image or image or DEFAULT_IMAGE,
    }


def _own(root: Node, key: str) -> str:
    node = root.get(key)
    return node.value if node and not node.is_null else ""


def _splice_definition(
    document: Document,
    keys: Mapping[str, str],
    conda_splices: Iterable[Splice],
    addition: Addition,
    conda_data: Mapping[str, Any],
) -> tuple[Document, dict[str, Any]]:
    """Return the changed definition, and what it must say."""
    asked = {"name": addition.name, "version": addition.version, "image": addition.image}
    changed: dict[str, str | None] = {}
    for key, value in keys.items():
        is_changed = bool(asked[key]) or not _own(document.root, key)
        changed[key] = value if is_changed else None
    splices = [*set_keys(document, changed), *conda_splices]
    check_anchors(document, splices)
    text = spliced(document.text, splices)
    data = plain_data(document.root)
    data |= {key: value for key, value in changed.items() if value}
    data["conda_file"] = conda_data
    node = document.root.get("conda_file")
    line = node.line if node else document.root.line
    return check_yaml(text, data, document.path, line), data


def _extend_conda_file(part: CondaPart, addition: Addition) -> _Content:
    change = extend_conda(part, addition)
    check_anchors(part.document, change.splices)
    text = spliced(part.text, change.splices)
    check_yaml(text, change.data, part.path, part.dependencies.line)
    return _content(text, change, part)


def _content(conda: str, change: CondaChange, part: CondaPart) -> _Content:
    requirements = fresh_requirements(
        part.name,
        [line.text for line in change.lines],
        leaves_out_packages=change.leaves_out_packages,
    )
    return _Content(
        conda=conda,
        data=change.data,
        python=change.python,
        requirements=requirements,
        lines=change.lines,
    )


def _no_requirements(path: str) -> Requirements:
    """Return an empty file: extended, it makes a fresh environment."""
    return Requirements(path=path, text="", directory=Path.cwd(), blocks=())


def _extend_requirements(file: Requirements, name: str, addition: Addition) -> _Content:
    """Extend a requirements file, and make it the pip part of a fresh conda file."""
    entries = extend_pip_part(file.lines, addition, file.path, file.directory)
    text = with_entries(file, entries)
    written = check_requirements(text, file, [entry.text for entry in entries])
    python_version = addition.python_version or addition.default_python
    conda, data = fresh_conda(name, python_version, written)
    check_yaml(conda, data, file.path, 1)
    return _Content(
        conda=conda,
        data=data,
        python=Python(version=python_version),
        requirements=text,
        lines=written.lines,
    )


def _extended(content: _Content, definition: str, data: Mapping[str, Any]) -> Extended:
    """Return the environment of which the definition says `data`."""
    return Extended(
        name=data["name"],
        version=data["version"],
        image=data["image"],
        python_version=content.python.version,
        python_line=content.python.line,
        python_is_open=content.python.is_open,
        conda=content.conda,
        definition=definition,
        requirements=content.requirements,
        pip_lines=tuple(joined(line) for line in content.lines if line.text),
        extra={key: data[key] for key in _EXTRA if data.get(key) is not None},
    )
