"""The user's values as messages show them: without logins and tokens."""

from __future__ import annotations

import re

from private_wheel.secrets.detection import holds_credential

_MOST_SHOWN = 100  # letters of a value
# For pip only the blanks of ASCII end a word. One before an `@`, or after a colon or a slash, is
# likely a slip.
_BLANKS = re.compile(r"\s+", re.ASCII)
_END_OF_WORD = re.compile(r"(?<![:/]) (?!@[^ ])")
_BEFORE_HOST = re.compile(r"(?P<before>.*)(?P<host>(?:@|%40).*)", re.DOTALL | re.IGNORECASE)
_LOGIN_FOLLOWS = re.compile(r":|//|\\\\|%3A", re.IGNORECASE)
_SCHEME = re.compile(
    r"(?:(?:git|hg|svn|bzr)\+)?(?:https?|ssh|ftps?|git|svn|file)://", re.IGNORECASE
)


def quoted(value: str) -> str:
    """Return a value in quotes, as `shown` shows it."""
    return f"'{shown(value)}'"


def quoted_address(value: str) -> str:
    """Return a malformed address in quotes, or `this` where it may have a login.

    In a malformed address it is unknown where a login ends.
    """
    return "this" if _BEFORE_HOST.match(value) else quoted(value)


def shown(value: str) -> str:
    """Return a value on one line, shortened, and without what could be a login or a token."""
    words = _END_OF_WORD.split(_BLANKS.sub(" ", value))
    without_logins = " ".join(map(_without_login, words))
    if holds_credential(without_logins):
        return "…"
    plain = _printable(without_logins)
    return plain if len(plain) <= _MOST_SHOWN else plain[:_MOST_SHOWN] + "…"


def _printable(text: str) -> str:
    letters = list(text)
    for index, letter in enumerate(letters):
        if not letter.isprintable():
            letters[index] = " "
    return "".join(letters)


def _without_login(word: str) -> str:
    parts = _BEFORE_HOST.match(word)
    if not parts or not _LOGIN_FOLLOWS.search(parts["before"]):
        return word
    scheme = _SCHEME.match(word)
    before = scheme[0] if scheme else ""
    return f"{before}…{parts['host']}"
