"""Changes at known positions of a text, which leave every other byte as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from private_wheel.environment.text.nodes import Node

_COMMENT_OR_BLANK_LINE = re.compile(r"\s*(#.*)?\n")


@dataclass(frozen=True, kw_only=True)
class Splice:
    """`text[start:end]` becomes `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """An item of the list as it will be.

    `origin` is its index in the old list, or None if it is new. `source` is its new text, or None
    if the old text stays.
    """

    origin: int | None
    source: str | None


class UnsupportedListError(ValueError):
    """A list that is written in a way that cannot be changed, with the line and the sentence."""

    def __init__(self, line: int, problem: str) -> None:
        self.line = line
        super().__init__(problem)


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """Return `text` with all splices. Of two at one position, the insertion comes first."""
    parts: list[str] = []
    done = 0
    for splice in sorted(splices, key=lambda splice: (splice.start, splice.end)):
        parts += [text[done : splice.start], splice.new]
        done = splice.end
    return "".join([*parts, text[done:]])


def line_start(text: str, index: int) -> int:
    """Return where the line of `index` begins."""
    return text.rfind("\n", 0, index) + 1


def line_end(text: str, index: int) -> int:
    """Return where the next line begins."""
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1


def list_splices(text: str, node: Node, items: Sequence[Item]) -> list[Splice]:
    """Return the splices that turn the list at `node` into `items`, which keep the old order.

    Raises:
        UnsupportedListError: The list is written in a way that cannot be changed.
    """
    if node.flow:
        return _flow_splices(text, node, items)
    return _block_splices(text, node, items)


def _block_splices(text: str, node: Node, items: Sequence[Item]) -> list[Splice]:
    margin = " " * node.column + "-"
    lines = [_whole_lines(text, node, old) for old in node.items]
    splices = []
    insert_at = _before_comments(text, lines[0][0])
    for item in items:
        if item.origin is None:
            new = f"{margin} {item.source}\n"
            splices.append(Splice(start=insert_at, end=insert_at, new=new))
            continue
        insert_at = lines[item.origin][1]
        if item.source is not None:
            splices.append(_replacement(node.items[item.origin], item.source))
    for origin in _removed(node, items):
        start, end = lines[origin]
        splices.append(Splice(start=start, end=end, new=""))
    return splices


def _whole_lines(text: str, node: Node, item: Node) -> tuple[int, int]:
    """Return where the lines of an item of a block list begin and end."""
    margin = " " * node.column + "-"
    start = text.rfind("\n" + margin, 0, item.start) + 1
    if not start and not text.startswith(margin):
        problem = "this list cannot be extended. Write each item on its own line."
        raise UnsupportedListError(node.line, problem)
    return start, line_end(text, item.end)


def _before_comments(text: str, index: int) -> int:
    """Return where the comments and blank lines above the line at `index` begin.

    A comment belongs to what is below it.
    """
    while index:
        above = line_start(text, index - 1)
        if not _COMMENT_OR_BLANK_LINE.fullmatch(text[above:index]):
            break
        index = above
    return index


def _flow_splices(text: str, node: Node, items: Sequence[Item]) -> list[Splice]:
    old_items = node.items
    kept = [item.origin for item in items if item.origin is not None]
    splices = _flow_removals(text, node, kept, _removed(node, items))
    insert_at = 0
    new_at_front: list[str] = []
    for item in items:
        if item.origin is not None:
            old = old_items[item.origin]
            insert_at = old.end
            if item.source is not None:
                splices.append(_replacement(old, item.source))
        elif insert_at:
            splices.append(Splice(start=insert_at, end=insert_at, new=f", {item.source}"))
        else:
            new_at_front.append(item.source or "")
    if new_at_front:
        front = old_items[kept[0]].start if kept else node.start + 1
        comma = ", " if kept else ""
        splices.append(Splice(start=front, end=front, new=", ".join(new_at_front) + comma))
    return splices


def _flow_removals(
    text: str, node: Node, kept: Sequence[int], removed: Sequence[int]
) -> list[Splice]:
    """Return the splices that remove items of a list in brackets, each with one comma."""
    old_items = node.items
    if removed:
        _check_no_comments(text, node)
    last_kept = kept[-1] if kept else -1
    splices = []
    for origin in removed:
        if origin < last_kept:
            start, end = old_items[origin].start, old_items[origin + 1].start
            splices.append(Splice(start=start, end=end, new=""))
    if last_kept < len(old_items) - 1:
        start = old_items[last_kept].end if kept else node.start + 1
        splices.append(Splice(start=start, end=old_items[-1].end, new=""))
    return splices


def _check_no_comments(text: str, node: Node) -> None:
    """Refuse comments between the items, which could belong to one that is removed."""
    starts = [item.start for item in node.items] + [node.end]
    ends = [node.start] + [item.end for item in node.items]
    for end, start in zip(ends, starts, strict=True):
        if "#" in text[end:start]:
            line = text.count("\n", 0, text.index("#", end)) + 1
            problem = "an item cannot be removed from a list in brackets that contains comments."
            raise UnsupportedListError(
                line, f"{problem} Write one item per line, starting with '- ', without brackets."
            )


def _replacement(old: Node, source: str) -> Splice:
    return Splice(start=old.start, end=old.end, new=source)


def _removed(node: Node, items: Sequence[Item]) -> list[int]:
    kept = {item.origin for item in items}
    return [origin for origin in range(len(node.items)) if origin not in kept]
