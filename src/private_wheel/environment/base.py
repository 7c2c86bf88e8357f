"""Your own environment file: read once, and refused if it cannot be extended, before anything else.

What is read here is what all later steps work on; nothing is parsed again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from private_wheel.environment.checkout import Checkout
from private_wheel.environment.text.conda import CondaPart, existing_keys, read_conda
from private_wheel.environment.text.definition import check_definition
from private_wheel.environment.text.nodes import Document, Node
from private_wheel.environment.text.requirements import Requirements, read_requirements
from private_wheel.environment.text.yaml import read_yaml
from private_wheel.environment.wrong_file import WrongFile

__all__ = ["Base", "WrongFile", "read_base"]

_REQUIREMENTS = (".txt", ".in")
_YAML = (".yml", ".yaml")
_DEFINITION_KEYS = ("image", "build", "conda_file")
_OTHER_FILE = "Remove environment-base, or specify another file."
# A path that begins with a scheme or with two slashes is a URL.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|//")


@dataclass(frozen=True, kw_only=True)
class Base:
    """Your file as it was read.

    A requirements file has `requirements`, an environment YAML has `definition`. `conda` is the
    conda file, or the conda part that an environment YAML contains or names, if it has one.
    """

    kind: Literal["conda", "azureml", "requirements"]
    path: str
    text: str
    definition: Document | None = None
    conda: CondaPart | None = None
    requirements: Requirements | None = None

    @property
    def named_conda(self) -> CondaPart | None:
        """The conda part if an environment YAML names it as a file of its own."""
        is_named = self.conda and self.definition and self.conda.document is not self.definition
        return self.conda if is_named else None

    @property
    def path_of_packages(self) -> str:
        """The path of the file that lists the packages."""
        return self.named_conda.path if self.named_conda else self.path


def read_base(path: str, root: Path, secrets: Iterable[str] = ()) -> Base:
    """Read your file.

    Args:
        path: The file, relative to the working directory.
        root: The checkout, which it must be in.
        secrets: Values that must not be in it.

    Raises:
        WrongFile: It cannot be read, contains a credential, or cannot be extended.
    """
    checkout = Checkout(root, secrets)
    file = checkout.find(Path(path), path, path)
    suffix = Path(path).suffix.lower()
    if suffix in _REQUIREMENTS:
        return _read_requirements(checkout, file, path)
    if suffix in _YAML:
        return _read_yaml(checkout, file, path)
    extensions = ".yml or .yaml for a conda file or an environment YAML, or .txt or .in for"
    problem = f"has an unsupported file extension. Use {extensions} a requirements file."
    raise WrongFile(path, 0, problem)


def _read_requirements(checkout: Checkout, file: Path, path: str) -> Base:
    text = checkout.read_text(file, path)
    if not text.strip():
        raise WrongFile(path, 1, f"the file is empty. {_OTHER_FILE}")
    requirements = read_requirements(text, path, file.parent)
    for line in requirements.lines:
        checkout.check_value(line.text, line.line, path)
    return Base(kind="requirements", path=path, text=text, requirements=requirements)


def _read_yaml(checkout: Checkout, file: Path, path: str) -> Base:
    document = _read_document(checkout, file, path, _OTHER_FILE)
    root = document.root
    if root.kind == "mapping" and any(root.get(key) for key in _DEFINITION_KEYS):
        conda = _conda_of_definition(checkout, file, document)
        return Base(kind="azureml", path=path, text=document.text, definition=document, conda=conda)
    if root.kind != "mapping" or not root.get("dependencies"):
        raise WrongFile(path, root.line, _neither(root))
    conda = read_conda(document, root, file.parent)
    return Base(kind="conda", path=path, text=document.text, conda=conda)


def _read_document(checkout: Checkout, file: Path, path: str, if_empty: str) -> Document:
    document = read_yaml(checkout.read_text(file, path), path, if_empty)
    checkout.check_values(document)
    return document


def _neither(root: Node) -> str:
    kinds = "a conda file (with the key dependencies) or Azure ML's environment YAML"
    problem = f"the file must be {kinds} (with image or conda_file)."
    if root.kind == "mapping":
        keys = existing_keys(root, ("dependencies", *_DEFINITION_KEYS))
        return f"{problem} {keys}".strip()
    content = "a list" if root.kind == "list" else "only text"
    return f"{problem} It contains {content}. Specify another file."


def _conda_of_definition(checkout: Checkout, file: Path, definition: Document) -> CondaPart | None:
    """Return the conda part that a definition contains or names."""
    check_definition(definition)
    node, path = definition.root.get("conda_file"), definition.path
    if node is None or node.is_null:
        return None
    if node.kind != "scalar":
        return read_conda(definition, node, file.parent)
    written = node.value.removeprefix("file:")
    if not written or "\n" in written or _URL.match(written):
        problem = "conda_file must be a relative path or a mapping."
        raise WrongFile(path, node.line, f"{problem} Write the conda part here, or its path.")
    conda_path = str(Path(path).parent / written)
    conda_file = checkout.find(file.parent / written, written, path, node.line)
    if_empty = "Remove conda_file, or specify another file."
    document = _read_document(checkout, conda_file, conda_path, if_empty)
    return read_conda(document, document.root, conda_file.parent)
