"""What an agent of Azure Pipelines sees in one line of a task's output, ported: a command, and
secrets to hide.

Source: microsoft/azure-pipelines-agent @42bde98, Command.cs and CommandStringConvertor.cs (the form
of a command), HostContext.cs and AdditionalMaskingRegexes.cs (masks).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

# In the order in which the agent undoes them, in data as in properties.
_ESCAPES = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]", "%AZP25": "%"}
# .NET's IndexOf(string) goes by the culture and passes over letters without weight, so these are in
# the prefix too. It tells capitals apart; this port does not, to be the stricter judge of foreign
# text.
_NO_WEIGHT = "[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]*"
KEYWORD = re.compile(_NO_WEIGHT.join("##vso"), re.IGNORECASE)
_PREFIX = re.compile(_NO_WEIGHT.join([*"##vso", r"\["]), re.IGNORECASE)
_PREFIX_LENGTH = len("##vso[")
# AdditionalMaskingRegexes.cs: a password in a URL.
_IN_URL = re.compile(r"(?<=:)(?:[\w.~\-!$&'()*+,;=:]|(?:%|%AZP25)[0-9a-fA-F]{2})+(?=@)")
_BEFORE_PASSWORD = re.compile(r"//[^:/?#\n]+:$")


@dataclass(frozen=True)
class Command:
    """A logging command; its name is `area.event` in lower case, as are the names of its
    properties."""

    name: str
    data: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


def parse_command(line: str) -> Command | None:
    """The command in a line: `##vso[area.event key=value;key=value;]data`, with anything before it."""
    prefix = _PREFIX.search(line)
    end = line.find("]", prefix.start()) if prefix else -1
    if prefix is None or end < 0:
        return None
    name, _, properties = line[prefix.start() + _PREFIX_LENGTH : end].partition(" ")
    parts = [part for part in name.split(".") if part]
    if len(parts) != 2:
        return None
    pairs = (part.lstrip("=").partition("=") for part in properties.split(";"))
    told = {key.lower(): unescape(value) for key, _, value in pairs if key and value}
    return Command(".".join(parts).lower(), unescape(line[end + 1 :]), told)


def unescape(text: str) -> str:
    for escaped, character in _ESCAPES.items():
        text = text.replace(escaped, character)
    return text


def mask(text: str, secrets: Iterable[str]) -> str:
    """`text` with `***` in place of every secret; where two touch, one for both."""
    hidden = [
        match.span()
        for match in _IN_URL.finditer(text)
        if _BEFORE_PASSWORD.search(text[: match.start()])
    ]
    for secret in secrets:
        start = text.find(secret)
        while start >= 0:
            hidden.append((start, start + len(secret)))
            start = text.find(secret, start + 1)
    shown, end = "", 0
    for first, last in sorted(hidden):
        if first > end or not shown:
            shown += text[end:first] + "***"
        end = max(end, last)
    return shown + text[end:]


def masked_forms(value: str) -> set[str]:
    """What the agent hides when it is told `value`."""
    return {value, json.dumps(value)[1:-1], quote(value, safe="-_.~"), _backslashes(value)}


def _backslashes(value: str) -> str:
    for escaped, character in {"\\\\": "\\", "\\'": "'", '\\"': '"', "\\t": "\t"}.items():
        value = value.replace(escaped, character)
    return value
