"""Scalars as YAML source that every reader reads as the same text."""

from __future__ import annotations

import re

# YAML 1.1 reads these as booleans or null.
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"}
_PLAIN = re.compile(r"(?:-{0,2}[A-Za-z_]|\d+\.\d+\.\d)[^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]*")
_KEY_OR_COMMENT = re.compile(r":(?:\s|$)|\s#")
_SPECIAL_IN_FLOW = re.compile(r"[,\[\]{}:#?]")


def scalar(value: str, *, style: str = "", flow: bool = False) -> str:
    """Return `value` as YAML source: plain if YAML 1.1 and 1.2 read exactly that text, else quoted.

    Args:
        value: The text.
        style: The quote to use if it can express the text; empty for none.
        flow: Whether the scalar will be inside brackets or braces.
    """
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if style == "" and _can_be_plain(value, flow):
        return value
    return '"' + "".join(_escaped(letter) for letter in value) + '"'


def _can_be_plain(value: str, flow: bool) -> bool:
    if not _PLAIN.fullmatch(value) or value != value.strip() or value.lower() in _WORDS:
        return False
    if _KEY_OR_COMMENT.search(value):
        return False
    return not (flow and _SPECIAL_IN_FLOW.search(value))


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    return letter if letter.isprintable() else f"\\U{ord(letter):08X}"
