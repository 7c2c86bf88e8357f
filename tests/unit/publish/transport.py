"""A network of a few lines, for rules that decide by answers: the real client, and no server."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.util.retry import Retry

from private_wheel.azure.http import BoundedAdapter, HttpClients
from private_wheel.azure.http_config import HttpConfig


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a server answers."""

    status: int = 200
    body: bytes | str = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[requests.PreparedRequest], Reply]


def html(body: str) -> Reply:
    return Reply(body=body, headers={"Content-Type": "text/html"})


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": location})


def response(reply: Reply, request: requests.PreparedRequest | None = None) -> requests.Response:
    """As requests would give it to the program, with its body still to be read."""
    if request is None:
        request = requests.Request("GET", "https://service.example/").prepare()
    body = reply.body.encode() if isinstance(reply.body, str) else reply.body
    raw = urllib3.HTTPResponse(
        io.BytesIO(body),
        headers=reply.headers,
        status=reply.status,
        reason=HTTPStatus(reply.status).phrase,
        preload_content=False,
    )
    return HTTPAdapter().build_response(request, raw)


class Network(HttpClients):
    """Makes clients whose every request is answered by `answer`, which may also raise."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(HttpConfig())
        self.requests: list[requests.PreparedRequest] = []
        self._answer = answer

    def adapter(
        self,
        retries: Retry | None = None,
        *,
        read_timeout: float | None = None,
        connections: int = 1,
    ) -> BoundedAdapter:
        return cast(BoundedAdapter, _Adapter(self))

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        self.requests.append(request)
        answered = response(self._answer(request), request)
        answered.content  # noqa: B018  # read now, as a client that does not stream does
        return answered

    @property
    def urls(self) -> list[str]:
        return [str(request.url) for request in self.requests]


class _Adapter(BaseAdapter):
    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]  # as requests itself calls it
        return self._network.send(request)

    def close(self) -> None:
        """Nothing is open."""
