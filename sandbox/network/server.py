"""One https server on a free port of 127.0.0.1, without a log, with a thread for each request."""

from __future__ import annotations

import socket
import ssl
import sys
from threading import Thread
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

POLL_SECONDS = 0.05


class LoopbackServer:
    """Has its port from the beginning; gets its application when it is started."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._server = _TlsServer(context)
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": POLL_SECONDS}, daemon=True
        )

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def start(self, application: WSGIApplication) -> None:
        self._server.app = application
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _QuietHandler(WSGIRequestHandler):
    disable_nagle_algorithm = True

    def make_environ(self) -> WSGIEnvironment:
        """Add the headers as they came: the environ omits some, and the case of their names."""
        return {**super().make_environ(), "sandbox.headers": self.headers.items()}

    def log(self, type: str, message: str, *args: Any) -> None:
        """Log nothing: the requests are recorded, and the terminal belongs to the demo."""


class _TlsServer(ThreadedWSGIServer):
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__("127.0.0.1", 0, _not_mounted, _QuietHandler)
        # Not handed to the constructor: that would do every handshake in the accepting thread,
        # where one client that connects and stays silent stops all others.
        self._context = self.ssl_context = context

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        wrapped = self._context.wrap_socket(
            connection, server_side=True, do_handshake_on_connect=False
        )
        return wrapped, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def _not_mounted(environ: Any, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [])
    return []
