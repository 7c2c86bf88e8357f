"""The private index on this machine, for a child that must not know the credential: read-only, on loopback.

https://packaging.python.org/en/latest/specifications/simple-repository-api/ (PEP 503, PEP 691, PEP 592)
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, unquote

from private_wheel.azure.http import AT_ONCE
from private_wheel.proof.loopback import ADDRESS, LoopbackServer
from private_wheel.publish.feed.address import same_index
from private_wheel.publish.feed.index import Content, IndexedFile, SimpleIndex

_BLOCK = 2**20
# The name of a project as PEP 503 normalizes it.
_CANONICAL = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class IndexServer:
    """Passes one index on, and single files that are on this machine.

    Its addresses hold a random path segment, so that nobody else on this machine can read the index. `failure` is what
    the index, or this server, failed with first; `on_failure` is called once then.
    """

    def __init__(
        self, index: SimpleIndex | None, index_url: str, on_failure: Callable[[], None]
    ) -> None:
        self._index, self._real_url, self._on_failure = index, index_url, on_failure
        self._segment = secrets.token_urlsafe(24)
        self._lock = threading.Lock()
        self._at_once = threading.BoundedSemaphore(AT_ONCE)
        self._pages: dict[str, Mapping[str, IndexedFile]] = {}
        self._local: dict[str, tuple[Path, str]] = {}
        self._is_open = True
        self.failure: Exception | None = None
        self._server = LoopbackServer(self)

    def __enter__(self) -> IndexServer:
        threading.Thread(
            target=self._server.serve_forever, args=[0.05], name="index server", daemon=True
        ).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Pass nothing on any more, not to those that are connected either."""
        self._is_open = False
        self._server.shutdown()
        self._server.server_close()

    @property
    def _base(self) -> str:
        return f"http://{ADDRESS}:{self._server.server_port}/{self._segment}"

    @property
    def index_url(self) -> str:
        return f"{self._base}/simple/"

    def reachable(self, url: str) -> str:
        """Our address, when `url` is the index that we pass on; else `url`."""
        return self.index_url if self._index and same_index(url, self._real_url) else url

    def add(self, path: Path, real_url: str) -> str:
        """The address of a file on this machine; in texts for the user it becomes `real_url`."""
        number = str(len(self._local))
        self._local[number] = (path, real_url)
        return f"{self._base}/files/{number}/{quote(path.name)}"

    def with_real_names(self, text: str) -> str:
        """A child's text for the user: our addresses replaced by those that they stand for."""
        for number, (path, real_url) in self._local.items():
            text = text.replace(f"{self._base}/files/{number}/{quote(path.name)}", real_url)
        text = text.replace(self.index_url, self._real_url).replace(
            f"{self._base}/simple", self._real_url.rstrip("/")
        )
        return text.replace(self._segment, "***")

    def is_index_file(self, url: str) -> bool:
        """Whether an address of ours leads to a file of the index."""
        return url.startswith(self.index_url)

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
        path, _ = self._local.get(segments[0], (None, ""))
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
        """Those behind our random one; none when that is another, or all is over."""
        first, _, rest = path.split("?")[0].lstrip("/").partition("/")
        if not self._is_open or not hmac.compare_digest(first.encode(), self._segment.encode()):
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
