"""Passes a request on to Azurite unchanged, over connections that are kept open."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, LifoQueue

from sandbox.blob.azurite import HOST, Azurite

# Azurite closes a connection that was idle for five seconds; a request must not meet that moment.
SECONDS_IDLE = 3.0
SECONDS_TO_ANSWER = 120.0
# Of one connection only (RFC 9110, 7.6.1), or about how the body came.
_NOT_PASSED_ON = frozenset(
    {"connection", "content-length", "expect", "keep-alive", "transfer-encoding"}
)
_NOT_PASSED_BACK = _NOT_PASSED_ON | {"date", "server"}  # the gate's own server sends these
Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What Azurite answered."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def error_code(self) -> str:
        for name, value in self.headers:
            if name.lower() == "x-ms-error-code":
                return value
        return ""


class Forwarding:
    """A pool of connections to one Azurite."""

    def __init__(self, azurite: Azurite) -> None:
        self._port = azurite.port
        self._context = ssl.create_default_context(cafile=str(azurite.authority_file))
        self._idle: LifoQueue[tuple[float, http.client.HTTPSConnection]] = LifoQueue()

    def send(self, method: str, target: str, headers: Fields, body: bytes) -> Answer:
        """Send a request, whose `target` is that of the request line, not decoded."""
        connection = self._connection()
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                if name.lower() not in _NOT_PASSED_ON:
                    connection.putheader(name, value)
            if body or method in {"PUT", "POST"}:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            content = response.read()
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self._idle.put((time.monotonic(), connection))
        passed_back = [
            pair for pair in response.getheaders() if pair[0].lower() not in _NOT_PASSED_BACK
        ]
        length = response.headers.get("Content-Length")
        if length is not None:  # for HEAD, that of a GET
            passed_back.append(("Content-Length", length))
        return Answer(
            status=f"{response.status} {response.reason}", headers=passed_back, body=content
        )

    def close(self) -> None:
        while True:
            try:
                self._idle.get_nowait()[1].close()
            except Empty:
                return

    def _connection(self) -> http.client.HTTPSConnection:
        while True:
            try:
                since, connection = self._idle.get_nowait()
            except Empty:
                return http.client.HTTPSConnection(
                    HOST, self._port, context=self._context, timeout=SECONDS_TO_ANSWER
                )
            if time.monotonic() - since < SECONDS_IDLE:
                return connection
            connection.close()
