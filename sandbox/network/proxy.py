"""A proxy with which a sandbox answers under the names of the public cloud.

A client sees https://pkgs.dev.azure.com with a certificate of the sandbox's authority. Any name
that is not listed is refused, so nothing leaves the machine.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import cast

BLOCK = 65536


class Proxy:
    """An HTTP proxy for CONNECT only (RFC 9110, 9.3.6).

    `ports` are host names with the loopback ports that serve them.
    """

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._server = _Server(ports)
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, ports: Mapping[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ports = ports


class _Handler(StreamRequestHandler):
    def handle(self) -> None:
        method, _, rest = self.rfile.readline().decode("latin-1").partition(" ")
        host = rest.partition(":")[0].lower()
        while self.rfile.readline().strip():
            pass
        port = cast(_Server, self.server).ports.get(host)
        if method != "CONNECT" or port is None:
            self.wfile.write(b"HTTP/1.1 502 Not in the sandbox\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", port)) as upstream:
            self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = Thread(target=_pass_on, args=(upstream, self.connection), daemon=True)
            back.start()
            _pass_on(self.connection, upstream)
            back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(BLOCK):
            target.sendall(block)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
