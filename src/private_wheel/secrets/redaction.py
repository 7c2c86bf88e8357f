"""Secrets in memory and in the log: how they are kept, and how they are masked."""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

MASK = "***"
# A redaction of fewer letters would tear ordinary words out of the log.
SHORTEST_SECRET = 4
_HEX_DIGITS = re.compile(r"%[0-9A-F]{2}")
_JSON_ESCAPE = re.compile(r"\\u[0-9A-F]{4}")
_PLAIN_FOR_DOTNET = " -_./:=~!@$*()"


@dataclass(frozen=True)
class Secret:
    """A credential whose `repr` and `str` do not show it."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self.value)


def derived_forms(value: str) -> frozenset[str]:
    """Return every text from which a secret could be read in a log.

    These are the secret itself and its lines, with blanks trimmed or collapsed, and what URLs,
    JSON, Python, HTML and base64 make of it.
    """
    forms = {value, value.strip(), " ".join(value.split()), *value.splitlines()}
    # An environment variable may hold what is not Unicode.
    data = value.encode("utf-8", "replace")
    forms |= _url_forms(data)
    forms |= _escaped_forms(value)
    forms |= _dotnet_json_forms(value)
    forms |= _base64_forms(data)
    return frozenset(form for form in forms if len(form.strip()) >= SHORTEST_SECRET)


def _url_forms(data: bytes) -> set[str]:
    """Return the forms in a path, a parameter and a form, and quoted twice."""
    parameter = quote(data, safe="")
    forms = {parameter, quote(data), quote_plus(data)}
    # The digits may be lower-case, as .NET and Go write them.
    forms |= {_HEX_DIGITS.sub(_lower, form) for form in forms}
    forms.add(quote(parameter))
    return forms


def _escaped_forms(value: str) -> set[str]:
    """Return the forms in JSON, in Python's `repr` and in HTML."""
    return {
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        html.escape(value),
        html.escape(value, quote=False),
    }


def _dotnet_json_forms(value: str) -> set[str]:
    """Return the forms in JSON of Azure's .NET services, which escape more than JSON requires."""
    escaped = ""
    for letter in value:
        if letter.isalnum() or letter in _PLAIN_FOR_DOTNET:
            escaped += letter
            continue
        units = letter.encode("utf-16-be", "surrogatepass").hex().upper()
        for start in range(0, len(units), 4):
            escaped += f"\\u{units[start : start + 4]}"
    return {escaped, _JSON_ESCAPE.sub(_lower, escaped)}


def _base64_forms(data: bytes) -> set[str]:
    """Return the forms in base64, at each of its three alignments.

    The letters that depend on what comes before or after are left out: so the secret is found in
    `base64("user:" + secret)` for any user name (RFC 7617, RFC 4648).
    """
    forms = {base64.b64encode(data).decode()}
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data).decode().rstrip("=")
        start = -(-offset * 8 // 6)
        end = (offset + len(data)) * 8 // 6
        forms.add(encoded[start:end])
    url_safe = {form.replace("+", "-").replace("/", "_") for form in forms}
    return forms | url_safe


def _lower(match: re.Match[str]) -> str:
    return match[0].lower()


class Redactor:
    """Replace every known secret, in every derived form, with `***`.

    Secrets may be added from another thread while it is in use.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: frozenset[str] = frozenset()
        self._patterns: tuple[re.Pattern[str], ...] = ()

    def add(self, values: Iterable[str]) -> list[str]:
        """Add secrets and return the forms that are new, longest first."""
        forms = frozenset[str]().union(*(derived_forms(value) for value in values))
        with self._lock:
            new = forms - self._forms
            self._forms |= forms
            longest_first = sorted(new, key=len, reverse=True)
            if new:
                # A pattern of its own: compiling all of them again would take longer each time.
                alternatives = "|".join(re.escape(form) for form in longest_first)
                self._patterns += (re.compile(alternatives),)
        return longest_first

    def clean(self, text: str) -> str:
        """Return the text with every secret masked."""
        for pattern in self._patterns:
            text = pattern.sub(MASK, text)
        return text
