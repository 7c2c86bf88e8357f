"""A conda file as text: its dependencies and its pip part with their places, and what changes in them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from private_wheel.environment.addition import Addition
from private_wheel.environment.pip.lines import Entry, PipLine
from private_wheel.environment.pip.part import extend_pip_part
from private_wheel.environment.text.conda_python import SPEC, Python, set_python
from private_wheel.environment.text.requirements import pip_line
from private_wheel.environment.text.splices import Item, Splice, line_end, list_splices
from private_wheel.environment.text.yaml import Node, plain_data, scalar
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import quoted, shown

_MOST_KEYS = 8  # that a sentence names
_A_LINE_EACH = "Write each package on a line of its own, with '- ' before it."


@dataclass(frozen=True, kw_only=True)
class CondaPart:
    """The conda part that stands at `node` in `text`; `lines` is its pip part."""

    text: str
    path: str
    directory: Path
    node: Node
    dependencies: Node
    pip: Node | None
    lines: tuple[PipLine, ...]

    @property
    def name(self) -> str:
        name = self.node.get("name")
        return name.value if name and not name.is_null else ""

    @property
    def packages(self) -> set[str]:
        """The canonical names of the conda packages."""
        return {_name(item) for item in self.dependencies.items if item.kind == "scalar"}


@dataclass(frozen=True, kw_only=True)
class CondaChange:
    """What is done to the text, and what must be read from it afterwards."""

    splices: tuple[Splice, ...]
    data: dict[str, Any]
    python: Python


def read_conda(text: str, node: Node, path: str, directory: Path) -> CondaPart:
    """Raises:
    WrongFile: what stands at `node` is no conda environment.
    """
    if node.kind != "mapping":
        raise WrongFile(
            path, node.line, "a conda environment is a mapping with the key dependencies."
        )
    dependencies = node.get("dependencies")
    if dependencies is None:
        raise WrongFile(
            path,
            node.line,
            f"the key dependencies is missing. {told_keys(node, ('dependencies',))}",
        )
    if dependencies.kind != "list":
        raise WrongFile(path, dependencies.line, f"dependencies is no list. {_A_LINE_EACH}")
    pip: list[Node] = []
    for item in dependencies.items:
        if item.kind == "mapping" and pip:
            what = (
                "this is a second pip section: conda would read this one alone. Make one of them."
            )
            raise WrongFile(path, item.line, what)
        elif item.kind == "mapping":
            pip.append(_pip_section(item, path))
        else:
            _check_text(item, path, "dependencies")
    items = pip[0].items if pip else ()
    for item in items:
        _check_text(item, path, "pip")
    lines = tuple(pip_line(item.value, path, item.line) for item in items)
    return CondaPart(
        text=text,
        path=path,
        directory=directory,
        node=node,
        dependencies=dependencies,
        pip=pip[0] if pip else None,
        lines=lines,
    )


def told_keys(node: Node, meant: Sequence[str]) -> str:
    """What there is instead of the key that is missing, and which one may be a slip for it."""
    names = [shown(key.value) for key, _ in node.pairs]
    if not names:
        return ""
    near = [key for key in meant if difflib.get_close_matches(key, names)]
    first, more = ", ".join(names[:_MOST_KEYS]), " and others" if names[_MOST_KEYS:] else ""
    return f"It has the keys {first}{more}.{f' Did you mean {near[0]}?' if near else ''}"


def _pip_section(item: Node, path: str) -> Node:
    if [key.value for key, _ in item.pairs] != ["pip"]:
        raise WrongFile(
            path, item.line, "a mapping among the dependencies can only be `pip:` with a list."
        )
    pip = item.pairs[0][1]
    if pip.kind != "list" and not pip.is_null:
        raise WrongFile(path, pip.line, f"pip is no list. {_A_LINE_EACH}")
    return pip


def _check_text(item: Node, path: str, where: str) -> None:
    if item.kind != "scalar":
        raise WrongFile(
            path, item.line, f"a list or mapping stands in {where}, where each item is a text."
        )
    if not item.is_text:
        what = (
            f"{quoted(item.value)} stands in {where} and is no text to YAML."
            if item.value
            else f"{where} has an empty item."
        )
        raise WrongFile(path, item.line, f"{what} Write a package there, or take it out.")
    if item.value.splitlines() != [item.value]:
        raise WrongFile(
            path, item.line, f"an item of {where} holds several lines. Make an item of each."
        )
    if item.value.endswith("\\"):
        raise WrongFile(path, item.line, "the item goes on in the next one (\\). Write it as one.")


def extend_conda(part: CondaPart, addition: Addition) -> CondaChange:
    """The packages in the pip part, pip and python among the dependencies.

    Raises:
        WrongFile: a line of the pip part cannot stay, see `extend_pip_part`.
    """
    entries = extend_pip_part(part.lines, addition, part.path, part.directory)
    pip_values = [_with_comment(part, entry) for entry in entries]
    old = part.dependencies.items
    ours = {package.canonical_name for package in addition.packages}
    names = [_name(item) for item in old]
    wanted: list[tuple[int | None, Any]] = [
        (place, plain_data(item)) for place, item in enumerate(old) if names[place] not in ours
    ]
    python = set_python(wanted, names, old, addition, part.path)
    has_pip = part.pip is not None
    if entries and "pip" not in names:
        at = next(
            (at for at, (_, value) in enumerate(wanted) if isinstance(value, dict)), len(wanted)
        )
        wanted.insert(at, (None, "pip"))
    if entries and not has_pip:
        wanted.append((None, {"pip": pip_values}))
    splices = _pip_splices(part, entries, pip_values)
    try:
        splices += list_splices(
            part.text, part.dependencies, [_item(part, *item) for item in wanted]
        )
    except ValueError as error:
        raise WrongFile(
            part.path, part.dependencies.line, f"the list cannot be extended: {error}."
        ) from None
    values = [
        {"pip": pip_values} if isinstance(value, dict) and entries else value for _, value in wanted
    ]
    data = {**plain_data(part.node), "dependencies": values}
    return CondaChange(splices=tuple(splices), data=data, python=python)


def _with_comment(part: CondaPart, entry: Entry) -> str:
    if entry.origin is None or part.pip is None:
        return entry.text
    line = part.lines[entry.origin]
    return (
        part.pip.items[entry.origin].value if line.text == entry.text else entry.text + line.comment
    )


def _name(item: Node) -> str:
    """The canonical name of a conda dependency; of the pip section none."""
    from packaging.utils import canonicalize_name

    spec = SPEC.match(item.value)
    return canonicalize_name(spec["name"]) if spec else ""


def _item(part: CondaPart, origin: int | None, value: Any) -> Item:
    flow = part.dependencies.flow
    if origin is not None:
        old = part.dependencies.items[origin]
        changed = isinstance(value, str) and value != old.value
        return Item(
            origin=origin, source=scalar(value, style=old.style, flow=flow) if changed else None
        )
    if isinstance(value, str):
        return Item(origin=None, source=scalar(value, flow=flow))
    if flow:
        return Item(origin=None, source=f"{{pip: {_flow_list(value['pip'])}}}")
    key = part.node.key("dependencies")
    offset = (
        max(part.dependencies.column - key.column, 0) if part.dependencies.line != key.line else 2
    )
    return Item(
        origin=None,
        source=f"pip:\n{_block_list(value['pip'], part.dependencies.column + 2 + offset)[:-1]}",
    )


def _flow_list(values: Sequence[str]) -> str:
    return f"[{', '.join(scalar(value, flow=True) for value in values)}]"


def _block_list(values: Sequence[str], column: int) -> str:
    return "".join(f"{' ' * column}- {scalar(value)}\n" for value in values)


def _pip_splices(part: CondaPart, entries: Sequence[Entry], values: Sequence[str]) -> list[Splice]:
    if part.pip is None or not entries:
        return []
    pip = part.pip
    if pip.is_null:
        if part.dependencies.flow:
            return [Splice(start=pip.start, end=pip.end, new=f" {_flow_list(values)}")]
        at = line_end(part.text, pip.end)
        return [
            Splice(start=pip.start, end=pip.end, new=""),
            Splice(start=at, end=at, new=_block_list(values, part.dependencies.column + 4)),
        ]
    items = []
    for entry, value in zip(entries, values, strict=True):
        old = pip.items[entry.origin] if entry.origin is not None else None
        source = (
            None
            if old and old.value == value
            else scalar(value, style=old.style if old else "", flow=pip.flow)
        )
        items.append(Item(origin=entry.origin, source=source))
    try:
        return list_splices(part.text, pip, items)
    except ValueError as error:
        raise WrongFile(part.path, pip.line, f"the list cannot be extended: {error}.") from None
