"""Credentials in a text: one answer for masking, child processes, files and addresses."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from private_wheel.secrets.logins import find_logins
from private_wheel.secrets.shapes import SHAPES, Shape

Kind = Literal["login", "signature", "token"]

_HINTS = frozenset(hint for shape in SHAPES for hint in shape.hints)


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A credential in a text.

    `start` is where it begins, `secret` the part to mask, as it is written there; it may be empty
    for a private key of which only the first line is there.
    """

    start: int
    secret: str = field(repr=False)
    kind: Kind


def find_credentials(text: str) -> Iterator[Credential]:
    """Yield the credentials in a text, kind by kind."""
    for search in _searches(text):
        yield from search


def holds_credential(text: str) -> bool:
    """Return whether a text holds a credential."""
    return next(find_credentials(text), None) is not None


def first_credential(text: str, secrets: Iterable[str] = ()) -> Credential | None:
    """Return the first credential in a text, or None.

    Args:
        text: What to search.
        secrets: Those of the run, in all their forms, which are credentials wherever they occur.
    """
    credentials: list[Credential] = []
    for search in _searches(text):
        # Each search goes from the beginning to the end.
        credentials += itertools.islice(search, 1)
    for secret in secrets:
        start = text.find(secret) if secret else -1
        if start >= 0:
            credentials.append(Credential(start=start, secret=secret, kind="token"))
    return min(credentials, key=lambda credential: credential.start, default=None)


def _searches(text: str) -> Iterator[Iterator[Credential]]:
    """Yield a search for logins, and one for each shape that the text may hold."""
    yield _search_logins(text)
    lower = text.lower()
    hints = {hint for hint in _HINTS if hint in lower}
    for shape in SHAPES:
        if not hints.isdisjoint(shape.hints) and len(text) >= shape.shortest:
            yield _search_shape(text, shape)


def _search_logins(text: str) -> Iterator[Credential]:
    for start, secret in find_logins(text):
        yield Credential(start=start, secret=secret, kind="login")


def _search_shape(text: str, shape: Shape) -> Iterator[Credential]:
    kind: Kind = "signature" if shape.is_signature else "token"
    for match in shape.matches(text):
        yield Credential(start=match.start(), secret=match["secret"], kind=kind)
