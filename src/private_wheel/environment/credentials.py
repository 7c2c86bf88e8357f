"""Whether a text holds a credential: by its shape, or because it is one that the run knows."""

from __future__ import annotations

import re
from collections.abc import Iterable

# What stands for a value and is none: a variable's name, or a gap that a manual leaves for the reader.
_NAMES_A_VALUE = re.compile(r"\$\{[^}]*\}|\$\([^)]*\)|\$\w+|<[^>]*>|\{\{.*\}\}|%\w+%|[*.xX]+")
_USER = re.compile(
    r"://(?P<user>[^\s/?#@:\"']*)(?::(?P<password>[^\s/@\"']*))?@(?P<host>[^\s/?#:\"']*)(?P<path>/[^/\s?#]*)?"
)
_LONG_ENOUGH_FOR_A_TOKEN = 16

_SHAPES = (
    re.compile(r"[?&;](?:amp;)?sig=(?P<value>[^&\s\"']+)"),  # a shared access signature
    re.compile(r"(?:AccountKey|SharedAccessKey|SharedAccessSignature)=(?P<value>[^;\s\"']+)", re.IGNORECASE),
    # Azure DevOps, old: 52 letters of base32. A hash of that alphabet would be hexadecimal.
    re.compile(r"(?<![A-Za-z0-9])(?=[a-f2-7]*[g-z])(?P<value>[a-z2-7]{52})(?![A-Za-z0-9])"),
    re.compile(r"(?<![A-Za-z0-9])(?P<value>[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})(?![A-Za-z0-9])"),
    re.compile(r"(?<![A-Za-z0-9])(?P<value>gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    re.compile(r"(?P<value>pypi-AgE[A-Za-z0-9_-]{8,})"),
    re.compile(r"(?<![A-Za-z0-9_-])(?P<value>eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*)"),
    re.compile(r"(?P<value>-----BEGIN [A-Z ]*PRIVATE KEY-----)"),
)


def held_credential(text: str, secrets: Iterable[str] = ()) -> int:
    """The number of the first line with a credential, 0 for none. `secrets` are those of the run, in all forms."""
    places = [at for secret in secrets if secret and (at := text.find(secret)) >= 0]
    places += [match.start() for match in _USER.finditer(text) if _is_credential_of_url(match)][:1]
    for shape in _SHAPES:
        held = (match.start("value") for match in shape.finditer(text) if not _NAMES_A_VALUE.fullmatch(match["value"]))
        places += [at for at in [next(held, -1)] if at >= 0]
    return text.count("\n", 0, min(places)) + 1 if places else 0


def _is_credential_of_url(match: re.Match[str]) -> bool:
    """A password, or a token in the user's place. The organisation before `@dev.azure.com` is neither."""
    user, password = match["user"], match["password"]
    if password:
        return not _NAMES_A_VALUE.fullmatch(password)
    if len(user) < _LONG_ENOUGH_FOR_A_TOKEN or _NAMES_A_VALUE.fullmatch(user) or "%40" in user:
        return False
    return user.lower() != (match["path"] or "").strip("/").lower()
