"""The forms in which a secret may be read from a log, listed apart from the program's own list."""

from __future__ import annotations

import base64
import json
import string
from xml.sax.saxutils import escape

_UNRESERVED = string.ascii_letters + string.digits + "-._~"  # RFC 3986
_PLAIN_FOR_DOTNET = string.ascii_letters + string.digits + " -_./:=~!@$*()"
SHORTEST = 4


def masked_forms(secret: str) -> set[str]:
    """Return every form of a secret that must not be shown."""
    forms = {secret, secret.strip(), " ".join(secret.split())}
    forms |= set(secret.splitlines())
    forms |= _quoted(secret)
    forms |= _escaped(secret)
    forms |= _encoded(secret)
    return {form for form in forms if len(form.strip()) >= SHORTEST}


def _quoted(secret: str) -> set[str]:
    """Return the forms in URLs and forms: whole, in a path, in a form, and quoted twice."""
    whole = _percent(secret, _UNRESERVED)
    path = _percent(secret, _UNRESERVED + "/")
    form = whole.replace("%20", "+")
    twice = whole.replace("%", "%25")
    lower = {_percent(secret, _UNRESERVED, "02x"), _percent(secret, _UNRESERVED + "/", "02x")}
    lower_form = _percent(secret, _UNRESERVED, "02x").replace("%20", "+")
    return {whole, path, form, twice, *lower, lower_form}


def _percent(text: str, safe: str, digits: str = "02X") -> str:
    letters = []
    for byte in text.encode("utf-8", "replace"):
        letter = chr(byte)
        letters.append(letter if letter in safe else f"%{byte:{digits}}")
    return "".join(letters)


def _escaped(secret: str) -> set[str]:
    """Return the forms in JSON, Python and HTML, and in the JSON of Azure's .NET services."""
    html = escape(secret)
    upper, lower = "", ""
    for letter in secret:
        is_plain = letter in _PLAIN_FOR_DOTNET or (ord(letter) > 127 and letter.isalnum())
        escape_sequence = f"\\u{ord(letter):04x}"
        if ord(letter) > 127:
            escape_sequence = json.dumps(letter)[1:-1]
        lower += letter if is_plain else escape_sequence
        upper += letter if is_plain else escape_sequence.upper().replace("U", "u")
    return {
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        html,
        html.replace('"', "&quot;").replace("'", "&#x27;"),
        upper,
        lower,
    }


def _encoded(secret: str) -> set[str]:
    """Return the forms in base64, after a user name of any length (RFC 7617)."""
    data = secret.encode("utf-8", "replace")
    texts = {base64.b64encode(data), base64.urlsafe_b64encode(data)}
    for length in range(3):
        before = b"x" * length
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            # The letters that hold no bit of the user name, and none of what may follow.
            whole = encode(before + data)
            first = (length * 8 + 5) // 6
            last = (length + len(data)) * 8 // 6
            texts.add(whole[first:last])
    return {text.decode() for text in texts}
