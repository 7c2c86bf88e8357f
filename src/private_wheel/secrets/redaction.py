"""Secrets: how they are held, which derived forms are masked, and how text is cleaned of them."""

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


@dataclass(frozen=True)
class Secret:
    """A credential that shows itself only when asked; `repr` and `str` give nothing away."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self.value)


def derived_forms(value: str) -> frozenset[str]:
    """All texts by which `value` could be read from a log: itself, its lines, quoted, escaped, and in base64.

    Base64 is covered at each of its three alignments, without the letters that depend on what stands before or
    behind: so `base64("user:" + token)` is found for any user name (RFC 7617, RFC 4648).
    """
    data = value.encode("utf-8", "replace")  # an environment may hold what is no Unicode
    forms = {
        value,
        value.strip(),
        *value.splitlines(),
        quote(data, safe=""),
        quote(data),
        quote_plus(data),
    }
    forms |= {form.lower() for form in (quote(data, safe=""), quote_plus(data)) if "%" in form}
    forms |= {
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
    }
    forms |= {html.escape(value), html.escape(value, quote=False), " ".join(value.split())}
    forms |= {quote(quote(data, safe="")), *_dotnet_json_forms(value)}
    forms |= _base64_forms(data)
    return frozenset(form for form in forms if len(form.strip()) >= SHORTEST_SECRET)


def _dotnet_json_forms(value: str) -> set[str]:
    """As Azure's .NET services write it into JSON: more letters than JSON asks for are escaped."""
    escaped = "".join(
        letter if letter.isalnum() or letter in " -_./:=~!@$*()" else f"\\u{ord(letter):04X}"
        for letter in value
    )
    return {escaped, re.sub(r"\\u[0-9A-F]{4}", lambda match: match[0].lower(), escaped)}


def _base64_forms(data: bytes) -> set[str]:
    forms = {base64.b64encode(data).decode()}
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data).decode().rstrip("=")
        start = -(-offset * 8 // 6)
        end = (offset + len(data)) * 8 // 6
        forms.add(encoded[start:end])
    return forms | {form.replace("+", "-").replace("/", "_") for form in forms}


class Redactor:
    """Replaces every known secret, in every derived form, by `***`. Secrets may be added while it is in use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: frozenset[str] = frozenset()
        self._patterns: tuple[re.Pattern[str], ...] = ()

    def add(self, values: Iterable[str]) -> list[str]:
        """Learn secrets; return the forms that are new, longest first."""
        forms = frozenset[str]().union(*(derived_forms(value) for value in values))
        with self._lock:
            new = forms - self._forms
            self._forms |= forms
            longest_first = sorted(new, key=len, reverse=True)
            if new:  # a pattern of its own: to make one of all anew would take longer with each
                self._patterns += (re.compile("|".join(re.escape(form) for form in longest_first)),)
        return longest_first

    @property
    def forms(self) -> frozenset[str]:
        return self._forms

    def clean(self, text: str) -> str:
        for pattern in self._patterns:
            text = pattern.sub(MASK, text)
        return text
