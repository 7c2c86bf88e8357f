"""YAML read strictly: only what all readers read alike, and with the position of every value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from private_wheel.environment.text.nodes import AnchorUse, Document, Kind, Node
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import quoted, shown

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError

# Far beyond what a person writes. The pure parser would take minutes for a small hostile file.
_MOST_NODES = 20_000
_DEEPEST = 30
_OTHER_FILE = "Remove environment-base, or specify another file."
_BAD_CHARACTER = "invalid YAML: a character that YAML does not allow."


def read_yaml(text: str, path: str, if_empty: str = _OTHER_FILE) -> Document:
    """Read the one document in `text`.

    What readers disagree on is refused: several documents, duplicate keys, tags, directives, merge
    keys, and aliases to more than a scalar.

    Args:
        text: The text of the file.
        path: The file's name in errors.
        if_empty: What the user should do if there is no document.

    Raises:
        WrongFile: The text is not YAML, is empty, too large or too deep, or uses one of these.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.nodes import ScalarNode

    yaml = YAML(typ="safe", pure=True)

    def tag_of(value: str) -> str:
        return str(yaml.resolver.resolve(ScalarNode, value, (True, False))).rpartition(":")[2]

    reader = _Reader(text, path, tag_of)
    try:
        root = reader.read(yaml.parse(text))
    except MarkedYAMLError as error:
        line, problem = _explained(error, text)
        raise WrongFile(path, line, problem) from None
    except YAMLError:
        raise WrongFile(path, reader.line, _BAD_CHARACTER) from None
    except WrongFile:
        raise
    except (ValueError, OverflowError, RecursionError):
        raise WrongFile(path, reader.line, "this is not valid YAML.") from None
    if root is None or (root.is_null and root.start == root.end):
        raise WrongFile(path, 1, f"the file is empty. {if_empty}")
    return Document(path=path, text=text, root=root, anchor_uses=tuple(reader.anchor_uses))


def _explained(error: MarkedYAMLError, text: str) -> tuple[int, str]:
    """Return the line of the mistake, and the sentence about it."""
    mark, opened = error.problem_mark, error.context_mark
    problem = str(error.problem)
    line = mark.line + 1 if mark else 1
    if opened and error.context == "while scanning a quoted scalar" and "unexpected" in problem:
        return opened.line + 1, "a quote is opened here and never closed. Close it, or remove it."
    is_first = bool(mark) and not text.split("\n")[mark.line][: mark.column].strip()
    if is_first and problem.startswith("expected <block end>"):
        indentation = "the indentation of this line differs from the lines before it."
        return line, f"{indentation} Indent the items of a list equally."
    if "'\\t'" in problem:
        problem = "a tab is used where YAML requires spaces"
    return line, f"invalid YAML: {problem}."


@dataclass(frozen=True, kw_only=True)
class _Anchor:
    """An anchor; `node` is its value if that is a scalar."""

    start: int
    line: int
    node: Node | None


class _Reader:
    """Makes nodes of the parser's events. `line` is the line that it has reached."""

    def __init__(self, text: str, path: str, tag_of: Callable[[str], str]) -> None:
        self._text, self._path, self._tag_of = text, path, tag_of
        self._anchors: dict[str, _Anchor] = {}
        self._nodes = 0
        self.anchor_uses: list[AnchorUse] = []
        self.line = 1

    def read(self, events: Iterator[Any]) -> Node | None:
        """Return the root of the document, if there is one."""
        self._events = events
        root: Node | None = None
        for event in events:
            self.line = event.start_mark.line + 1
            if type(event).__name__ != "DocumentStartEvent":
                continue
            if root is not None:
                raise self._wrong(
                    "a second document starts here. Only a file with one document can be extended."
                )
            if event.version or event.tags:
                raise self._wrong("YAML directives (%) are not supported. Remove them.")
            root = self._node(next(events), 0)
        return root

    def _wrong(self, problem: str) -> WrongFile:
        return WrongFile(self._path, self.line, problem)

    def _node(self, event: Any, depth: int) -> Node:
        self.line = event.start_mark.line + 1
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise self._wrong(f"the file has more than {_MOST_NODES} values up to here.")
        if depth > _DEEPEST:
            raise self._wrong("the values are nested too deeply.")
        event_type = type(event).__name__
        if event_type == "AliasEvent":
            return self._alias(event)
        if event.tag is not None:
            raise self._wrong("YAML tags (!) are not supported. Write the value without the tag.")
        self._note_anchor(event, None)
        if event_type == "SequenceStartEvent":
            return self._list(event, depth)
        if event_type == "MappingStartEvent":
            return self._mapping(event, depth)
        node = self._scalar(event)
        self._note_anchor(event, node)
        return node

    def _note_anchor(self, event: Any, node: Node | None) -> None:
        if event.anchor is not None:
            start = event.start_mark
            anchor = _Anchor(start=start.index, line=start.line + 1, node=node)
            self._anchors[event.anchor] = anchor

    def _alias(self, event: Any) -> Node:
        name = event.anchor
        anchor = self._anchors.get(name)
        if anchor is None:
            raise self._wrong(f"the alias *{shown(name)} has no anchor before it.")
        if anchor.node is None:
            raise self._wrong(
                f"the alias *{shown(name)} refers to a list or mapping. Write its value out here."
            )
        position = self._position(event, "scalar")
        use = AnchorUse(
            name=name, anchor=anchor.start, anchor_line=anchor.line, alias=position.start
        )
        self.anchor_uses.append(use)
        return replace(
            anchor.node,
            start=position.start,
            end=position.end,
            line=position.line,
            column=position.column,
        )

    def _position(self, event: Any, kind: Kind) -> Node:
        """Return a node without content at the event's position."""
        start, end = event.start_mark, event.end_mark
        return Node(
            kind=kind, start=start.index, end=end.index, line=start.line + 1, column=start.column
        )

    def _scalar(self, event: Any) -> Node:
        node = self._position(event, "scalar")
        end = node.end
        if event.style in ("|", ">"):  # the parser's end is after the blank lines that follow
            end = node.start + len(self._text[node.start : node.end].rstrip())
        tag = self._tag_of(event.value) if event.implicit[0] else "str"
        return replace(node, end=end, value=event.value, style=event.style or "", tag=tag)

    def _list(self, event: Any, depth: int) -> Node:
        items: list[Node] = []
        following = next(self._events)
        while type(following).__name__ != "SequenceEndEvent":
            items.append(self._node(following, depth + 1))
            following = next(self._events)
        is_flow = bool(event.flow_style)
        end = following.end_mark.index if is_flow or not items else items[-1].end
        position = self._position(event, "list")
        return replace(position, flow=is_flow, end=end, items=tuple(items))

    def _mapping(self, event: Any, depth: int) -> Node:
        pairs: dict[str, tuple[Node, Node]] = {}
        following = next(self._events)
        while type(following).__name__ != "MappingEndEvent":
            key = self._node(following, depth + 1)
            self._check_key(key)
            if key.value in pairs:
                raise self._wrong(f"duplicate key {quoted(key.value)}. Remove one of them.")
            value = self._node(next(self._events), depth + 1)
            pairs[key.value] = (key, self._value(key, value))
            following = next(self._events)
        is_flow = bool(event.flow_style)
        values = tuple(pairs.values())
        end = following.end_mark.index if is_flow or not values else values[-1][1].end
        return replace(self._position(event, "mapping"), flow=is_flow, end=end, pairs=values)

    def _check_key(self, key: Node) -> None:
        self.line = key.line
        if key.kind != "scalar":
            raise self._wrong("a list or mapping cannot be a key.")
        if key.value == "<<" and not key.style:
            raise self._wrong("the merge key << is not supported. Write out what it merges.")

    def _value(self, key: Node, value: Node) -> Node:
        """Return `value`, moved to the colon if it is nothing at all.

        The parser reports nothing at the position where it sees the next token.
        """
        if value.start != value.end or value.kind != "scalar":
            return value
        after_colon = self._text.find(":", key.end) + 1
        return replace(value, start=after_colon, end=after_colon, line=key.line)
