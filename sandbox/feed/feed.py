"""One feed: a real index, behind the pages and answers of Azure Artifacts."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from sandbox.feed.answers import already_exists, deleted_version, invalid_package, unknown_path
from sandbox.index.package_index import package_index

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_LINK = re.compile(r' *<a href="[^"]*/packages/(?P<file>[^"#]+)(?P<hash>#[^"]*)?">[^<]*</a><br>\n?')


@dataclass(kw_only=True)
class FeedSwitches:
    """How the service behaves, for a test to choose; for all feeds of a sandbox."""

    hashes: bool = True  # links carry #sha256=
    listing_delay: float = 0.0  # seconds until an uploaded file is listed
    metadata_versions: frozenset[str] | None = None  # None: every version is accepted
    # (normalised name, version) of what was deleted earlier
    reserved: set[tuple[str, str]] = field(default_factory=set)


class Feed:
    """A feed's packages. Permissions are checked before a call comes here."""

    def __init__(self, name: str, directory: Path, switches: FeedSwitches) -> None:
        self.name = name
        self.directory = directory
        self._switches = switches
        self._index = package_index(directory)
        self._listed_from: dict[str, float] = {}
        self._uploading = Lock()

    def upload(self, request: Request) -> Response:
        """Accept one file by the legacy upload API; the status of success is 202."""
        body = request.get_data(cache=True)
        file = request.files.get("content")
        if request.form.get(":action") != "file_upload" or file is None or not file.filename:
            raise invalid_package("The request holds no file to upload.")
        package = f"{request.form.get('name', '')} {request.form.get('version', '')}"
        self._check(request)
        with self._uploading:
            answer = self._ask({**request.environ, "wsgi.input": BytesIO(body), "PATH_INFO": "/"})
            if answer.status_code == 200:
                self._listed_from[file.filename] = time.monotonic() + self._switches.listing_delay
                return Response("", 202)
        if "already exists" in answer.get_data(as_text=True):
            raise already_exists(self.name, file.filename, package)
        raise invalid_package(f"The package is invalid ({answer.status}).")

    def _check(self, request: Request) -> None:
        name, version = request.form.get("name", ""), request.form.get("version", "")
        metadata_version = request.form.get("metadata_version", "")
        supported = self._switches.metadata_versions
        if supported is not None and metadata_version not in supported:
            raise invalid_package(
                f"Metadata version '{metadata_version}' is unsupported."
                f" Supported versions are: {','.join(sorted(supported))}."
            )
        if (canonicalize_name(name), version) in self._switches.reserved:
            raise deleted_version(self.name, f"{name} {version}")

    def projects(self) -> Response:
        return self._ask(EnvironBuilder(path="/simple/").get_environ())

    def project(self, name: str, download_url: str) -> Response:
        """Return the page of one project, as HTML whatever the caller accepts."""
        answer = self._ask(EnvironBuilder(path=f"/simple/{canonicalize_name(name)}/").get_environ())
        if answer.status_code != 200:
            raise unknown_path(name)
        page = _LINK.sub(lambda link: self._link(link, download_url), answer.get_data(as_text=True))
        if "<a " not in page:
            raise unknown_path(name)
        return Response(page, 200, content_type="text/html; charset=utf-8")

    def _link(self, link: re.Match[str], download_url: str) -> str:
        file = link["file"]
        if self._listed_from.get(file, 0.0) > time.monotonic():
            return ""
        name, version = _name_and_version(file)
        fragment = (link["hash"] or "") if self._switches.hashes else ""
        return f'<a href="{download_url}/{name}/{version}/{file}{fragment}">{file}</a><br>\n'

    def file(self, path: str) -> Path:
        """Return the file of a download link's `NAME/VERSION/FILE`."""
        name, _, rest = path.partition("/")
        version, _, file = rest.partition("/")
        stored = self.directory / Path(file).name
        if not file or not stored.is_file():
            raise unknown_path(path)
        if _name_and_version(stored.name) != (canonicalize_name(name), version):
            raise unknown_path(path)
        return stored

    def _ask(self, environ: WSGIEnvironment) -> Response:
        return Response.from_app(self._index, environ, buffered=True)


def _name_and_version(file: str) -> tuple[str, str]:
    if file.endswith(".whl"):
        name, version, _, _ = parse_wheel_filename(file)
    else:
        name, version = parse_sdist_filename(file)
    return name, str(version)
