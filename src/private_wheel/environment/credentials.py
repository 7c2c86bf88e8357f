"""Whether a text holds a credential: by its shape, or because it is one that the run knows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# What stands for a value and is none: a variable's name, or a gap that a manual leaves for the reader.
_NAMES_A_VALUE = re.compile(r"\$\{[^}]*\}|\$\([^)]*\)|\$[A-Z_][A-Z0-9_]*|<[^>]*>|\{\{.*\}\}|%\w+%|[*.xX]+")
_USER = re.compile(
    r"(?<![A-Za-z0-9+.-])(?P<scheme>[A-Za-z0-9+.-]*)://(?P<user>[^\s/?#@:\"']*)(?::(?P<password>[^\s/@\"]*))?@(?P<host>[^\s/?#:\"']*)(?P<path>/[^/\s?#]*)?"
)
_LONG_ENOUGH_FOR_A_TOKEN = 16

_SIGNATURE = re.compile(  # a shared access signature, and those of other clouds
    r"[?&;](?:amp;)?(?:sig|x-amz-signature|x-goog-signature)=(?P<value>[^&\s\"']+)", re.IGNORECASE
)
_SHAPES = (
    re.compile(r"(?:AccountKey|SharedAccessKey|SharedAccessSignature)=(?P<value>[^;\s\"']+)", re.IGNORECASE),
    # Azure DevOps, old: 52 letters of base32. A hash of that alphabet would be hexadecimal.
    re.compile(r"(?<![A-Za-z0-9])(?=[a-f2-7]*[g-z])(?=[a-z]*[2-7])(?P<value>[a-z2-7]{52})(?![A-Za-z0-9])"),
    re.compile(r"(?<![A-Za-z0-9])(?P<value>[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})(?![A-Za-z0-9])"),
    re.compile(r"(?<![A-Za-z0-9])(?P<value>gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    re.compile(r"(?P<value>pypi-AgE[A-Za-z0-9_-]{8,})"),
    re.compile(r"(?<![A-Za-z0-9_-])(?P<value>eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*)"),
    re.compile(r"(?P<value>-----BEGIN [A-Z ]*PRIVATE KEY-----)"),
    re.compile(r"/t/(?P<value>[A-Za-z0-9_-]{8,})/"),  # conda's own form, of a channel
    re.compile(r"authorization:\s*(?:basic|bearer)\s+(?P<value>[A-Za-z0-9+/=._-]{8,})", re.IGNORECASE),
    re.compile(r"[?&](?:access_token|private_token|api_?key)=(?P<value>[^&\s\"'<>]+)", re.IGNORECASE),
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
    places += [(match.start(), False) for match in _USER.finditer(text) if _is_credential_of_url(match)][:1]
    for shape in (_SIGNATURE, *_SHAPES):
        held = (match.start("value") for match in shape.finditer(text) if not _NAMES_A_VALUE.fullmatch(match["value"]))
        places += [(at, shape is _SIGNATURE) for at in [next(held, -1)] if at >= 0]
    if not places:
        return None
    at, is_signature = min(places)
    return Credential(line=text.count("\n", 0, at) + 1, is_signature=is_signature)


def _is_credential_of_url(match: re.Match[str]) -> bool:
    """A password, or a token in the user's place. The organisation before `@dev.azure.com` is neither."""
    user, password = match["user"], match["password"]
    if password and not _NAMES_A_VALUE.fullmatch(password):
        return True
    if password and password[0] in "$<{%":  # a name of the password: then the user is one, however long
        return False
    if len(user) < _LONG_ENOUGH_FOR_A_TOKEN or _NAMES_A_VALUE.fullmatch(user) or "%40" in user:
        return False
    if match["scheme"].lower().endswith("ssh"):
        return False
    return user.lower() not in ((match["path"] or "").strip("/").lower(), match["host"].partition(".")[0].lower())
