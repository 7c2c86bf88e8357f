"""Reading a text file of the checkout: only one that is inside it, readable and without secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from private_wheel.environment.text.nodes import Document
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.detection import first_credential
from private_wheel.secrets.quoting import quoted

_MOST_BYTES = 2 * 1024 * 1024
_MOST_LINES = 50_000
_TOO_LARGE = "is larger than 2 MiB, the limit for an environment file."
_OUTSIDE = "is outside the checkout"
# Readers disagree on which of them end a line.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_CREDENTIAL = (
    "contains a credential. Remove it: the workspace connection provides it to the image build."
)
_SIGNATURE = (
    "contains a signature (SAS). Remove it: everyone with access to the workspace could read it."
)


class Checkout:
    """The files of a checkout. The values of `secrets` count as credentials in them."""

    def __init__(self, root: Path, secrets: Iterable[str]) -> None:
        self._root, self._secrets = root, tuple(secrets)

    def find(self, file: Path, written: str, path: str, line: int = 0) -> Path:
        """Return the file with its symbolic links resolved.

        Args:
            file: The file to find.
            written: Its path as the user wrote it.
            path: The file in which the user wrote it; for an input, the file itself.
            line: The line there, 0 for an input.

        Raises:
            WrongFile: It does not exist, is not a file, or is outside the checkout.
        """
        subject = f"{quoted(written)} " if line else ""
        origin = "this file's directory" if line else "the working directory"
        fix = f"Correct the path, which is relative to {origin}."
        try:
            resolved, root = file.resolve(), self._root.resolve()
            # With no link followed: Path.resolve would follow them.
            is_link = Path(os.path.abspath(file)).is_relative_to(root)  # noqa: PTH100
            exists, is_file = resolved.exists(), resolved.is_file()
        except (OSError, RuntimeError, ValueError):  # a loop of links, a name that is too long
            raise WrongFile(path, line, f"{subject}cannot be found. {fix}") from None
        if not resolved.is_relative_to(root):
            problem = "is a link to a file outside the checkout" if is_link else _OUTSIDE
            raise WrongFile(
                path, line, f"{subject}{problem}. Only files in the checkout can be read."
            )
        if not exists:
            raise WrongFile(path, line, f"{subject}does not exist. {fix}")
        if not is_file:
            raise WrongFile(path, line, f"{subject}is not a file. {fix}")
        return resolved

    def read_text(self, file: Path, path: str) -> str:
        """Return the text of a file, its lines ended by LF. `path` is its name in errors.

        Raises:
            WrongFile: It cannot be read, is too large, is not UTF-8, or contains control
                characters or a credential.
        """
        data = _read_bytes(file, path)
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = len(re.findall(rb"\r\n?|\n", data[: error.start])) + 1
            problem = "contains a byte that is not UTF-8. Save the file as UTF-8."
            raise WrongFile(path, line, problem) from None
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if text and not text.endswith("\n"):
            text += "\n"
        if text.count("\n") > _MOST_LINES:
            problem = f"the file has more than {_MOST_LINES} lines."
            raise WrongFile(path, _MOST_LINES + 1, problem)
        if control := _CONTROL.search(text):
            line = text.count("\n", 0, control.start()) + 1
            problem = f"contains the control character U+{ord(control[0]):04X}. Remove it."
            raise WrongFile(path, line, problem)
        self.check_value(text, 1, path)
        return text

    def check_values(self, document: Document) -> None:
        """Refuse a credential that is hidden by the way in which YAML writes it.

        Raises:
            WrongFile: A key or a value contains a credential.
        """
        for node in document.root.scalars():
            self.check_value(node.value, node.line, document.path)

    def check_value(self, text: str, line: int, path: str) -> None:
        """Refuse a text that contains a credential; it begins at `line`.

        Raises:
            WrongFile: It contains one.
        """
        if credential := first_credential(text, self._secrets):
            problem = _SIGNATURE if credential.kind == "signature" else _CREDENTIAL
            lines_before = text.count("\n", 0, credential.start)
            raise WrongFile(path, line + lines_before, problem)


def _read_bytes(file: Path, path: str) -> bytes:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise WrongFile(path, 0, _TOO_LARGE)
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise WrongFile(path, 0, f"cannot be read: {error.strerror}.") from None
    if len(data) > _MOST_BYTES:
        raise WrongFile(path, 0, _TOO_LARGE)
    return data
