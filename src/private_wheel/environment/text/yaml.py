"""YAML as text and as nodes with their places: read strictly, so that every reader reads the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import quoted, shown

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError

# No environment of a person's comes near; beyond, the pure parser would take minutes for a small hostile file.
_MOST_NODES = 20_000
_DEEPEST = 30

Kind = Literal["scalar", "list", "mapping"]


@dataclass(frozen=True, kw_only=True)
class Node:
    """A value and where it stands: `text[start:end]`. The end of a block is that of its last value, without comments.

    `style` of a scalar is its quote, `|` or `>`. `is_text` says that YAML reads a string.
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
        return self.tag == "str"

    @property
    def is_null(self) -> bool:
        return self.tag == "null"

    def scalars(self) -> Iterator[Node]:
        """All keys and values below it."""
        if self.kind == "scalar":
            yield self
        for item in (*self.items, *(part for pair in self.pairs for part in pair)):
            yield from item.scalars()

    def get(self, name: str) -> Node | None:
        return next((value for key, value in self.pairs if key.value == name), None)

    def key(self, name: str) -> Node:
        return next(key for key, _ in self.pairs if key.value == name)


_LEAVE_OUT = "Leave environment-base out, or name another file."


def parse(text: str, path: str, empty: str = _LEAVE_OUT) -> Node:
    """The one document in `text`. `empty` is what to do if it has none.

    Raises:
        WrongFile: it is no YAML, or uses what readers disagree on: several documents, duplicate keys, tags, directives,
            merge keys, an alias to more than a scalar. It is empty, too large or too deep.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.nodes import ScalarNode

    yaml = YAML(typ="safe", pure=True)

    def tag_of(value: str) -> str:
        return str(yaml.resolver.resolve(ScalarNode, value, (True, False))).rpartition(":")[2]

    reader = _Reader(text, path, tag_of, empty)
    try:
        return reader.read(yaml.parse(text))
    except YAMLError as error:
        line, what = (
            _explained(error, text)
            if isinstance(error, MarkedYAMLError)
            else (reader.line, _NO_LETTER)
        )
        raise WrongFile(path, line, what) from None
    except (ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, WrongFile):
            raise
        raise WrongFile(path, reader.line, "this is not YAML that can be read.") from None


_NO_LETTER = "this is not YAML: a character that YAML does not allow."


def _explained(error: MarkedYAMLError, text: str) -> tuple[int, str]:
    """The line where the slip is, and the sentence about it."""
    mark, opened = error.problem_mark, error.context_mark
    problem = str(error.problem)
    line = mark.line + 1 if mark else 1
    if opened and error.context == "while scanning a quoted scalar" and "unexpected" in problem:
        return opened.line + 1, "a quote is opened here and not closed. Close it, or take it out."
    is_first = bool(mark) and not text.split("\n")[mark.line][: mark.column].strip()
    if is_first and problem.startswith("expected <block end>"):
        what = "the indentation of this line differs from the lines before it. Let those of one list begin alike."
        return line, what
    if "'\\t'" in problem:
        problem = "a tab stands where YAML wants blanks"
    return line, f"this is not YAML: {problem}."


class _Reader:
    def __init__(self, text: str, path: str, tag_of: Callable[[str], str], empty: str) -> None:
        self._text, self._path, self._tag_of, self._empty = text, path, tag_of, empty
        self._anchors: dict[str, Node | None] = {}
        self._nodes = 0
        self.line = 1

    def read(self, events: Iterator[Any]) -> Node:
        self._events = events
        root: Node | None = None
        for event in events:
            self.line = event.start_mark.line + 1
            name = type(event).__name__
            if name == "DocumentStartEvent":
                if root is not None:
                    raise self._wrong("a second document begins here. Only one can be extended.")
                if event.version or event.tags:
                    raise self._wrong("a YAML directive (%) stands before it. Take it out.")
                root = self._node(next(events), 0)
        if root is None or (root.is_null and root.start == root.end):
            raise WrongFile(self._path, 1, f"the file is empty. {self._empty}")
        return root

    def _wrong(self, what: str) -> WrongFile:
        return WrongFile(self._path, self.line, what)

    def _node(self, event: Any, depth: int) -> Node:
        self.line = event.start_mark.line + 1
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise self._wrong(
                f"there are more than {_MOST_NODES} values up to here: this is no environment."
            )
        if depth > _DEEPEST:
            raise self._wrong("the values are nested too deep.")
        name = type(event).__name__
        if name == "AliasEvent":
            return self._alias(event)
        if event.tag is not None:
            raise self._wrong("a tag (!) stands here. Write the value without.")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        if name == "ScalarEvent":
            node = self._scalar(event)
            if event.anchor is not None:
                self._anchors[event.anchor] = node
            return node
        return (
            self._list(event, depth)
            if name == "SequenceStartEvent"
            else self._mapping(event, depth)
        )

    def _alias(self, event: Any) -> Node:
        meant = self._anchors.get(event.anchor)
        if event.anchor not in self._anchors:
            raise self._wrong(f"the alias *{shown(event.anchor)} names nothing before it.")
        if meant is None:
            raise self._wrong(
                f"the alias *{shown(event.anchor)} stands for a list or mapping. Write it out."
            )
        place = self._at(event, "scalar")
        return replace(
            meant, start=place.start, end=place.end, line=place.line, column=place.column
        )

    def _at(self, event: Any, kind: Kind) -> Node:
        start, end = event.start_mark, event.end_mark
        return Node(
            kind=kind, start=start.index, end=end.index, line=start.line + 1, column=start.column
        )

    def _scalar(self, event: Any) -> Node:
        node = self._at(event, "scalar")
        end = node.end
        if event.style in ("|", ">"):  # its end is that of the blank lines behind
            end = node.start + len(self._text[node.start : node.end].rstrip())
        tag = self._tag_of(event.value) if event.implicit[0] else "str"
        return replace(node, end=end, value=event.value, style=event.style or "", tag=tag)

    def _list(self, event: Any, depth: int) -> Node:
        items = []
        while type(following := next(self._events)).__name__ != "SequenceEndEvent":
            items.append(self._node(following, depth + 1))
        end = following.end_mark.index if event.flow_style or not items else items[-1].end
        return replace(
            self._at(event, "list"), flow=bool(event.flow_style), end=end, items=tuple(items)
        )

    def _mapping(self, event: Any, depth: int) -> Node:
        pairs: dict[str, tuple[Node, Node]] = {}
        while type(following := next(self._events)).__name__ != "MappingEndEvent":
            key = self._node(following, depth + 1)
            self.line = key.line
            if key.kind != "scalar":
                raise self._wrong("a list or mapping stands as a key.")
            if key.value == "<<" and not key.style:
                raise self._wrong("the merge key << stands here. Write out what it merges.")
            if key.value in pairs:
                raise self._wrong(
                    f"the key {quoted(key.value)} stands here a second time. Take one of them out."
                )
            pairs[key.value] = (key, self._value(key, self._node(next(self._events), depth + 1)))
        node = self._at(event, "mapping")
        values = tuple(pairs.values())
        end = following.end_mark.index if event.flow_style or not values else values[-1][1].end
        return replace(node, flow=bool(event.flow_style), end=end, pairs=values)

    def _value(self, key: Node, value: Node) -> Node:
        """Nothing at all is found by the parser where it sees that nothing comes; it stands behind the colon."""
        if value.start != value.end or value.kind != "scalar":
            return value
        at = self._text.find(":", key.end) + 1
        return replace(value, start=at, end=at, line=key.line)


_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"}
_PLAIN = re.compile(r"(?:-{0,2}[A-Za-z_]|\d+\.\d+\.\d)[^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]*")


def scalar(value: str, *, style: str = "", flow: bool = False) -> str:
    """`value` as YAML source: plain where YAML 1.1 and 1.2 read exactly that text, else quoted. `style` is the wish."""
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    plain = (
        style == ""
        and _PLAIN.fullmatch(value)
        and value.lower() not in _WORDS
        and value == value.strip()
    )
    if (
        plain
        and not re.search(r":(?:\s|$)|\s#", value)
        and not (flow and re.search(r"[,\[\]{}:#?]", value))
    ):
        return value
    return '"' + "".join(_escaped(letter) for letter in value) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    return letter if letter.isprintable() else f"\\U{ord(letter):08X}"


def plain_data(node: Node) -> Any:
    """The node as lists, dictionaries and scalars; dates stay text."""
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
