"""The private index on loopback, read-only, for a child that must not know the credential.

Source: https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, unquote

from private_wheel.azure.http import AT_ONCE
from private_wheel.proof.loopback import ADDRESS, LoopbackServer
from private_wheel.publish.feed.address import same_index
from private_wheel.publish.feed.index import Content, SimpleIndex
from private_wheel.publish.feed.page import IndexedFile

_BLOCK = 2**20
# The name of a project as PEP 503 normalizes it.
_CANONICAL = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class IndexServer:
    """Passes on one index, and single files of this machine.

    Its addresses have a random path segment, so that nobody else on this machine can read the
    index. `failure` is the first error of the index or of this server.
    """

    def __init__(
        self, index: SimpleIndex | None, index_url: str, on_failure: Callable[[], None]
    ) -> None:
        """Prepare the server; it starts as a context manager.

        Args:
            index: The index to pass on, if there is one.
            index_url: The URL that the index has for others.
            on_failure: Called once, when the index or this server fails.
        """
        self._index = index
        self._real_url = index_url
        self._on_failure = on_failure
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
        """Pass on nothing more, not even on open connections."""
        self._is_open = False
        self._server.shutdown()
        self._server.server_close()

    @property
    def _base(self) -> str:
        return f"http://{ADDRESS}:{self._server.server_port}/{self._segment}"

    @property
    def index_url(self) -> str:
        """The URL of the index on this server."""
        return f"{self._base}/simple/"

    def reachable(self, url: str) -> str:
        """Return our URL of the index if `url` is the index that we pass on, else `url`."""
        is_ours = self._index and same_index(url, self._real_url)
        return self.index_url if is_ours else url

    def add(self, path: Path, real_url: str) -> str:
        """Serve a file of this machine, and return its URL; texts for the user have `real_url`."""
        number = str(len(self._local))
        self._local[number] = (path, real_url)
        return self._local_url(number)

    def _local_url(self, number: str) -> str:
        path, _ = self._local[number]
        return f"{self._base}/files/{number}/{quote(path.name)}"

    def with_real_names(self, text: str) -> str:
        """Return a child's text for the user, with the real URLs instead of ours."""
        for number, (_, real_url) in self._local.items():
            text = text.replace(self._local_url(number), real_url)
        text = text.replace(self.index_url, self._real_url)
        text = text.replace(self.index_url.rstrip("/"), self._real_url.rstrip("/"))
        return text.replace(self._segment, "***")

    def is_index_file(self, url: str) -> bool:
        """Return whether a URL of ours is a file of the index."""
        return url.startswith(self.index_url)

    def fail(self, error: Exception) -> None:
        """Keep the first failure: it says more than a child's error about our answer."""
        with self._lock:
            is_first = self.failure is None
            self.failure = self.failure or error
        if is_first:
            self._on_failure()

    def page(self, segments: list[str]) -> bytes | None:
        """Return the page of the project whose canonical name is the only segment (PEP 691)."""
        if len(segments) != 1 or not _CANONICAL.fullmatch(segments[0]):
            return None
        project = segments[0]
        files = self._files(project)
        if not files:
            return None
        page = {
            "meta": {"api-version": "1.0"},
            "name": project,
            "files": [_entry(project, file, self.index_url) for file in files.values()],
        }
        return json.dumps(page).encode()

    @contextmanager
    def file(self, kind: str, segments: list[str]) -> Iterator[Content | None]:
        """Open a file that its project's page lists, or one that was added; None for any other."""
        with self._at_once, ExitStack() as stack:
            if kind == "files":
                yield stack.enter_context(self._open_local(segments))
                return
            file = self._listed(segments)
            if self._index and file:
                yield stack.enter_context(self._index.open(file))
            else:
                yield None

    def segments(self, path: str) -> list[str]:
        """Return the segments behind our random one; none if that is wrong, or all is over."""
        first, _, rest = path.split("?")[0].lstrip("/").partition("/")
        if not self._is_open or not hmac.compare_digest(first.encode(), self._segment.encode()):
            return []
        return [unquote(segment) for segment in rest.removesuffix("/").split("/")]

    def _listed(self, segments: list[str]) -> IndexedFile | None:
        if len(segments) != 2 or not _CANONICAL.fullmatch(segments[0]):
            return None
        project, name = segments
        return self._files(project).get(name)

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
