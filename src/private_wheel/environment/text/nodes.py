"""A YAML document as nodes that know their position in the text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["scalar", "list", "mapping"]


@dataclass(frozen=True, kw_only=True)
class Node:
    """A value and its position: `text[start:end]`, without the comments after it.

    `style` of a scalar is its quote, `|` or `>`; `tag` is its type in YAML, such as `str`.
    """

    kind: Kind
    start: int
    end: int
    line: int
    column: int
    flow: bool = False
    value: str = ""
    style: str = ""
    tag: str = ""
    items: tuple[Node, ...] = ()
    pairs: tuple[tuple[Node, Node], ...] = ()

    @property
    def is_text(self) -> bool:
        """Tell whether YAML reads a string."""
        return self.tag == "str"

    @property
    def is_null(self) -> bool:
        """Tell whether YAML reads null."""
        return self.tag == "null"

    def scalars(self) -> Iterator[Node]:
        """Yield all scalars in it, keys included."""
        if self.kind == "scalar":
            yield self
        for item in self.items:
            yield from item.scalars()
        for key, value in self.pairs:
            yield from key.scalars()
            yield from value.scalars()

    def get(self, name: str) -> Node | None:
        """Return the value of a key of the mapping, if it has the key."""
        for key, value in self.pairs:
            if key.value == name:
                return value
        return None

    def key(self, name: str) -> Node:
        """Return a key of the mapping, which must exist."""
        return next(key for key, _ in self.pairs if key.value == name)


@dataclass(frozen=True, kw_only=True)
class AnchorUse:
    """An alias and the anchor that it refers to. `anchor` and `alias` are indexes in the text."""

    name: str
    anchor: int
    anchor_line: int
    alias: int


@dataclass(frozen=True, kw_only=True)
class Document:
    """A YAML text that was read once: what it contains, and where."""

    path: str
    text: str
    root: Node
    anchor_uses: tuple[AnchorUse, ...] = ()


def plain_data(node: Node) -> Any:
    """Return the node as lists, dictionaries and scalars. Dates stay text."""
    if node.kind == "list":
        return [plain_data(item) for item in node.items]
    if node.kind == "mapping":
        return {key.value: plain_data(value) for key, value in node.pairs}
    try:
        return _SCALARS.get(node.tag, str)(node.value)
    except ValueError:
        return node.value


_SCALARS: dict[str, Callable[[str], Any]] = {
    "null": lambda _: None,
    "bool": lambda value: value.lower() == "true",
    "int": lambda value: int(value.replace("_", ""), 0),
    "float": float,
}
