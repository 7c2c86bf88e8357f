"""The user's file, or a fresh one, with the packages in it: as conda file, as Azure ML's YAML, and as requirements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from private_wheel.environment.addition import DEFAULT_IMAGE, ENVIRONMENT_NAME, Addition
from private_wheel.environment.base import Base
from private_wheel.environment.pip.lines import PipLine
from private_wheel.environment.pip.part import extend_pip_part
from private_wheel.environment.text.anchors import check_anchors
from private_wheel.environment.text.conda import extend_conda, read_conda
from private_wheel.environment.text.conda_python import Python
from private_wheel.environment.text.definition import (
    SCHEMA,
    fresh_definition,
    inside_text,
    set_conda,
    set_keys,
)
from private_wheel.environment.text.requirements import (
    comments_between,
    read_requirements,
    with_entries,
)
from private_wheel.environment.text.splices import spliced
from private_wheel.environment.text.yaml import Node, parse, plain_data, scalar
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import quoted

# Unpinned, a new pip would change old images: https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-environments
_PIP = "25.2"
_LAST_PIP = {"3.6": "21.3.1", "3.7": "24.0", "3.8": "25.0.1"}
_EXTRA = ("description", "tags", "inference_config")


@dataclass(frozen=True, kw_only=True)
class Extended:
    """What holds after the extension, and the text of each file.

    `pip_lines` is the pip part as pip reads it; `extra` is what a definition says beyond name, version, image and conda
    file. `python_line` is that of the line for Python in the user's conda part, 0 if an input, the default or an added
    line says the version; `python_is_open` says that the line leaves several to choose from.
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
class _Conda:
    text: str
    data: Mapping[str, Any]
    python: Python


def extend(base: Base | None, addition: Addition) -> Extended:
    """`base` with the packages; without one, a fresh environment. Extended twice it is the same as extended once.

    Raises:
        WrongFile: something in it cannot stay, or it is written so unusually that it cannot be extended.
    """
    if base is None:
        addition = _with_python(addition)
        base = _fresh_base(
            addition.name or addition.packages[0].canonical_name, addition, "conda.yml"
        )
    if base.kind == "azureml":
        return _extend_definition(base, addition)
    name, image = _environment_name(base, addition), addition.image or DEFAULT_IMAGE
    if base.kind == "requirements":
        requirements = _extend_requirements(base, addition)
        conda = _conda_of(requirements, name, addition, base.path)
    else:
        conda = _extend_conda(base, addition)
        requirements = _requirements_of(conda)
    definition = fresh_definition(name, addition.version, image, conda.text)
    expected = {
        "$schema": SCHEMA,
        "name": name,
        "version": addition.version,
        "image": image,
        "conda_file": conda.data,
    }
    _check(definition, expected, base.path, 1)
    return _extended(name, image, conda, definition, expected, requirements)


def _extend_definition(base: Base, addition: Addition) -> Extended:
    root = parse(base.text, base.path)
    name = _environment_name(base, addition)
    own_image = _own(root, "image")
    image = addition.image or own_image or DEFAULT_IMAGE
    wanted = {
        "name": None if _own(root, "name") and not addition.name else name,
        "version": addition.version,
        "image": None if own_image and not addition.image else image,
    }
    splices = set_keys(base.text, root, wanted)
    node = root.get("conda_file")
    if node is not None and node.kind == "mapping":
        change = extend_conda(read_conda(base.text, node, base.path, base.directory), addition)
        splices += change.splices
        conda = _Conda(text="", data=change.data, python=change.python)
    else:
        path = base.conda_path or base.path
        named = Base(kind="conda", path=path, text=base.conda, directory=base.directory)
        if not base.conda:
            addition = _with_python(addition)
            named = _fresh_base(name, addition, path)
        conda = _extend_conda(named, addition)
        splices += set_conda(base.text, root, conda.text)
    check_anchors(base.text, splices, base.path)
    definition = spliced(base.text, splices)
    line = node.line if node else root.line
    expected = {
        **plain_data(root),
        **{key: value for key, value in wanted.items() if value},
        "conda_file": conda.data,
    }
    extended = _check(definition, expected, base.path, line)
    if not conda.text:
        conda = replace(conda, text=inside_text(definition, extended))
        _check(conda.text, conda.data, base.path, line)
    return _extended(name, image, conda, definition, expected, _requirements_of(conda))


def _extended(
    name: str,
    image: str,
    conda: _Conda,
    definition: str,
    data: Mapping[str, Any],
    requirements: str,
) -> Extended:
    """`data` is what the definition says."""
    return Extended(
        name=name,
        version=str(data["version"]),
        image=image,
        python_version=conda.python.version,
        python_line=conda.python.line,
        python_is_open=conda.python.is_open,
        conda=conda.text,
        definition=definition,
        requirements=requirements,
        pip_lines=tuple(
            replace(block.pip, text=_joined(block.pip.text))
            for block in read_requirements(requirements, "requirements.txt")
        ),
        extra={key: data[key] for key in _EXTRA if data.get(key) is not None},
    )


def _own(root: Node, name: str) -> str:
    node = root.get(name)
    return node.value if node and not node.is_null else ""


def _environment_name(base: Base, addition: Addition) -> str:
    """The name that is asked for, else an environment YAML's own, else the first package's."""
    own = ""
    if not addition.name and base.kind == "azureml":
        root = parse(base.text, base.path)
        own = _own(root, "name")
        if own and not ENVIRONMENT_NAME.match(own):
            what = f"the name {quoted(own)} is none that Azure ML takes: letters, digits, '_' and '-', not beginning with"
            raise WrongFile(
                base.path,
                root.key("name").line,
                f"{what} Microsoft or AzureML. Set environment-name.",
            )
    return addition.name or own or addition.packages[0].canonical_name


def _with_python(addition: Addition) -> Addition:
    """No line of the user's says the Python: the addition does."""
    return replace(addition, python_version=addition.python_version or addition.default_python)


def _fresh_base(name: str, addition: Addition, path: str) -> Base:
    python_version = addition.python_version
    pip = _LAST_PIP.get(".".join(python_version.split(".")[:2]), _PIP)
    text = f"name: {scalar(name)}\nchannels:\n  - conda-forge\ndependencies:\n  - python={python_version}\n  - pip={pip}\n"
    return Base(kind="conda", path=path, text=text, directory=Path.cwd())


def _extend_conda(base: Base, addition: Addition) -> _Conda:
    part = read_conda(base.text, parse(base.text, base.path), base.path, base.directory)
    change = extend_conda(part, addition)
    check_anchors(base.text, change.splices, base.path)
    text = spliced(base.text, change.splices)
    _check(text, change.data, base.path, part.dependencies.line)
    return _Conda(text=text, data=change.data, python=change.python)


def _check(text: str, expected: Mapping[str, Any], path: str, line: int) -> Node:
    """What was spliced must read as what was meant: a net below all the ways in which YAML can be written."""
    try:
        root = parse(text, path)
        is_right = plain_data(root) == expected
    except WrongFile:
        is_right = False
    if not is_right:
        raise WrongFile(
            path,
            line,
            "this is written so unusually that it cannot be extended. Write an item a line.",
        )
    return root


def _extend_requirements(base: Base, addition: Addition) -> str:
    blocks = read_requirements(base.text, base.path)
    lines = [block.pip for block in blocks]
    entries = extend_pip_part(lines, addition, base.path, base.directory)
    text = with_entries(base.text, blocks, entries)
    try:
        read = [block.pip.text for block in read_requirements(text, base.path)]
    except WrongFile:
        read = []
    if read != [entry.text for entry in entries]:
        what = "the lines are written so unusually that they cannot be extended. Write each package on one line."
        raise WrongFile(base.path, blocks[0].pip.line if blocks else 1, what)
    return text


def _conda_of(requirements: str, name: str, addition: Addition, path: str) -> _Conda:
    """A fresh conda file with the requirements file as its pip part, comments kept."""
    addition = _with_python(addition)
    fresh = _fresh_base(name, addition, path)
    blocks = read_requirements(requirements, path)
    lines = ["  - pip:"]
    for place, comments in enumerate(comments_between(requirements, blocks)):
        lines += [f"      {comment}" for comment in comments]
        if place < len(blocks):
            pip = blocks[place].pip
            lines.append(
                f"      - {scalar(_joined(pip.text))}{'  ' if pip.comment else ''}{pip.comment.strip()}"
            )
    data = plain_data(parse(fresh.text, path))
    data["dependencies"].append({"pip": [_joined(block.pip.text) for block in blocks]})
    text = fresh.text + "\n".join(lines) + "\n"
    _check(text, data, path, 1)
    return _Conda(text=text, data=data, python=Python(version=addition.python_version))


def _requirements_of(conda: _Conda) -> str:
    """The pip part of a conda file, which says so if it leaves conda packages out."""
    part = read_conda(conda.text, parse(conda.text, "conda.yml"), "conda.yml", Path.cwd())
    name = " ".join(part.name.split()) or "the conda file"
    first = (
        f"# The pip part of {name}: conda packages are not in it.\n"
        if part.packages - {"python", "pip"}
        else ""
    )
    return first + "".join(f"{line.text}\n" for line in part.lines if line.text)


def _joined(text: str) -> str:
    """A logical line without the indentation of the physical lines that it was made of."""
    return re.sub(r"(?<!\s)\s{2,}(?=--)", " ", text)
