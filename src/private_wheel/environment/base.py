"""The file that the user wants extended: read, and refused where it cannot be, before anything else is done."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from private_wheel.environment.text.conda import read_conda, told_keys
from private_wheel.environment.text.definition import check_definition
from private_wheel.environment.text.requirements import read_requirements
from private_wheel.environment.text.yaml import Node, parse
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.detection import first_credential
from private_wheel.secrets.quoting import quoted

__all__ = ["Base", "WrongFile", "read_base"]

_MOST_BYTES = 2 * 1024 * 1024
_MOST_LINES = 50_000
# Readers disagree on which of them end a line.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_CREDENTIAL = (
    "a credential stands here. Take it out: the workspace connection gives it to the image build."
)
_SIGNATURE = "a signature (SAS) stands here. Take it out: everybody with access to the workspace could read it."
_DEFINITION_KEYS = ("image", "build", "conda_file")


@dataclass(frozen=True, kw_only=True)
class Base:
    """The user's file, its lines ended by LF. `conda` is the file that an environment YAML names, if it names one;
    local paths in the pip part are relative to `directory`."""

    kind: Literal["conda", "azureml", "requirements"]
    path: str
    text: str
    directory: Path
    conda_path: str = ""
    conda: str = ""


def read_base(value: str, checkout: Path, secrets: Iterable[str] = ()) -> Base:
    """Raises:
    WrongFile: it is not there, lies outside the checkout, holds a credential, or is nothing that can be extended.
    """
    secrets = tuple(secrets)
    path = _inside(value, value, Path(value), checkout)
    suffix = Path(value).suffix.lower()
    if suffix not in (".txt", ".in", ".yml", ".yaml"):
        formats = ".yml or .yaml (conda file, environment YAML), or a .txt or .in (requirements)"
        raise WrongFile(value, 0, f"has an ending that tells no format. Name a {formats}.")
    text = _read_text(path, value, secrets)
    if suffix in (".txt", ".in"):
        if not text.strip():
            raise WrongFile(
                value, 1, "the file is empty. Leave environment-base out, or name another file."
            )
        for block in read_requirements(text, value):
            _check_value(block.pip.text, block.pip.line, value, secrets)
        return Base(kind="requirements", path=value, text=text, directory=path.parent)
    root = _parse(text, value, secrets)
    if root.kind == "mapping" and any(root.get(key) for key in _DEFINITION_KEYS):
        return _read_definition(text, root, value, path, checkout, secrets)
    if root.kind != "mapping" or not root.get("dependencies"):
        raise WrongFile(value, root.line, _neither(root))
    read_conda(text, root, value, path.parent)
    return Base(kind="conda", path=value, text=text, directory=path.parent)


def _neither(root: Node) -> str:
    what = "this is neither a conda file (with the key dependencies) nor Azure ML's environment YAML (image, conda_file)."
    if root.kind == "mapping":
        return f"{what} {told_keys(root, ('dependencies', *_DEFINITION_KEYS))}".strip()
    return f"{what} It is {'a list' if root.kind == 'list' else 'one text'}. Name another file."


def _read_definition(
    text: str, root: Node, value: str, path: Path, checkout: Path, secrets: tuple[str, ...]
) -> Base:
    check_definition(root, value)
    node = root.get("conda_file")
    if node is None or node.is_null:
        return Base(kind="azureml", path=value, text=text, directory=path.parent)
    if node.kind != "scalar":
        read_conda(text, node, value, path.parent)
        return Base(kind="azureml", path=value, text=text, directory=path.parent)
    named = node.value.removeprefix("file:")
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:|//", named) or "\n" in named or not named:
        what = "conda_file is neither a relative path nor a mapping. Write the conda part here, or a path to it."
        raise WrongFile(value, node.line, what)
    conda_path = str(Path(value).parent / named)
    file = _inside(named, value, path.parent / named, checkout, line=node.line)
    conda = _read_text(file, conda_path, secrets)
    read_conda(
        conda,
        _parse(conda, conda_path, secrets, "Take conda_file out, or name another file."),
        conda_path,
        file.parent,
    )
    return Base(
        kind="azureml",
        path=value,
        text=text,
        directory=file.parent,
        conda_path=conda_path,
        conda=conda,
    )


def _inside(named: str, path: str, file: Path, checkout: Path, line: int = 0) -> Path:
    """The file that is meant, links followed. `path` and `line` are where it is named."""
    subject = f"{quoted(named)} " if line else ""
    begin = "this file's directory" if line else "the working directory"
    correct = f"Correct the path, which begins at {begin}."
    try:
        resolved, root = file.resolve(), checkout.resolve()
        if not resolved.is_relative_to(root):
            is_link = Path(os.path.abspath(file)).is_relative_to(root)  # noqa: PTH100  # with no link followed
            what = (
                "is a link that leads out of the checkout"
                if is_link
                else "lies outside the checkout"
            )
            raise WrongFile(path, line, f"{subject}{what}. Only what was checked out is read.")
        if not resolved.exists():
            raise WrongFile(path, line, f"{subject}does not exist. {correct}")
        if not resolved.is_file():
            raise WrongFile(path, line, f"{subject}is not a file. {correct}")
    except WrongFile:
        raise
    except (OSError, RuntimeError, ValueError):  # a loop of links, a name that is too long
        raise WrongFile(path, line, f"{subject}cannot be found. {correct}") from None
    return resolved


def _read_text(file: Path, path: str, secrets: tuple[str, ...]) -> str:
    too_large = WrongFile(path, 0, "is larger than 2 MiB: this is no environment.")
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise too_large
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise WrongFile(path, 0, f"cannot be read: {error.strerror}.") from None
    if len(data) > _MOST_BYTES:
        raise too_large
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(re.findall(rb"\r\n?|\n", data[: error.start])) + 1
        raise WrongFile(path, line, "a byte here is not UTF-8. Save the file as UTF-8.") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text if text.endswith("\n") or not text else text + "\n"
    if text.count("\n") > _MOST_LINES:
        raise WrongFile(
            path,
            _MOST_LINES + 1,
            f"there are more than {_MOST_LINES} lines: this is no environment.",
        )
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise WrongFile(
            path, line, f"the control character U+{ord(found[0]):04X} stands here. Take it out."
        )
    _check_value(text, 1, path, secrets)
    return text


def _parse(text: str, path: str, secrets: tuple[str, ...], *advice: str) -> Node:
    """The document, in whose values no credential is hidden by the way in which they are written."""
    root = parse(text, path, *advice)
    for node in root.scalars():
        _check_value(node.value, node.line, path, secrets)
    return root


def _check_value(text: str, line: int, path: str, secrets: tuple[str, ...]) -> None:
    if credential := first_credential(text, secrets):
        what = _SIGNATURE if credential.kind == "signature" else _CREDENTIAL
        raise WrongFile(path, line + text.count("\n", 0, credential.start), what)
