"""Changing a text at known places, and leaving every other byte as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from private_wheel.environment.text.yaml import Node


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
        at = olds[stay[0]].start if stay else node.start + 1
        splices.append(Splice(start=at, end=at, new=", ".join(first_new) + (", " if stay else "")))
    at = node.start
    for item in items[len(first_new) :]:
        if item.origin is None:
            splices.append(Splice(start=at, end=at, new=f", {item.source}"))
            continue
        at = olds[item.origin].end
        if item.source is not None:
            splices.append(Splice(start=olds[item.origin].start, end=at, new=item.source))
    return splices + _flow_removals(text, node, _gone(node, items), stay[-1] if stay else -1)


# What may stand between an item and the comma behind it, and behind the last item of a line.
_TO_COMMA = re.compile(r"(?:\s+|#.*)*")
_TO_LINE_END = re.compile(r"[ \t]*(?:#.*)?\n")
_BLANKS = re.compile(r"[ \t]*")


def _flow_removals(text: str, node: Node, gone: Sequence[int], last: int) -> list[Splice]:
    """`last` is the last item that stays, -1 if none does."""
    olds, splices, done = node.items, [], node.start + 1
    if 0 <= last < len(olds) - 1:
        comma = _comma(text, olds[last])
        is_before_item = "\n" not in text[comma : olds[last + 1].start]
        if is_before_item and not text.startswith(",", _comma(text, olds[-1])):
            splices.append(Splice(start=comma, end=comma + 1, new=""))
    for origin in gone:
        comma = _comma(text, olds[origin])
        start, end = olds[origin].start, olds[origin].end
        if "\n" in text[end:comma] and text.startswith(",", comma):
            splices.append(Splice(start=comma, end=comma + 1, new=""))
        elif text.startswith(",", comma):
            end = comma + 1
        start, end = _with_blanks(text, start, end, done, is_behind_all=origin > last)
        splices.append(Splice(start=start, end=end, new=""))
        done = end
    return splices


def _with_blanks(
    text: str, start: int, end: int, done: int, *, is_behind_all: bool
) -> tuple[int, int]:
    """What goes with an item of a flow list: its whole lines with their comment if nothing else stands there, else the
    blanks on the side of the items that go. What stands before `done` goes or is the bracket."""
    line = text.rfind("\n", done - 1, start) + 1
    before = text[line or done : start]
    is_first = line > 0 and not before.strip()
    to_line_end = _TO_LINE_END.match(text, end)
    if to_line_end and is_first:
        return line, to_line_end.end()
    if not is_first and (to_line_end or is_behind_all):
        return start - len(before) + len(before.rstrip()), end
    blanks = _BLANKS.match(text, end)
    return start, blanks.end() if blanks else end


def _comma(text: str, item: Node) -> int:
    """Where the next comma or bracket stands."""
    between = _TO_COMMA.match(text, item.end)
    return between.end() if between else item.end


def _gone(node: Node, items: Sequence[Item]) -> list[int]:
    stay = {item.origin for item in items}
    return [origin for origin in range(len(node.items)) if origin not in stay]


def _first_old(items: Sequence[Item]) -> int:
    return next((place for place, item in enumerate(items) if item.origin is not None), len(items))
