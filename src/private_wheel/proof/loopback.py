"""The HTTP of the private index on loopback: requests and their answers."""

from __future__ import annotations

import sys
import threading
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from private_wheel.errors import PrivateWheelError
from private_wheel.publish.feed.index import Content

ADDRESS = "127.0.0.1"
_JSON = "application/vnd.pypi.simple.v1+json"
# Seconds that an answer may take to be read: uv may unpack one file before it reads on in another.
_ANSWER_TIMEOUT = 300.0
# Seconds that a connection may take to ask: a silent one keeps others out.
_REQUEST_TIMEOUT = 10.0
# Connections at a time: more than the 50 files that uv downloads at once.
# Source: UV_CONCURRENT_DOWNLOADS in https://docs.astral.sh/uv/reference/environment/
_CONNECTIONS = 128


class ServedIndex(Protocol):
    """What the server asks for its answers."""

    def segments(self, path: str) -> list[str]:
        """Return the segments of a path behind the secret one; none if that is wrong."""

    def page(self, segments: list[str]) -> bytes | None:
        """Return the page of a project in JSON; None for an unknown one."""

    def file(self, kind: str, segments: list[str]) -> AbstractContextManager[Content | None]:
        """Open a file; None for an unknown one."""

    def fail(self, error: Exception) -> None:
        """Note why an answer failed."""


class LoopbackServer(ThreadingHTTPServer):
    """Answers from the threads of its connections, on a free port of this machine alone."""

    daemon_threads = True
    request_queue_size = _CONNECTIONS
    block_on_close = False

    def __init__(self, index: ServedIndex) -> None:
        self.index = index
        self._free = threading.BoundedSemaphore(_CONNECTIONS)
        super().__init__((ADDRESS, 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread; refuse the connection if too many are open."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and free the place of the connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Note the error, unless the client has gone: its end is reported elsewhere."""
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and not isinstance(error, ConnectionError | TimeoutError):
            self.index.fail(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _REQUEST_TIMEOUT
    disable_nagle_algorithm = True  # head and body go out one after the other
    server: LoopbackServer

    def do_HEAD(self) -> None:
        """Refuse: uv asks so whether it can read a part of a file, and then reads all of it."""
        self.send_error(405)

    def do_GET(self) -> None:
        """Answer with a page, a file or an error."""
        self._begun = False
        self.connection.settimeout(_ANSWER_TIMEOUT)
        try:
            self._answer()
        finally:
            self.connection.settimeout(_REQUEST_TIMEOUT)

    def _answer(self) -> None:
        kind, *segments = self.server.index.segments(self.path) or [""]
        try:
            if kind == "simple" and len(segments) == 1:
                page = self.server.index.page(segments)
                self._send(_page(page), _JSON)
            elif kind in ("simple", "files") and segments:
                with self.server.index.file(kind, segments) as content:
                    self._send(content, "application/octet-stream")
            else:
                self._send(None, "")
        except PrivateWheelError as error:
            self.server.index.fail(error)
            self.close_connection = True
            if not self._begun:
                self.send_error(502)

    def _send(self, content: Content | None, media_type: str) -> None:
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        if content.length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(content.length))
        self.end_headers()
        self._begun = True
        for block in content.blocks:
            if content.length is None:
                block = b"%x\r\n%s\r\n" % (len(block), block)
            self.wfile.write(block)
        if content.length is None:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Log nothing: the addresses are a secret."""

    def version_string(self) -> str:
        """Return the name of the server, without a version."""
        return "private-wheel"


def _page(text: bytes | None) -> Content | None:
    return None if text is None else Content(length=len(text), blocks=iter([text]))
