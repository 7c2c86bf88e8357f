"""A conda file with the packages in it: which parts of its text change, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from private_wheel.environment.addition import Addition
from private_wheel.environment.pip.lines import Entry, PipLine
from private_wheel.environment.pip.part import extend_pip_part
from private_wheel.environment.text.conda import CondaPart, canonical_name
from private_wheel.environment.text.conda_python import Dependency, Python, with_python
from private_wheel.environment.text.nodes import Node, plain_data
from private_wheel.environment.text.scalars import scalar
from private_wheel.environment.text.splices import (
    Item,
    Splice,
    UnsupportedListError,
    line_end,
    list_splices,
)
from private_wheel.environment.wrong_file import WrongFile


@dataclass(frozen=True, kw_only=True)
class CondaChange:
    """What changes in the text, and what must be read from it afterwards.

    `lines` are the lines of the pip part as they will be. `leaves_out_packages` tells that there
    are conda packages, which a requirements file cannot have.
    """

    splices: tuple[Splice, ...]
    data: dict[str, Any]
    python: Python
    lines: tuple[PipLine, ...]
    leaves_out_packages: bool


def extend_conda(part: CondaPart, addition: Addition) -> CondaChange:
    """Put the packages into the pip part, and pip and Python among the dependencies.

    Raises:
        WrongFile: A line cannot stay, or the file is written in a way that cannot be extended.
    """
    entries = extend_pip_part(part.lines, addition, part.path, part.directory)
    values = [_value(part, entry) for entry in entries]
    dependencies, python = with_python(
        _kept(part, addition), part.dependencies.items, addition, part.path
    )
    if entries:
        dependencies = _with_pip(dependencies, values)
    items = [_item(part, dependency) for dependency in dependencies]
    splices = [
        *_pip_splices(part, entries, values),
        *_list_splices(part, part.dependencies, items),
    ]
    packages = {item.name for item in dependencies if isinstance(item.value, str)}
    data = {
        **plain_data(part.node),
        "dependencies": [dependency.value for dependency in dependencies],
    }
    return CondaChange(
        splices=tuple(splices),
        data=data,
        python=python,
        lines=tuple(entry.line for entry in entries),
        leaves_out_packages=bool(packages - {"python", "pip"}),
    )


def _value(part: CondaPart, entry: Entry) -> str:
    """Return the item of the pip section for a line: with its comment if that is inside quotes."""
    if entry.origin is None or part.pip is None:
        return entry.text
    line = part.lines[entry.origin]
    if line.text == entry.text:
        return part.pip.items[entry.origin].value
    return entry.text + line.comment


def _kept(part: CondaPart, addition: Addition) -> list[Dependency]:
    """Return the file's dependencies without those that are packages of the addition."""
    ours = {package.canonical_name for package in addition.packages}
    # conda would install its own build of the package next to the wheel.
    kept = []
    for position, item in enumerate(part.dependencies.items):
        name = canonical_name(item)
        if name not in ours:
            kept.append(Dependency(old=position, name=name, value=plain_data(item)))
    return kept


def _with_pip(dependencies: Sequence[Dependency], values: Sequence[str]) -> list[Dependency]:
    """Return the dependencies with pip, and with a pip section that has these values."""
    # conda warns about a pip section without pip among the dependencies, and adds pip itself.
    has_pip = any(dependency.name == "pip" for dependency in dependencies)
    pip = [] if has_pip else [Dependency(old=None, name="pip", value="pip")]
    section = Dependency(old=None, name="", value={"pip": [*values]})
    result: list[Dependency] = []
    has_section = False
    for dependency in dependencies:
        if isinstance(dependency.value, dict):
            has_section = True
            result += [*pip, replace(section, old=dependency.old)]
        else:
            result.append(dependency)
    return result if has_section else [*result, *pip, section]


def _item(part: CondaPart, dependency: Dependency) -> Item:
    """Return the item of the list. The pip section of the file itself is spliced on its own."""
    flow = part.dependencies.flow
    value = dependency.value
    if dependency.old is not None:
        old = part.dependencies.items[dependency.old]
        is_changed = isinstance(value, str) and value != old.value
        source = scalar(value, style=old.style, flow=flow) if is_changed else None
        return Item(origin=dependency.old, source=source)
    if isinstance(value, str):
        return Item(origin=None, source=scalar(value, flow=flow))
    if flow:
        return Item(origin=None, source=f"{{pip: {_flow_list(value['pip'])}}}")
    pip_list = _block_list(value["pip"], _pip_column(part)).rstrip("\n")
    return Item(origin=None, source=f"pip:\n{pip_list}")


def _pip_column(part: CondaPart) -> int:
    """Return the column of a new pip list, indented as the dependencies are below their key."""
    dependencies, key = part.dependencies, part.node.key("dependencies")
    indentation = 2
    if dependencies.line != key.line:
        indentation = max(dependencies.column - key.column, 0)
    return dependencies.column + len("- ") + indentation


def _flow_list(values: Sequence[str]) -> str:
    return f"[{', '.join(scalar(value, flow=True) for value in values)}]"


def _block_list(values: Sequence[str], column: int) -> str:
    return "".join(f"{' ' * column}- {scalar(value)}\n" for value in values)


def _pip_splices(part: CondaPart, entries: Sequence[Entry], values: Sequence[str]) -> list[Splice]:
    """Return the splices in the pip section of the file itself."""
    pip = part.pip
    if pip is None or not entries:
        return []
    if pip.is_null:
        return _new_pip_list(part, pip, values)
    items = []
    for entry, value in zip(entries, values, strict=True):
        old = pip.items[entry.origin] if entry.origin is not None else None
        source: str | None = None
        if old is None:
            source = scalar(value, flow=pip.flow)
        elif old.value != value:
            source = scalar(value, style=old.style, flow=pip.flow)
        items.append(Item(origin=entry.origin, source=source))
    return _list_splices(part, pip, items)


def _new_pip_list(part: CondaPart, pip: Node, values: Sequence[str]) -> list[Splice]:
    """Return the splices that put a list after the `pip:` that has no value."""
    if part.dependencies.flow:
        return [Splice(start=pip.start, end=pip.end, new=f" {_flow_list(values)}")]
    next_line = line_end(part.text, pip.end)
    pip_list = _block_list(values, part.dependencies.column + 4)
    return [
        Splice(start=pip.start, end=pip.end, new=""),
        Splice(start=next_line, end=next_line, new=pip_list),
    ]


def _list_splices(part: CondaPart, node: Node, items: Sequence[Item]) -> list[Splice]:
    try:
        return list_splices(part.text, node, items)
    except UnsupportedListError as error:
        raise WrongFile(part.path, error.line, str(error)) from None
