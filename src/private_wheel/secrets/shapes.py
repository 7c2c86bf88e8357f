"""The shapes of credentials: tokens, keys and signatures that their form gives away.

Every pattern reads a text in linear time: it begins at a literal or at the start of a word, and no
two of its repetitions can share the same letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

# What stands for a value: a variable, a template's expression, or a gap for the reader to fill.
_PLACEHOLDER = r"\$\{[^}]*\}|\$\([^)]*\)|\$[A-Z_][A-Z0-9_]*|<[^>]*>|\$?\{\{.*|%\w+%|[*.xX]+"

_NAMES = r"password|passwd|secret|token|api[_-]?key|access[_-]?key|(?:account|storage)[_-]?key"


@dataclass(frozen=True, kw_only=True, eq=False)
class Shape:
    """How one kind of credential is written.

    Args:
        hints: Lower-case texts. One of them occurs in every credential of this kind, so that most
            texts need no search with the pattern.
        pattern: A regular expression whose group `secret` is the part to mask.
        is_signature: Whether it signs a URL.
        shortest: How many letters a text has at least that holds one.
    """

    hints: tuple[str, ...]
    pattern: str
    is_signature: bool = False
    shortest: int = 0

    def matches(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the credentials of this shape in a text, without placeholders."""
        for match in compiled(self.pattern).finditer(text):
            if not is_placeholder(match["secret"]):
                yield match


def is_placeholder(value: str) -> bool:
    """Return whether a value only marks where a secret belongs, such as `${TOKEN}` or `***`."""
    return compiled(_PLACEHOLDER).fullmatch(value) is not None


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern when it is first needed: few runs need them all."""
    return re.compile(pattern)


_SIGNATURES = r"(?:sig|signature|x-amz-signature|x-amz-security-token|x-goog-signature)"
_SIGNED_URLS = (
    # Azure (SAS), AWS, Google Cloud and content delivery networks.
    Shape(
        hints=("sig", "x-amz-"),
        pattern=rf"(?ai)(?:[?&;](?:amp;)?|SharedAccessSignature[= ]){_SIGNATURES}="
        r"(?P<secret>[^&#;\s\"'<>]+)",
        is_signature=True,
    ),
    # Within a URL that is quoted as a parameter of another one.
    Shape(
        hints=("sig", "x-amz-"),
        pattern=rf"(?ai)(?:%3F|%26){_SIGNATURES}%3D(?P<secret>(?:(?!%26)[^&#;/\s\"'<>]){{16,}})",
        is_signature=True,
    ),
    # The query alone, when the signature comes first.
    Shape(
        hints=("sig",),
        pattern=r"(?ai)(?<![^\s\"'(])sig=(?P<secret>[^&#;\s\"'<>]+)(?=&(?:amp;)?s[a-z]{1,2}=)",
        is_signature=True,
    ),
)

_CONNECTION_STRINGS = (
    Shape(
        hints=("accountkey=", "sharedaccesskey="),
        pattern=r"(?ai)(?:AccountKey|SharedAccessKey)=(?P<secret>[^;\s\"']+)",
    ),
    # A well-formed signature is a query, whose `sig` is recognised above.
    Shape(
        hints=("sharedaccesssignature=",),
        pattern=r"(?ai)SharedAccessSignature=(?!SharedAccessSignature\b|[a-z]{2,3}=)"
        r"(?P<secret>[^;\s\"']+)",
    ),
    # A database's. `;PWD=/path` is the working directory.
    Shape(
        hints=("password", "pwd"),
        pattern=r"(?ai);[ \t]*(?:password|pwd)[ \t]*=[ \t]*(?P<secret>(?![/\\])[^;\s\"'<>]{4,})",
    ),
)

_TOKENS = (
    # Azure DevOps, old: 52 letters of base32. A hash of the same length would be hexadecimal.
    Shape(
        hints=("",),
        pattern=r"(?<![A-Za-z0-9])(?=[a-z2-7]{52}(?![A-Za-z0-9]))"
        r"(?=[a-f2-7]*[g-z])(?=[a-z]*[2-7])(?P<secret>[a-z2-7]{52})",
        shortest=52,
    ),
    # Azure DevOps, new.
    Shape(
        hints=("azdo",),
        pattern=r"(?<![A-Za-z0-9])(?P<secret>[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})(?![A-Za-z0-9])",
    ),
    # GitHub.
    Shape(
        hints=("gho_", "ghp_", "ghr_", "ghs_", "ghu_", "github_pat_"),
        pattern=r"(?<![A-Za-z0-9])(?P<secret>gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_\w{20,})",
    ),
    # PyPI.
    Shape(hints=("pypi-age",), pattern=r"(?P<secret>pypi-AgE[A-Za-z0-9_-]{8,})"),
    # JSON web tokens, signed or encrypted (RFC 7519, RFC 7516).
    Shape(
        hints=("eyj",),
        pattern=r"(?a)(?<![\w-])(?P<secret>eyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*(?:\.[\w-]+){0,2})",
    ),
    # Client secrets of Microsoft Entra.
    Shape(
        hints=("q~",),
        pattern=r"(?<![\w~.-])(?P<secret>[\w~.-]{3}\dQ~[\w~.-]{31,34})(?![\w~.-])",
    ),
    # Keys of storage accounts: 64 bytes in base64.
    Shape(hints=("==",), pattern=r"(?<![A-Za-z0-9+/])(?P<secret>[A-Za-z0-9+/]{86}==)"),
    # GitLab, Hugging Face, AWS, Google, Databricks, Docker Hub, Slack, npm.
    Shape(
        hints=(
            *("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "hf_", "akia", "asia", "aiza"),
            *("dapi", "dckr_pat_", "xox", "npm_"),
        ),
        pattern=r"(?a)(?<![\w-])(?P<secret>gl(?:pat|dt|rt|cbt|ptt)-[\w-]{20,}|hf_[A-Za-z0-9]{30,}"
        r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}|dapi[0-9a-f]{32}|dckr_pat_[\w-]{20,}"
        r"|xox[abeprs]-[\w-]{10,}|npm_[A-Za-z0-9]{36})",
    ),
    # A private key in PEM. A key in one line has `\n` written out.
    Shape(
        hints=("private key",),
        pattern=r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----\s*"
        r"(?P<secret>(?:(?!-----)[\s\S]){0,16384})",
    ),
)

_IN_URLS = (
    # conda's form, in the path of a channel. Links to forum threads look alike: /t/SUBJECT/NUMBER.
    Shape(
        hints=("/t/",),
        pattern=r"(?ai)(?:://[^\s/\"']+|(?<![^\s\"'=@])[\w-]+(?:\.[\w-]+)+)/(?:[^\s/\"']+/){0,4}?"
        r"t/(?=[a-z_-]*\d|[a-z_-]{20})(?P<secret>[\w-]{8,})/(?!\d+(?:[\s/?#]|\Z))",
    ),
    Shape(
        hints=("token", "key", "secret", "password"),
        pattern=r"(?ai)[?&](?:amp;)?(?:(?:access_|private_|job_|auth_)?token|api[_-]?key"
        r"|subscription-key|client_secret|password)=(?P<secret>[^&#;\s\"'<>]+)",
    ),
)

_NAMED = (
    # The header of a request.
    Shape(
        hints=("authorization",),
        pattern=r"(?ai)authorization[\"']?:\s*[\"']?"
        r"(?:(?:basic|bearer|negotiate)\s+|token\s+(?=\S{16}))(?P<secret>[\w+/=.~-]{8,})",
    ),
    Shape(
        hints=("bearer",),
        pattern=r"(?ai)\bbearer[ \t]+(?=[a-z+/=._~-]*\d)(?P<secret>[\w+/=.~-]{20,})",
    ),
    # npm's configuration.
    Shape(
        hints=(":_auth", ":_password"),
        pattern=r"(?ai):_(?:auth|authToken|password)=[\"']?(?P<secret>[^\s\"'$]+)",
    ),
    # `NAME: VALUE` on a line of its own. A word before other words is prose.
    Shape(
        hints=("password", "passwd", "secret", "token", "key"),
        pattern=rf"(?aim)^[ \t-]*(?:[\w.][\w.-]*?)??(?:{_NAMES})[\"']?[ \t]*:[ \t]+"
        r"(?:[\"']|(?![a-z]+[,.]?[ \t]+\w))(?P<secret>[^\s\"'#$<{]{6,})",
    ),
    # `"NAME": "VALUE"` in JSON, unless the value consists of words.
    Shape(
        hints=("password", "passwd", "secret", "token", "key", "auth"),
        pattern=rf"(?ai)\"(?:[\w.-]*(?:{_NAMES})|auth)\"\s*:\s*\"(?![a-z _-]*\")"
        r"(?P<secret>[^\"\\$<{][^\"\\]{5,})",
    ),
)

SHAPES = (*_SIGNED_URLS, *_CONNECTION_STRINGS, *_TOKENS, *_IN_URLS, *_NAMED)
