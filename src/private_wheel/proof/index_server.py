"""The private index on this machine, for a child that must not know the credential: read-only, on loopback.

https://packaging.python.org/en/latest/specifications/simple-repository-api/ (PEP 503, PEP 691, PEP 592)
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, unquote

from private_wheel.azure.http import AT_ONCE
from private_wheel.errors import PrivateWheelError
from private_wheel.proof.uv_part import same_index
from private_wheel.publish.simple_index import Content, IndexedFile, SimpleIndex

_ADDRESS = "127.0.0.1"
_BLOCK = 2**20
# Seconds that a silent connection is kept: uv may unpack one file before it reads on in another.
_PATIENCE = 300.0
# The name of a project as PEP 503 normalizes it.
_CANONICAL = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_JSON = "application/vnd.pypi.simple.v1+json"


class IndexServer:
    """Passes one index on, and single files that are on this machine.

    Its addresses hold a random path segment, so that nobody else on this machine can read the index. `failure` is what
    the index, or this server, failed with first; `on_failure` is called once then.
    """

    def __init__(self, index: SimpleIndex | None, index_url: str, on_failure: Callable[[], None]) -> None:
        self._index, self._real_url, self._on_failure = index, index_url, on_failure
        self._segment = secrets.token_urlsafe(24)
        self._lock = threading.Lock()
        self._at_once = threading.BoundedSemaphore(AT_ONCE)
        self._pages: dict[str, Mapping[str, IndexedFile]] = {}
        self._local: list[tuple[Path, str]] = []
        self.failure: Exception | None = None
        self._server = _Server(self)

    def __enter__(self) -> IndexServer:
        threading.Thread(target=self._server.serve_forever, args=[0.05], name="index server", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def _base(self) -> str:
        return f"http://{_ADDRESS}:{self._server.server_port}/{self._segment}"

    @property
    def index_url(self) -> str:
        return f"{self._base}/simple/"

    def reachable(self, url: str) -> str:
        """Our address, when `url` is the index that we pass on; else `url`."""
        return self.index_url if self._index and same_index(url, self._real_url) else url

    def add(self, path: Path, real_url: str) -> str:
        """The address of a file on this machine; in texts for the user it becomes `real_url`."""
        self._local.append((path, real_url))
        return f"{self._base}/files/{len(self._local) - 1}/{quote(path.name)}"

    def with_real_names(self, text: str) -> str:
        """A child's text for the user: our addresses replaced by those that they stand for."""
        for number, (path, real_url) in enumerate(self._local):
            text = text.replace(f"{self._base}/files/{number}/{quote(path.name)}", real_url)
        text = text.replace(self.index_url, self._real_url).replace(f"{self._base}/simple", self._real_url.rstrip("/"))
        return text.replace(self._segment, "***")

    def is_index_file(self, url: str) -> bool:
        """Whether an address of ours leads to a file of the index."""
        return url.startswith(self.index_url)

    @property
    def passed_on(self) -> list[str]:
        """The projects of which something may have been given."""
        local = [path.name.partition("-")[0] for path, _ in self._local]
        return [*(project for project, files in self._pages.items() if files), *local]

    def fail(self, error: Exception) -> None:
        """Remember the first failure: it says more than what a child makes of our answer."""
        with self._lock:
            first, self.failure = self.failure is None, self.failure or error
        if first:
            self._on_failure()

    def page(self, segments: list[str]) -> bytes | None:
        """The page of a project whose canonical name is the only segment behind `simple`."""
        if len(segments) != 1 or not _CANONICAL.fullmatch(segments[0]):
            return None
        files = self._files(segments[0])
        if not files:
            return None
        page = {
            "meta": {"api-version": "1.0"},
            "name": segments[0],
            "files": [_entry(segments[0], file, self.index_url) for file in files.values()],
        }
        return json.dumps(page).encode()

    @contextmanager
    def file(self, kind: str, segments: list[str]) -> Iterator[Content | None]:
        """A file that its project's page lists, or one that was added; None for any other."""
        with self._at_once:
            if kind == "files":
                with self._open_local(segments) as content:
                    yield content
            elif found := self._find(segments):
                with found[0].open(found[1]) as content:
                    yield content
            else:
                yield None

    def _find(self, segments: list[str]) -> tuple[SimpleIndex, IndexedFile] | None:
        if len(segments) != 2 or not _CANONICAL.fullmatch(segments[0]):
            return None
        file = self._files(segments[0]).get(segments[1])
        return (self._index, file) if self._index and file else None

    @contextmanager
    def _open_local(self, segments: list[str]) -> Iterator[Content | None]:
        number = int(segments[0]) if segments[0].isdecimal() else len(self._local)
        path = self._local[number][0] if number < len(self._local) else None
        if path is None or segments[1:] != [path.name]:
            yield None
            return
        with path.open("rb") as stream:
            yield Content(length=path.stat().st_size, blocks=iter(lambda: stream.read(_BLOCK), b""))

    def _files(self, project: str) -> Mapping[str, IndexedFile]:
        if project not in self._pages:
            with self._at_once:
                files = self._index.files(project) if self._index else ()
            self._pages[project] = {file.name: file for file in files}
        return self._pages[project]

    def segments(self, path: str) -> list[str]:
        """Those behind our random one; none when that is another."""
        first, _, rest = path.split("?")[0].lstrip("/").partition("/")
        if not hmac.compare_digest(first.encode(), self._segment.encode()):
            return []
        return [unquote(segment) for segment in rest.removesuffix("/").split("/")]


def _entry(project: str, file: IndexedFile, index_url: str) -> dict[str, object]:
    entry: dict[str, object] = {
        "filename": file.name,
        "url": f"{index_url}{project}/{quote(file.name, safe='')}",
        "hashes": {"sha256": file.sha256} if file.sha256 else {},
    }
    if file.requires_python:
        entry["requires-python"] = file.requires_python
    if file.yanked is not None:
        entry["yanked"] = file.yanked or True
    return entry


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, index: IndexServer) -> None:
        self.index = index
        super().__init__((_ADDRESS, 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        error = sys.exc_info()[1]
        # Whoever asked may be gone: its end is told elsewhere.
        if isinstance(error, Exception) and not isinstance(error, ConnectionError | TimeoutError):
            self.index.fail(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE
    disable_nagle_algorithm = True  # head and body go out one after the other
    server: _Server

    def do_HEAD(self) -> None:
        """uv asks so whether it may read a part of a file, and takes all of it when told no."""
        self.send_error(405)

    def do_GET(self) -> None:
        self._begun = False
        kind, *segments = self.server.index.segments(self.path) or [""]
        try:
            if kind == "simple" and len(segments) == 1:
                page = self.server.index.page(segments)
                self._send(_page(page) if page is not None else None, _JSON)
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
            self.wfile.write(block if content.length is not None else b"%x\r\n%s\r\n" % (len(block), block))
        if content.length is None:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Nothing: the addresses are a secret."""

    def version_string(self) -> str:
        return "private-wheel"


def _page(text: bytes) -> Content:
    return Content(length=len(text), blocks=iter([text]))
