"""Values of the user's as a sentence shows them: never a login or a token."""

from __future__ import annotations

import re

from private_wheel.secrets.detection import holds_credential

_MOST_SHOWN = 100  # letters of a value
# pip ends a word at the blanks of ASCII alone. One before an `@`, or behind a colon or slash, is likely a slip.
_BLANKS = re.compile(r"\s+", re.ASCII)
_END_OF_WORD = re.compile(r"(?<![:/]) (?!@[^ ])")
_BEFORE_HOST = re.compile(r"(?P<before>.*)(?P<host>(?:@|%40).*)", re.DOTALL | re.IGNORECASE)
_LOGIN_FOLLOWS = re.compile(r":|//|\\\\|%3A", re.IGNORECASE)
_SCHEME = re.compile(
    r"(?:(?:git|hg|svn|bzr)\+)?(?:https?|ssh|ftps?|git|svn|file)://", re.IGNORECASE
)


def quoted(value: str) -> str:
    """A value as a sentence shows it: on one line, not too long, and without what could be a login or a token."""
    return f"'{shown(value)}'"


def quoted_address(value: str) -> str:
    """The same for what should be an address and cannot be read as one: then nobody knows where a login ends."""
    return "this" if _BEFORE_HOST.match(value) else quoted(value)


def shown(value: str) -> str:
    words = _END_OF_WORD.split(_BLANKS.sub(" ", value))
    without_logins = " ".join(map(_without_login, words))
    if holds_credential(without_logins):
        return "…"
    plain = "".join(letter if letter.isprintable() else " " for letter in without_logins)
    return plain if len(plain) <= _MOST_SHOWN else plain[:_MOST_SHOWN] + "…"


def _without_login(word: str) -> str:
    parts = _BEFORE_HOST.match(word)
    if not parts or not _LOGIN_FOLLOWS.search(parts["before"]):
        return word
    scheme = _SCHEME.match(word)
    return f"{scheme[0] if scheme else ''}…{parts['host']}"
