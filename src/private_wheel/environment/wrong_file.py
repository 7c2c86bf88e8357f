"""What is wrong with a file of the user's, with the place where it stands."""

from __future__ import annotations

import re

_MOST_SHOWN = 100  # letters of a value


class WrongFile(ValueError):
    """A sentence that begins with the path and the line. `line` is 0 where the whole file is meant."""

    def __init__(self, path: str, line: int, what: str) -> None:
        self.path, self.line = path, line
        super().__init__(f"{path}, line {line}: {what}" if line else f"{path} {what}")


def quoted(value: str) -> str:
    """A value as a sentence shows it: on one line, not too long, and without what stands before an `@`."""
    return f"'{shown(value)}'"


def shown(value: str) -> str:
    without_logins = re.sub(r"\S+", _without_login, value)
    plain = "".join(letter if letter.isprintable() else " " for letter in without_logins)
    return plain if len(plain) <= _MOST_SHOWN else plain[:_MOST_SHOWN] + "…"


def _without_login(word: re.Match[str]) -> str:
    scheme, separator, rest = word[0].partition("://")
    _, at, host = rest.rpartition("@")
    return f"{scheme}://…@{host}" if separator and at else word[0]
