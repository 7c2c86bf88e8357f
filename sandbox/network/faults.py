"""Rules by which a test makes a server fail."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One rule; the first rule that matches a request is applied.

    `server`, `method`, `path` and `query` are patterns with * and ?.
    """

    server: str = "*"
    method: str = "*"
    path: str = "*"
    query: str = "*"  # not decoded
    skip: int = 0  # matching requests that pass before it
    times: int | None = 1  # None: always
    delay: float = 0.0  # seconds before anything else happens
    status: int | None = None  # None: the server's own answer, after the delay
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"
    reset: bool = False  # breaks the connection instead of answering
    reset_after: int | None = None  # breaks it after so many bytes of the request's body
    after_work: bool = False  # the server does its work first, then this rule answers
    hook: Callable[[], None] | None = None  # called before the work, or after it

    @property
    def answers(self) -> bool:
        return self.reset or self.status is not None

    def response(self) -> Response:
        status = f"{self.status} {self.reason}" if self.reason else self.status
        return Response(self.body, status, dict(self.headers), content_type=self.content_type)

    def fits(self, server: str, method: str, path: str, query: str) -> bool:
        pairs = (
            (server, self.server),
            (method, self.method),
            (path, self.path),
            (query, self.query),
        )
        return all(fnmatchcase(value, pattern) for value, pattern in pairs)


class Faults:
    """The active rules, in order; each ends after its `times`."""

    def __init__(self) -> None:
        self.echo_authorization = False  # every error body repeats the Authorization header
        self.echo_body = False  # every error body repeats the body of the request
        self.echo_url = False  # every error body repeats the request's URL in several spellings
        self._lock = Lock()
        self._rules: list[Fault] = []
        self._uses: list[int] = []  # of each rule, including skipped requests

    def add(self, fault: Fault | None = None, **members: Any) -> None:
        with self._lock:
            self._rules.append(fault or Fault(**members))
            self._uses.append(0)

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()
            self._uses.clear()
        self.echo_authorization = self.echo_body = self.echo_url = False

    def take(self, server: str, method: str, path: str, query: str = "") -> Fault | None:
        with self._lock:
            for position, rule in enumerate(self._rules):
                left = rule.times is None or self._uses[position] < rule.skip + rule.times
                if left and rule.fits(server, method, path, query):
                    self._uses[position] += 1
                    if self._uses[position] > rule.skip:
                        return rule
        return None

    def echo(self, request: Request, body: bytes, response: Response) -> None:
        """Put the caller's own secrets into an error's body, as careless servers and proxies do."""
        if response.status_code < 400:
            return
        echoed = _authorization_forms(request) if self.echo_authorization else []
        if self.echo_body and body:
            echoed.append(body.decode("utf-8", "replace"))
        if self.echo_url:
            echoed += _address_forms(request)
        if self.echo_url and request.method == "HEAD":  # it has no body
            response.status = f"{response.status_code} {' '.join(echoed)}"
        elif echoed:
            _append(response, " ".join(echoed))


def _authorization_forms(request: Request) -> list[str]:
    header = request.headers.get("Authorization", "")
    forms = [f"Authorization: {header}"] if header else []
    scheme, _, encoded = header.partition(" ")
    if scheme.casefold() == "basic":
        try:
            forms.append(base64.b64decode(encoded).decode("utf-8", "replace"))
        except binascii.Error:
            forms.append("(not base64)")
    return forms


def _address_forms(request: Request) -> list[str]:
    """Return the URL as it came, and as pages, JSON and other URLs write it."""
    target: str = request.environ["REQUEST_URI"]
    address = request.host_url.rstrip("/") + target
    return [
        address,
        unquote(address),
        escape(address),
        address.replace("&", r"\u0026"),
        quote(address, safe=""),
    ]


def _append(response: Response, text: str) -> None:
    if response.mimetype == "application/xml":
        page = response.get_data(as_text=True)
        escaped = escape("".join(filter(str.isprintable, text)))  # XML has no other letters
        response.set_data(page.replace("</Message>", f" {escaped}</Message>", 1))
        return
    if response.mimetype != "application/json":
        response.set_data(response.get_data(as_text=True) + "\n" + text)
        return
    content = json.loads(response.get_data())
    inner = content.get("error") if isinstance(content.get("error"), dict) else content
    member = next((name for name in ("message", "error_description") if name in inner), "message")
    inner[member] = f"{inner.get(member, '')} {text}"
    response.set_data(json.dumps(content))
