"""A conda file as text: its dependencies and its pip part, with their positions."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from private_wheel.environment.pip.lines import PipLine
from private_wheel.environment.text.nodes import Document, Node
from private_wheel.environment.text.requirements import pip_line
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import quoted, shown

# https://docs.conda.io/projects/conda-build/en/stable/resources/package-spec.html#package-match-specifications
SPEC = re.compile(
    r"^(?P<channel>[^\s:]+::)?(?P<name>[A-Za-z0-9_][\w.-]*)\s*(?P<rest>.*)$", re.DOTALL
)
_MOST_KEYS = 8  # that a sentence names
_ITEM_PER_LINE = "Write each package on its own line, starting with '- '."
_CONTINUED = "the item continues in the next one (\\). Write both as one item."


@dataclass(frozen=True, kw_only=True)
class CondaPart:
    """The conda environment at `node` of a document, which may be a whole file.

    `pip` is the list of the pip section, `lines` are its items. Local paths are relative to
    `directory`.
    """

    document: Document
    directory: Path
    node: Node
    dependencies: Node
    pip: Node | None
    lines: tuple[PipLine, ...]

    @property
    def path(self) -> str:
        """The file's name in errors."""
        return self.document.path

    @property
    def text(self) -> str:
        """The text of the whole document."""
        return self.document.text

    @property
    def name(self) -> str:
        """The environment's own name, empty if it has none."""
        name = self.node.get("name")
        return name.value if name and not name.is_null else ""


def read_conda(document: Document, node: Node, directory: Path) -> CondaPart:
    """Read the conda environment at `node`.

    Raises:
        WrongFile: There is no conda environment that can be extended.
    """
    path = document.path
    dependencies = _dependencies(node, path)
    pip: Node | None = None
    for item in dependencies.items:
        if item.kind != "mapping":
            _check_text(item, path, "dependencies")
            continue
        if pip:
            problem = (
                "this is a second pip section, and conda would read only this one. Merge them."
            )
            raise WrongFile(path, item.line, problem)
        pip = _pip_section(item, path)
    lines = [_line(item, path) for item in pip.items] if pip else []
    return CondaPart(
        document=document,
        directory=directory,
        node=node,
        dependencies=dependencies,
        pip=pip,
        lines=tuple(lines),
    )


def _dependencies(node: Node, path: str) -> Node:
    if node.kind != "mapping":
        problem = "a conda environment must be a mapping with the key dependencies."
        raise WrongFile(path, node.line, problem)
    dependencies = node.get("dependencies")
    if dependencies is None:
        problem = f"the key dependencies is missing. {existing_keys(node, ('dependencies',))}"
        raise WrongFile(path, node.line, problem)
    if dependencies.kind != "list":
        raise WrongFile(path, dependencies.line, f"dependencies must be a list. {_ITEM_PER_LINE}")
    return dependencies


def existing_keys(node: Node, expected: Sequence[str]) -> str:
    """Return a sentence about the keys that exist, and which of them may be a misspelling."""
    names = [shown(key.value) for key, _ in node.pairs]
    if not names:
        return ""
    listed = ", ".join(names[:_MOST_KEYS])
    if len(names) > _MOST_KEYS:
        listed += " and others"
    sentence = f"Existing keys: {listed}."
    for key in expected:
        if difflib.get_close_matches(key, names):
            return f"{sentence} Did you mean {key}?"
    return sentence


def canonical_name(item: Node) -> str:
    """Return the canonical name of a conda dependency, empty for the pip section."""
    from packaging.utils import canonicalize_name

    spec = SPEC.match(item.value)
    return canonicalize_name(spec["name"]) if spec else ""


def _pip_section(item: Node, path: str) -> Node:
    if [key.value for key, _ in item.pairs] != ["pip"]:
        problem = "the only mapping allowed among the dependencies is `pip:` with a list."
        raise WrongFile(path, item.line, problem)
    pip = item.pairs[0][1]
    if pip.kind != "list" and not pip.is_null:
        raise WrongFile(path, pip.line, f"pip must be a list. {_ITEM_PER_LINE}")
    return pip


def _line(item: Node, path: str) -> PipLine:
    _check_text(item, path, "pip")
    line = pip_line(item.value, path, item.line)
    if line.text.endswith("\\"):  # before a comment
        raise WrongFile(path, item.line, _CONTINUED)
    return line


def _check_text(item: Node, path: str, section: str) -> None:
    if item.kind != "scalar":
        problem = f"an item of {section} is a list or mapping. Write it as text."
        raise WrongFile(path, item.line, problem)
    if not item.is_text:
        problem = f"{section} has an empty item."
        if item.value:
            problem = f"{quoted(item.value)} in {section} is not text in YAML."
        raise WrongFile(path, item.line, f"{problem} Write a package there, or remove it.")
    if item.value.splitlines() != [item.value]:
        problem = f"an item of {section} has several lines. Write each line as its own item."
        raise WrongFile(path, item.line, problem)
    if item.value.endswith("\\"):
        raise WrongFile(path, item.line, _CONTINUED)
