"""What is wrong with your file, and where."""

from __future__ import annotations


class WrongFile(ValueError):
    """A sentence that begins with the path and the line.

    `line` is 0 if the sentence is about the whole file.
    """

    def __init__(self, path: str, line: int, problem: str) -> None:
        self.path, self.line = path, line
        position = f"{path}, line {line}:" if line else path
        super().__init__(f"{position} {problem}")
