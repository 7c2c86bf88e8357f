"""Whether a text holds a credential: by its shape, or because it is one that the run knows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

# What stands for a value and is none: a variable's name, or a gap that a manual leaves for the reader.
_NAMES_A_VALUE = re.compile(
    r"\$\{[^}]*\}|\$\([^)]*\)|\$[A-Z_][A-Z0-9_]*|<[^>]*>|\{\{.*\}\}|%\w+%|[*.xX]+"
)
# Whatever stands before an `@`. It is read from its beginning, so that no part of a long text is read twice; and only
# the blanks of ASCII end it, as for pip.
_BEFORE_HOST = re.compile(
    r"(?<![^\s/@\"])(?P<login>[^\s/@\"]+)@(?=(?P<host>[^\s/?#:@\"']*)(?P<behind>:|/[^/\s?#]*)?)",
    re.ASCII,
)
_INDEX = r"(?<!\S)(?:-[if]|--(?:i|ex|f|py|tr)[a-z-]*)|index_url[\"']?:?"
# Where a login is expected: behind a scheme, also a broken one, as the value of an option for an index, as the URL of
# `name @ URL`, or behind the e-mail address that a user name begins with.
_LOGIN_FOLLOWS = re.compile(
    rf"(?:[/\\]{{2}}|[:;][/\\]|@[ \t]+|https?:[/\\]*[^\s/@]*@|(?:{_INDEX})[=\s\"']*)\Z",
    re.ASCII | re.IGNORECASE,
)
# The same within the word.
_BEFORE_LOGIN = re.compile(
    rf"(?:(?:{_INDEX})=|^-[if]|(?<![a-z0-9])(?:[a-z]+\+)?(?:https?|ssh|ftp|git|hg|svn|bzr)[:;]|[/\\]{{2}})[/\\\"']*",
    re.ASCII | re.IGNORECASE,
)
_FAR_ENOUGH = 64  # letters before a login that tell what it is
_QUOTED_SIGN = re.compile("%3A|%2F", re.IGNORECASE)
_SSH = re.compile(r"ssh[:;]?[/\\]*\Z", re.IGNORECASE)
_DIGESTS = ("sha256", "sha384", "sha512")  # an image's, behind its tag
_LONG_ENOUGH_FOR_A_TOKEN = 16

_SIGNATURE = re.compile(  # a shared access signature, and those of other clouds
    r"[?&;](?:amp;)?(?:sig|x-amz-signature|x-goog-signature)=(?P<value>[^&\s\"']+)",
    re.IGNORECASE | re.ASCII,
)
_SHAPES = (
    re.compile(
        r"(?:AccountKey|SharedAccessKey|SharedAccessSignature)=(?P<value>[^;\s\"']+)", re.IGNORECASE
    ),
    # Azure DevOps, old: 52 letters of base32. A hash of that alphabet would be hexadecimal.
    re.compile(
        r"(?<![A-Za-z0-9])(?=[a-f2-7]*[g-z])(?=[a-z]*[2-7])(?P<value>[a-z2-7]{52})(?![A-Za-z0-9])"
    ),
    re.compile(r"(?<![A-Za-z0-9])(?P<value>[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})(?![A-Za-z0-9])"),
    re.compile(
        r"(?<![A-Za-z0-9])(?P<value>gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"
    ),
    re.compile(r"(?P<value>pypi-AgE[A-Za-z0-9_-]{8,})"),
    re.compile(
        r"(?<![A-Za-z0-9_-])(?P<value>eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*)"
    ),
    re.compile(r"(?P<value>-----BEGIN [A-Z ]*PRIVATE KEY-----)"),
    re.compile(r"/t/(?P<value>[A-Za-z0-9_-]{8,})/"),  # conda's own form, of a channel
    re.compile(
        r"authorization:\s*(?:basic|bearer)\s+(?P<value>[A-Za-z0-9+/=._-]{8,})", re.IGNORECASE
    ),
    re.compile(
        r"[?&](?:access_token|private_token|api_?key)=(?P<value>[^&\s\"'<>]+)", re.IGNORECASE
    ),
    # Client secrets of Microsoft Entra, keys of storage accounts; GitLab, Hugging Face, AWS, Databricks, Slack, npm.
    re.compile(r"(?<![\w~.-])(?P<value>[\w~.-]{3}\dQ~[\w~.-]{31,34})(?![\w~.-])"),
    re.compile(r"(?<![A-Za-z0-9+/])(?P<value>[A-Za-z0-9+/]{86}==)"),
    re.compile(
        r"(?<![A-Za-z0-9_-])(?P<value>glpat-[\w-]{20,}|hf_[A-Za-z0-9]{30,}|(?:AKIA|ASIA)[A-Z0-9]{16}|dapi[0-9a-f]{32}"
        r"|xox[abprs]-[\w-]{10,}|npm_[A-Za-z0-9]{36})"
    ),
    re.compile(  # a variable by its name
        r"^[ \t-]*[\w.-]*(?:password|passwd|secret|token|api_?key|access_?key|storage_key)[\"']?[ \t]*:[ \t]+[\"']?"
        r"(?P<value>[^\s\"'#$<{]{6,})",
        re.IGNORECASE | re.MULTILINE,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Credential:
    """Where one stands: never what it is."""

    line: int
    is_signature: bool


def held_credential(text: str, secrets: Iterable[str] = ()) -> Credential | None:
    """The first credential. `secrets` are those of the run, in all forms."""
    places = [(at, False) for secret in secrets if secret and (at := text.find(secret)) >= 0]
    logins = (match.start() for match in _BEFORE_HOST.finditer(text) if _is_credential(match))
    places += [(at, False) for at in [next(logins, -1)] if at >= 0]
    for shape in (_SIGNATURE, *_SHAPES):
        held = (
            match.start("value")
            for match in shape.finditer(text)
            if not _NAMES_A_VALUE.fullmatch(match["value"])
        )
        places += [(at, shape is _SIGNATURE) for at in [next(held, -1)] if at >= 0]
    if not places:
        return None
    at, is_signature = min(places)
    return Credential(line=text.count("\n", 0, at) + 1, is_signature=is_signature)


def _is_credential(match: re.Match[str]) -> bool:
    """A password, or a token in the user's place. The organisation before `@dev.azure.com` is neither."""
    if (
        ":" not in match["login"]
        and "%" not in match["login"]
        and len(match["login"]) < _LONG_ENOUGH_FOR_A_TOKEN
    ):
        return False
    before, login = _split(match)
    user, _, password = login.partition(":")
    if (
        not before
        or "?" in user
        or "#" in user
        or (match["host"].lower() in _DIGESTS and match["behind"] == ":")
    ):
        return False
    if password and not _NAMES_A_VALUE.fullmatch(password):
        return True
    if (
        password and password[0] in "$<{%"
    ):  # a name of the password: then the user is one, however long
        return False
    return (
        not before.rstrip(" \t").endswith("@")
        and not _SSH.search(before)
        and _is_token(user, match)
    )


def _split(match: re.Match[str]) -> tuple[str, str]:
    """What tells that a login follows, empty if nothing does, and the login."""
    before = _with_signs(match.string[max(0, match.start() - _FAR_ENOUGH) : match.start()])
    login = _with_signs(match["login"])
    if _LOGIN_FOLLOWS.search(before):
        return before, login
    scheme = _BEFORE_LOGIN.search(login)
    return (scheme[0], login[scheme.end() :]) if scheme else ("", login)


def _with_signs(text: str) -> str:
    return _QUOTED_SIGN.sub(lambda sign: unquote(sign[0]), text) if "%" in text else text


def _is_token(user: str, match: re.Match[str]) -> bool:
    if len(user) < _LONG_ENOUGH_FOR_A_TOKEN or _NAMES_A_VALUE.fullmatch(user) or "%40" in user:
        return False
    path = (match["behind"] or "").strip("/").lower()
    return user.lower() not in (path, match["host"].partition(".")[0].lower())
