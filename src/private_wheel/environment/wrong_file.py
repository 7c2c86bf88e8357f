"""What is wrong with a file of the user's, with the place where it stands."""

from __future__ import annotations


class WrongFile(ValueError):
    """A sentence that begins with the path and the line. `line` is 0 where the whole file is meant."""

    def __init__(self, path: str, line: int, what: str) -> None:
        self.path, self.line = path, line
        super().__init__(f"{path}, line {line}: {what}" if line else f"{path} {what}")
