"""Where downloads from the feeds end: files at unguessable URLs, served without a credential."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.utils import send_file
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Storage:
    """Refuses a request with a credential: it would have been passed on from another host."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._files: dict[str, Path] = {}

    def address_of(self, file: Path) -> str:
        """Return a new URL of the file."""
        path = f"/{secrets.token_hex(32)}/{file.name}"
        self._files[path] = file
        return self._url + path

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> WSGIApplication:
        file = self._files.get(request.path)
        if file is None:
            return Response("ResourceNotFound", 404)
        if "Authorization" in request.headers:
            return Response("InvalidAuthenticationInfo", 400)
        if request.method not in {"GET", "HEAD"}:
            return Response("UnsupportedHttpVerb", 405)
        return send_file(file, request.environ, mimetype="application/octet-stream")
