"""The values of the table, read from the environment; what is wrong with them is collected."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from private_wheel.environment.wrong_file import WrongFile
from private_wheel.errors import Problem
from private_wheel.inputs.table import INPUTS, UNRESOLVED, Input, Kind, given
from private_wheel.secrets.quoting import quoted
from private_wheel.secrets.redaction import SHORTEST_SECRET, Secret

_Parsed = TypeVar("_Parsed")


class Reader:
    """Reads one input after the other, and collects their problems.

    Choices, and variables that do not exist, are checked for every input, used or not.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self._given = {row.name: given(environ, row) for row in INPUTS}
        self._values = {row.name: self._value(row) for row in INPUTS}
        for row in INPUTS:
            self._check_choices(row)

    def problem(self, name: str, what: str, fix: str = "", path: str = "", line: int = 0) -> None:
        """Note what is wrong with the input `name`."""
        self.problems.append(Problem(input=name, what=what, fix=fix, path=path, line=line))

    def is_given(self, name: str) -> bool:
        """Tell whether the user or the host set the input."""
        return bool(self._given[name])

    def text(self, name: str, pattern: re.Pattern[str] | None = None, meaning: str = "") -> str:
        """Return a value of one line, which matches `pattern`: then it is `meaning`."""
        value = self._values[name]
        if value and pattern and not pattern.match(value):
            self.problem(name, f"{quoted(value)} is not {meaning}.")
        elif any(character < " " or character == "\x7f" for character in value):
            what = "contains a line break or a control character."
            self.problem(name, what, "Write it on one line.")
        return value

    def lines(self, name: str) -> tuple[str, ...]:
        """Return the items of a list, one per line, each once."""
        items = [line.strip() for line in self._values[name].splitlines()]
        return tuple(dict.fromkeys(item for item in items if item))

    def choice(self, name: str) -> str:
        """Return one of the input's choices."""
        return self._values[name]

    def words(self, name: str) -> tuple[str, ...]:
        """Return some of the input's choices, each once."""
        return tuple(dict.fromkeys(self._values[name].replace(",", " ").split()))

    def boolean(self, name: str) -> bool:
        """Return whether the value is true."""
        return self._values[name].lower() == "true"

    def secret(self, name: str) -> Secret:
        """Return a token, which may be empty."""
        value = self._values[name]
        if not value.isprintable():
            what = "contains a line break or a control character."
            self.problem(name, what, "Specify only the token.")
        elif 0 < len(value) < SHORTEST_SECRET:
            self.problem(name, "is too short to be a token.", "Specify only the token.")
        return Secret(value)

    def parsed(self, name: str, parse: Callable[[str], _Parsed]) -> _Parsed | None:
        """Return what `parse` makes of a value of one line; None if it is empty or invalid."""
        value = self.text(name)
        return self.parsed_item(name, value, parse) if value else None

    def parsed_item(self, name: str, value: str, parse: Callable[[str], _Parsed]) -> _Parsed | None:
        """Return what `parse` makes of a value of the input; None if it raises ValueError."""
        try:
            return parse(value)
        except WrongFile as error:
            self.problem(name, str(error), path=error.path, line=error.line)
        except ValueError as error:
            self.problem(name, str(error))
        return None

    def _value(self, row: Input) -> str:
        text = self._given[row.name]
        for item in text.splitlines():
            if unresolved := UNRESOLVED.match(item.strip()):
                self.problem(
                    row.name,
                    f"the variable $({unresolved[1]}) does not exist,"
                    " so its name was passed instead of a value.",
                    "Define it for this job, or correct the name.",
                )
                return ""
        return text or row.default

    def _check_choices(self, row: Input) -> None:
        text = self._values[row.name]
        values: tuple[str, ...] = ()
        if row.kind is Kind.CHOICE:
            values = (text,)
        elif row.kind is Kind.BOOLEAN:
            values = (text.lower(),)
        elif row.kind is Kind.WORDS:
            values = self.words(row.name)
        for value in values:
            if value not in row.choices:
                # A login that is read as several words would be shown in parts.
                shown = "" if "@" in text else f" {quoted(value)}"
                self.problem(
                    row.name, f"invalid value{shown}. Choose {_alternatives(row.choices)}."
                )


def _alternatives(choices: tuple[str, ...]) -> str:
    *first, last = choices
    return f"{', '.join(first)} or {last}"
