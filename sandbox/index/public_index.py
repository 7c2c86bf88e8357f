"""The public package index of a sandbox: projects that a test adds, in front of the real index.

Our own names are unknown here, whether or not somebody owns them in public, and requests for them
never leave the machine. For all other projects, the client is redirected to the real index.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name, parse_wheel_filename
from werkzeug.wrappers import Request, Response

from private_wheel.system.pip_configuration import read_pip_configuration
from sandbox.index.package_index import package_index

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

OURS = "acme-"
_PAGE = re.compile(r"/simple/([^/]+)/")


class PublicIndex:
    """The server's application, over a directory of wheels.

    `upstream` is the URL of the real index; empty for none.
    """

    def __init__(self, directory: Path, upstream: str) -> None:
        self._directory = directory
        self._upstream = upstream
        self._application = package_index(directory)
        self.withheld: set[str] = set()
        """Names that are unknown here, besides our own."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        page = _PAGE.fullmatch(request.path)
        if request.method not in ("GET", "HEAD"):
            return Response("The public index takes nothing.", 405)(environ, start_response)
        if page is None or canonicalize_name(page[1]) in self._projects():
            return self._application(environ, start_response)
        name = canonicalize_name(page[1])
        if not self._upstream or name.startswith(OURS) or name in self.withheld:
            return Response("404 Not Found", 404)(environ, start_response)
        answer = Response("", 302, {"Location": f"{self._upstream}{name}/"})
        return answer(environ, start_response)

    def _projects(self) -> set[str]:
        return {parse_wheel_filename(file.name)[0] for file in self._directory.glob("*.whl")}

    def add_project(self, name: str, version: str) -> Path:
        """Publish a package of this name: one wheel with one empty module."""
        module = name.replace("-", "_")
        info = f"{module}-{version}.dist-info"
        files = {
            f"{module}.py": "",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{info}/WHEEL": (
                "Wheel-Version: 1.0\nGenerator: sandbox\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            ),
        }
        record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
        path = self._directory / f"{module}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for member, text in {**files, f"{info}/RECORD": record}.items():
                archive.writestr(zipfile.ZipInfo(member), text)
        return path


def upstream_url(environ: Mapping[str, str]) -> str:
    """Return the index that pip uses on this machine, ending with a slash.

    It is empty if no client can be redirected there.
    """
    configuration = read_pip_configuration(environ)
    if configuration.no_index:
        return ""
    url = configuration.default_index
    return url.rstrip("/") + "/" if urlsplit(url).scheme in ("https", "http") else ""


def index_variables(url: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what makes pip use the index at `url`, and uv where it has an index of its own."""
    of_uv = [name for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL") if environ.get(name)]
    return dict.fromkeys(["PIP_INDEX_URL", *of_uv], url)
