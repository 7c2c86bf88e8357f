"""How a GitHub runner reads what a step prints and writes: its parsers, ported, to judge our output
by.

Source: actions/runner, ActionCommand.cs (the two command forms), ActionCommandManager.cs
(stop-commands, masks), ExecutionContext.cs (limits of annotations), FileCommandManager.cs (the file
of outputs).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

COMMANDS = frozenset(
    {
        *(
            "add-mask",
            "add-matcher",
            "add-path",
            "debug",
            "echo",
            "endgroup",
            "error",
            "group",
            "notice",
        ),
        *("remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning"),
    }
)
ANNOTATIONS = frozenset({"error", "warning", "notice"})
MOST_ANNOTATIONS = 10  # of one level in one step
LONGEST_MESSAGE = 4096  # UTF-16 code units
# What .NET's String.TrimStart removes.
_BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
# In the order in which the runner undoes them.
_DATA = {"%0D": "\r", "%0A": "\n", "%25": "%"}
_PROPERTY = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
_OLD_FORM = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]", "%25": "%"}


@dataclass(frozen=True)
class Command:
    """A workflow command; its name and the names of its properties in lower case."""

    name: str
    data: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Log:
    """What the runner makes of a step's output."""

    commands: tuple[Command, ...]
    lines: tuple[str, ...]

    @property
    def annotations(self) -> tuple[Command, ...]:
        """Those that are kept, with their text as long as it is kept."""
        kept: list[Command] = []
        for command in self.commands:
            of_level = [one for one in kept if one.name == command.name]
            if command.name in ANNOTATIONS and len(of_level) < MOST_ANNOTATIONS:
                kept.append(Command(command.name, shortened(command.data), command.properties))
        return tuple(kept)

    @property
    def masks(self) -> frozenset[str]:
        """All texts that are hidden: of a mask with several lines, each line too."""
        values = [
            command.data
            for command in self.commands
            if command.name == "add-mask" and command.data.strip()
        ]
        lines = (line.strip() for value in values for line in re.split(r"[\r\n]", value))
        return frozenset([*values, *filter(None, lines)])

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(command.data for command in self.commands if command.name == "group")


def read_log(output: str) -> Log:
    """Read all that a step printed."""
    commands: list[Command] = []
    lines: list[str] = []
    resume = ""
    for line in split_lines(output):
        command = parse_command(line, COMMANDS | {resume} if resume else COMMANDS)
        if command is None or (resume and command.name != resume):
            lines.append(line)
        elif resume:
            resume = ""
        else:
            commands.append(command)
            if command.name == "stop-commands" and _may_stop(command.data):
                resume = command.data.lower()
    return Log(commands=tuple(commands), lines=tuple(lines))


def split_lines(output: str) -> list[str]:
    """The lines as .NET's ReadLine gives them: a carriage return alone ends one."""
    lines = re.split(r"\r\n|\r|\n", output)
    return lines[:-1] if lines[-1] == "" else lines


def parse_command(line: str, names: Collection[str] = COMMANDS) -> Command | None:
    """The command in a line: `::name key=value,key=value::data`, else `##[name
    key=value;key=value]data`."""
    return _parse_form(line, names) or _parse_old_form(line, names)


def _parse_form(line: str, names: Collection[str]) -> Command | None:
    line = line.lstrip(_BLANKS)
    end = line.find("::", 2)
    if not line.startswith("::") or end < 0:
        return None
    name, _, properties = line[2:end].partition(" ")
    if name.lower() not in names:
        return None
    return Command(
        name.lower(),
        _unescape(line[end + 2 :], _DATA),
        _properties(properties.strip(_BLANKS), ",", _PROPERTY),
    )


def _parse_old_form(line: str, names: Collection[str]) -> Command | None:
    start = line.find("##[")
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    name, _, properties = line[start + 3 : end].partition(" ")
    if name.lower() not in names:
        return None
    return Command(
        name.lower(), _unescape(line[end + 1 :], _OLD_FORM), _properties(properties, ";", _OLD_FORM)
    )


def _properties(text: str, separator: str, escapes: Mapping[str, str]) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(separator))
    return {name.lower(): _unescape(value, escapes) for name, _, value in pairs if name and value}


def _unescape(text: str, escapes: Mapping[str, str]) -> str:
    for escaped, character in escapes.items():
        text = text.replace(escaped, character)
    return text


def _may_stop(token: str) -> bool:
    return bool(token) and token.lower() not in COMMANDS | {"pause-logging"}


def shortened(message: str) -> str:
    """The text of an annotation as far as the runner keeps it."""
    units = message.encode("utf-16-le", "surrogatepass")[: 2 * LONGEST_MESSAGE]
    return units.decode(
        "utf-16-le", "surrogatepass" if len(units) < 2 * LONGEST_MESSAGE else "ignore"
    )


class BadOutputFile(Exception):
    """The runner fails the step, with this text."""


def read_outputs(text: str) -> dict[str, str]:
    """The pairs in a file such as GITHUB_OUTPUT, as a runner on Linux reads them: only a line feed
    ends a line."""
    return dict(_pairs(iter(re.findall(r"[^\n]*\n|[^\n]+", text))))


def _pairs(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        text = line.removesuffix("\n")
        name, heredoc, delimiter = text.partition("<<")
        if not text:
            continue
        if "=" in text and (not heredoc or "=" in name):
            name, _, value = text.partition("=")
            yield name, value
        elif name and delimiter:
            yield name, _heredoc(lines, delimiter)
        else:
            raise BadOutputFile(f"Invalid format '{text}'")


def _heredoc(lines: Iterator[str], delimiter: str) -> str:
    value = ""
    for line in lines:
        if line.removesuffix("\n") == delimiter:
            return value.removesuffix("\n")
        if not line.endswith("\n"):
            raise BadOutputFile("Invalid value. EOF marker missing new line.")
        value += line
    raise BadOutputFile(f"Invalid value. Matching delimiter not found '{delimiter}'")
