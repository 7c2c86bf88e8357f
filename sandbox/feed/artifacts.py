"""Azure Artifacts: the URL forms of all organisations, projects, feeds and views."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from sandbox.feed.access import FeedAccess
from sandbox.feed.answers import FeedRefusal, refusal, unknown_feed, unknown_path
from sandbox.feed.feed import Feed
from sandbox.feed.storage import Storage

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_PATH = re.compile(
    r"/(?P<organisation>[^/]+)(?:/(?P<project>[^/]+))?"
    r"/_packaging/(?P<feed>[^/@]+)(?:@(?P<view>[^/]+))?"
    r"/pypi/(?P<api>upload|simple|download)(?:/(?P<rest>.*))?"
)
VIEWS = ("local", "prerelease", "release")


@dataclass(frozen=True, kw_only=True)
class FeedKey:
    """The names of a feed, whose case Azure DevOps ignores."""

    organisation: str
    project: str | None
    feed: str

    @classmethod
    def of(cls, organisation: str, project: str | None, feed: str) -> FeedKey:
        return cls(
            organisation=organisation.casefold(),
            project=project.casefold() if project else None,
            feed=feed.casefold(),
        )


class Artifacts:
    """The server's application."""

    def __init__(
        self, *, url: str, feeds: dict[FeedKey, Feed], access: FeedAccess, storage: Storage
    ) -> None:
        self._url = url
        self._feeds = feeds
        self._access = access
        self._storage = storage

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            response = self._answer(Request(environ))
        except FeedRefusal as refused:
            response = refused.response
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        match = _PATH.fullmatch(request.path)
        if match is None or not self._has_organisation(match["organisation"]):
            raise unknown_path(request.path)
        caller = self._access.caller(request, match["organisation"].casefold())
        feed = self._find(match)
        if match["api"] == "upload":
            _allow(request, "POST")
            caller.require_write()
            if match["view"]:
                raise refusal(400, "InvalidRequestException", "A view of a feed takes no packages.")
            with request:  # closes the file that came with it
                return feed.upload(request)
        caller.require_read()
        if match["api"] == "simple":
            _allow(request, "GET", "HEAD")
            return self._simple(feed, match)
        _allow(request, "GET")  # HEAD is not allowed here (astral-sh/uv#1713)
        file = feed.file(match["rest"] or "")
        return Response("", 303, {"Location": self._storage.address_of(file)})

    def _simple(self, feed: Feed, match: re.Match[str]) -> Response:
        name = (match["rest"] or "").strip("/")
        if not name:
            return feed.projects()
        parts = [match["organisation"], match["project"]]
        base = "/".join([self._url, *(quote(part) for part in parts if part)])
        view = f"@{match['view']}" if match["view"] else ""
        return feed.project(name, f"{base}/_packaging/{match['feed']}{view}/pypi/download")

    def _has_organisation(self, organisation: str) -> bool:
        return any(key.organisation == organisation.casefold() for key in self._feeds)

    def _find(self, match: re.Match[str]) -> Feed:
        feed = self._feeds.get(FeedKey.of(match["organisation"], match["project"], match["feed"]))
        if feed is None:
            raise unknown_feed(match["feed"])
        if match["view"] and match["view"].casefold() not in VIEWS:
            raise unknown_feed(f"{match['feed']}@{match['view']}")
        return feed


def _allow(request: Request, *methods: str) -> None:
    if request.method not in methods:
        message = f"The requested resource does not support http method '{request.method}'."
        raise refusal(405, "VssInvalidMethodException", message)
