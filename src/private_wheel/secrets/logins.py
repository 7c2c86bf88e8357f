"""The password or token before the host of a URL, also where the URL is broken or incomplete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from private_wheel.secrets.shapes import compiled, is_placeholder

# Everything before an `@`, and what follows it. A login is read from its beginning, so that no part
# of a long text is read twice; as for pip, only the blanks of ASCII end it.
_BEFORE_HOST = (
    r"(?a)(?<![^\s/@\"])(?P<login>[^\s/@\"]+)@"
    r"(?=(?P<host>[^\s/?#:@\"']*)(?P<next>:|/[^/\s?#]*)?)"
)
_INDEX = r"(?<!\S)(?:-[if]|--(?:i|ex|f|py|tr)[a-z-]*)|index_url[\"']?:?"
# The end of a text after which a login is expected: a scheme, also a broken one, an option for an
# index, the `@` of `name @ URL`, or the e-mail address that a user name begins with.
_LOGIN_FOLLOWS = (
    rf"(?ai)(?:[/\\]{{2}}|[:;][/\\]|@[ \t]+|https?:[/\\]*[^\s/@]*@|(?:{_INDEX})[=\s\"']*)\Z"
)
# The same within one word.
_BEFORE_LOGIN = (
    rf"(?ai)(?:(?:{_INDEX})=|^-[if]"
    r"|(?<![a-z0-9])(?:[a-z]+\+)?(?:https?|ssh|ftp|git|hg|svn|bzr)[:;]|[/\\]{2})[/\\\"']*"
)
_MORE_LOGIN = r"(?a)(?:[^\s/?#@\"']*@)+"
_LETTERS_BEFORE = 64  # that are enough to recognise what a login follows
_QUOTED_SIGN = "(?i)%3A|%2F"
_SSH = r"(?i)ssh[:;]?[/\\]*\Z"
_DIGESTS = ("sha256", "sha384", "sha512")  # of an image, after its tag
_SHORTEST_TOKEN = 16
# Passwords that mark the user name as the token: https://docs.github.com/rest/authentication
_NO_PASSWORDS = ("x-oauth-basic",)


@dataclass(frozen=True, kw_only=True)
class _Login:
    """What stands before an `@`, with quoted signs read.

    `before` is what tells that a login follows, empty if nothing does. `skipped` counts the letters
    of the word that belong to it.
    """

    before: str
    skipped: int
    user: str
    password: str


def find_logins(text: str) -> Iterator[tuple[int, str]]:
    """Yield the start and the text of each password, and of each token in the user's position.

    The organisation in `https://acme@dev.azure.com` is neither.
    """
    if "@" not in text:
        return
    longest_end = 0
    for match in compiled(_BEFORE_HOST).finditer(text):
        word = match["login"]
        if ":" not in word and "%" not in word and len(word) < _SHORTEST_TOKEN:
            continue
        login = _read_login(match)
        if not _is_login(login, match):
            continue
        user_start = match.start() + _written_length(word, login.skipped)
        user_length = login.skipped + len(login.user)
        password_start = match.start() + _written_length(word, user_length + 1)
        if _has_password(login):
            yield password_start, text[password_start : match.end("login")]
            # Clients read up to the last `@`: a password may contain others.
            if match.end() >= longest_end:
                more = compiled(_MORE_LOGIN).match(text, match.end())
                longest_end = more.end() if more else match.end()
                if more:
                    yield password_start, text[password_start : longest_end - 1]
        elif _has_token(login, match):
            user_end = match.start() + _written_length(word, user_length)
            yield user_start, text[user_start:user_end]


def _read_login(match: re.Match[str]) -> _Login:
    before = _with_signs(match.string[max(0, match.start() - _LETTERS_BEFORE) : match.start()])
    login = _with_signs(match["login"])
    skipped = 0
    if not compiled(_LOGIN_FOLLOWS).search(before):
        scheme = compiled(_BEFORE_LOGIN).search(login)
        before = scheme[0] if scheme else ""
        skipped = scheme.end() if scheme else 0
    user, _, password = login[skipped:].partition(":")
    return _Login(before=before, skipped=skipped, user=user, password=password)


def _is_login(login: _Login, match: re.Match[str]) -> bool:
    is_digest = match["host"].lower() in _DIGESTS and match["next"] == ":"
    is_query = "?" in login.user or "#" in login.user
    return bool(login.before) and not is_query and not is_digest


def _has_password(login: _Login) -> bool:
    password = login.password
    return bool(password) and password not in _NO_PASSWORDS and not is_placeholder(password)


def _has_token(login: _Login, match: re.Match[str]) -> bool:
    """Return whether the user name is a token."""
    if login.password in _NO_PASSWORDS:
        return not is_placeholder(login.user)
    if login.password and login.password[0] in "$<{%":
        return False  # a placeholder of the password: then the user is one, however long
    if login.before.rstrip(" \t").endswith("@") or compiled(_SSH).search(login.before):
        return False
    user = login.user
    if len(user) < _SHORTEST_TOKEN or is_placeholder(user) or "%40" in user:
        return False
    path = (match["next"] or "").strip("/").lower()
    return user.lower() not in (path, match["host"].partition(".")[0].lower())


def _with_signs(text: str) -> str:
    """Return the text with `:` and `/` unquoted, which separate the parts of a URL."""
    if "%" not in text:
        return text
    return compiled(_QUOTED_SIGN).sub(lambda sign: unquote(sign[0]), text)


def _written_length(word: str, length: int) -> int:
    """Return how many letters of `word` give the first `length` letters of `_with_signs(word)`."""
    for sign in compiled(_QUOTED_SIGN).finditer(word):
        if sign.start() >= length:
            break
        length += len(sign[0]) - 1
    return length
