"""Finds secrets, in whatever form and even in parts, in all that a run left behind."""

from __future__ import annotations

import base64
import html
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, quote, quote_plus

from sandbox.network.recording import RecordedRequest

WINDOW = 16  # letters of a secret that are as good as all of it
_CREDENTIAL_FIELDS = ("client_assertion", "client_secret")
_WORD = re.compile(rb"[^\s\"'`<>|,;]{%d,}" % WINDOW)


class Secrets:
    """Credentials, in all forms in which they could be read."""

    def __init__(self, values: Iterable[str]) -> None:
        self.values = frozenset(values)
        forms = {form for value in self.values for form in _forms(value)}
        self._short = {form for form in forms if len(form) < WINDOW}
        self._windows = {
            form[start : start + WINDOW]
            for form in forms
            for start in range(len(form) - WINDOW + 1)
        }

    def found_in(self, text: bytes) -> list[bytes]:
        """The places where a secret, or a good part of one, stands."""
        found = [form for form in self._short if form in text]
        for match in _WORD.finditer(text):
            word = match[0]
            if any(
                word[start : start + WINDOW] in self._windows
                for start in range(len(word) - WINDOW + 1)
            ):
                found.append(word[:200])
        return found


def _forms(value: str) -> Iterator[bytes]:
    secret = (
        value.rpartition("eyJ")[2] if value.startswith("eyJ") else value
    )  # a JWT's first part is the same in all
    texts = {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
    }
    texts |= {html.escape(secret), html.escape(secret, quote=False)}
    yield from (text.encode() for text in texts)
    for offset in range(3):  # whatever stands before it, such as "user:"
        encoded = base64.b64encode(b"\0" * offset + secret.encode())[4:-4]
        yield from (encoded, encoded.replace(b"+", b"-").replace(b"/", b"_"))


def credentials_in(requests: Iterable[RecordedRequest]) -> set[str]:
    """All credentials that reached a server: they were in our program's hands."""
    found = set()
    for request in requests:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            value = base64.b64decode(value).decode().partition(":")[2]
        found.add(value)
        found |= set(parse_qs(request.query).get("sig", []))  # a signed link
        if request.headers.get("Content-Type") == "application/x-www-form-urlencoded":
            form = parse_qs(request.body.decode())
            found.update(value for name in _CREDENTIAL_FIELDS for value in form.get(name, []))
    return found - {""}


def contents(directory: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a directory with its path and bytes, also of those inside zip files; and
    every path."""
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if path.is_file() and not path.is_symlink():
            yield from _opened(name, path.read_bytes())
        else:
            yield name, name.encode()


def _opened(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, name.encode() + b"\n" + data
    if data.startswith(b"PK\3\4"):
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from _opened(f"{name}/{member}", archive.read(member))
