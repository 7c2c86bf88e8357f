"""The doorkeeper of every server: records requests, and applies the faults."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from socket import SHUT_RDWR
from typing import TYPE_CHECKING

from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import get_input_stream

from sandbox.network.faults import Fault, Faults

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

RESET = 0
# Bytes that are kept of a request's body: tests look into small ones, and uploads are many.
LONGEST_BODY = 65536


@dataclass(frozen=True, kw_only=True)
class RecordedRequest:
    """What reached a server.

    Attributes:
        path: Decoded.
        query: Not decoded.
        body: Of a large one, only the beginning.
        length: Of the whole body.
        status: Of the answer; 0 after a broken connection.
    """

    server: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    length: int
    status: int


class Doorkeeper:
    """Stands in front of one application."""

    def __init__(
        self,
        name: str,
        application: WSGIApplication,
        faults: Faults,
        requests: list[RecordedRequest],
    ) -> None:
        self._name = name
        self._application = application
        self._faults = faults
        self._requests = requests

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        arrived = Request(environ)
        fault = self._faults.take(self._name, arrived.method, arrived.path, _raw_query(arrived))
        # Read to the end even for a refusal: a client that still sends would see a break.
        limit = fault.reset_after if fault else None
        try:
            body = get_input_stream(environ).read(-1 if limit is None else limit)
        except ClientDisconnected as error:
            self._record(arrived, b"", RESET)
            raise ConnectionResetError("the client is gone") from error
        environ.pop("wsgi.input_terminated", None)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ |= {"CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
        request = Request(environ)
        response = self._answer(request, fault)
        if response is not None:
            self._faults.echo(request, body, response)
        self._record(request, body, RESET if response is None else response.status_code)
        if response is None:
            environ["werkzeug.socket"].shutdown(SHUT_RDWR)
            raise ConnectionResetError("a rule of the sandbox broke the connection")
        return response(environ, start_response)

    def _answer(self, request: Request, fault: Fault | None) -> Response | None:
        if fault is None:
            return self._work(request)
        time.sleep(fault.delay)
        if fault.hook and not fault.after_work:
            fault.hook()
        if fault.reset_after is not None:
            return None
        if fault.after_work or not fault.answers:
            response = self._work(request)
            if fault.hook and fault.after_work:
                fault.hook()
            if not fault.answers:
                return response
        return None if fault.reset else fault.response()

    def _work(self, request: Request) -> Response:
        try:
            return Response.from_app(self._application, request.environ, buffered=True)
        except Exception:  # a bug of the sandbox must be readable in the client's output
            return Response(traceback.format_exc(), 500)

    def _record(self, request: Request, body: bytes, status: int) -> None:
        self._requests.append(
            RecordedRequest(
                server=self._name,
                method=request.method,
                path=request.path,
                query=_raw_query(request),
                headers=dict(request.headers),
                body=body[:LONGEST_BODY],
                length=len(body),
                status=status,
            )
        )


def _raw_query(request: Request) -> str:
    return request.query_string.decode("ascii", "replace")
