"""Changing a text at known places, and leaving every other byte as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from private_wheel.environment.yaml_text import Node


@dataclass(frozen=True, kw_only=True)
class Splice:
    """`text[start:end]` becomes `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """An item as it will stand in a list: `origin` is its place in the old list (None: it is new), `source` its new
    text (None: it stays as it is)."""

    origin: int | None
    source: str | None


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """`text` with all splices; of two at one place the insertion comes first."""
    parts, done = [], 0
    for splice in sorted(splices, key=lambda splice: (splice.start, splice.end)):
        parts += [text[done : splice.start], splice.new]
        done = splice.end
    return "".join([*parts, text[done:]])


def line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def line_end(text: str, index: int) -> int:
    """Where the next line begins."""
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1


def list_splices(text: str, node: Node, items: Sequence[Item]) -> list[Splice]:
    """The splices that make the list at `node` into `items`, which keep the old order.

    Raises:
        ValueError: the list is written so unusually that its lines cannot be told apart.
    """
    return _flow_splices(text, node, items) if node.flow else _block_splices(text, node, items)


def _block_splices(text: str, node: Node, items: Sequence[Item]) -> list[Splice]:
    margin = " " * node.column + "-"
    chunks = []
    for old in node.items:
        start = text.rfind("\n" + margin, 0, old.start) + 1
        if not start and not text.startswith(margin):
            raise ValueError("not one item a line")
        chunks.append((start, line_end(text, old.end)))
    splices, at = [], _before_comments(text, chunks[0][0])
    for item in items:
        if item.origin is not None:
            at = chunks[item.origin][1]
            old = node.items[item.origin]
            if item.source is not None:
                splices.append(Splice(start=old.start, end=old.end, new=item.source))
        else:
            splices.append(Splice(start=at, end=at, new=f"{margin} {item.source}\n"))
    for origin in _gone(node, items):
        splices.append(Splice(start=chunks[origin][0], end=chunks[origin][1], new=""))
    return splices


def _before_comments(text: str, index: int) -> int:
    """Where the comments and blank lines above the line at `index` begin: a comment belongs to what is below it."""
    while index and re.fullmatch(r"\s*(#.*)?\n", text[line_start(text, index - 1) : index]):
        index = line_start(text, index - 1)
    return index


def _flow_splices(text: str, node: Node, items: Sequence[Item]) -> list[Splice]:
    olds, splices = node.items, []
    stay = [item.origin for item in items if item.origin is not None]
    first_new = [item.source or "" for item in items[: _first_old(items)]]
    if first_new:
        at = olds[0].start if olds else node.start + 1
        splices.append(Splice(start=at, end=at, new=", ".join(first_new) + (", " if stay else "")))
    at = node.start
    for item in items[len(first_new) :]:
        if item.origin is None:
            splices.append(Splice(start=at, end=at, new=f", {item.source}"))
            continue
        at = olds[item.origin].end
        if item.source is not None:
            splices.append(Splice(start=olds[item.origin].start, end=at, new=item.source))
    for origin in _gone(node, items):
        later = [place for place in stay if place > origin]
        start, end = (olds[origin].start, olds[origin + 1].start) if later else (olds[origin].start, olds[origin].end)
        if not later and stay:
            start = olds[origin - 1].end
        splices.append(Splice(start=start, end=end, new=""))
    return splices


def _gone(node: Node, items: Sequence[Item]) -> list[int]:
    stay = {item.origin for item in items}
    return [origin for origin in range(len(node.items)) if origin not in stay]


def _first_old(items: Sequence[Item]) -> int:
    return next((place for place, item in enumerate(items) if item.origin is not None), len(items))
