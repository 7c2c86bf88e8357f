"""What is wrong with a file of the user's, with the place where it stands."""

from __future__ import annotations

import re

_MOST_SHOWN = 100  # letters of a value
_LOGIN = re.compile(r"://\S*@")


class WrongFile(ValueError):
    """A sentence that begins with the path and the line. `line` is 0 where the whole file is meant."""

    def __init__(self, path: str, line: int, what: str) -> None:
        self.path, self.line = path, line
        super().__init__(f"{path}, line {line}: {what}" if line else f"{path} {what}")


def quoted(value: str) -> str:
    """A value as a sentence shows it: on one line, not too long, and without what stands before an `@`."""
    return f"'{shown(value)}'"


def shown(value: str) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in _LOGIN.sub("://…@", value))
    return plain if len(plain) <= _MOST_SHOWN else plain[:_MOST_SHOWN] + "…"
