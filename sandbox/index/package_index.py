"""The real package index, pypiserver, as a WSGI application over one directory."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast

with warnings.catch_warnings():
    # pypiserver's copy of bottle imports cgi, which Python 3.11 and 3.12 warn of.
    warnings.simplefilter("ignore")
    import pypiserver  # type: ignore[import-untyped]  # ships no type information
# It also adds a finder for its plugins that Python 3.10 and 3.11 warn of at every later failing import.
sys.meta_path[:] = [
    finder for finder in sys.meta_path if type(finder).__name__ != "_ImportRedirect"
]
# What it has to say of a refused upload is in its answer.
logging.getLogger("pypiserver").propagate = False
logging.getLogger("pypiserver").addHandler(logging.NullHandler())

# pypiserver imports a part of itself anew for each application.
_MAKING = Lock()

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def package_index(
    directory: Path, *, accepts: Callable[[str, str], bool] | None = None
) -> WSGIApplication:
    """Open to all, or with `accepts(user, password)` closed for reading and for writing.

    Made at the first request: a sandbox has six of them, and few runs ask them all.
    """
    directory.mkdir(parents=True, exist_ok=True)

    @cache
    def application() -> WSGIApplication:
        made = pypiserver.app(
            roots=[directory.resolve()],
            authenticate=["download", "list", "update"] if accepts else [],
            auther=accepts,
            password_file=None if accepts else ".",
            disable_fallback=True,
            # Not "auto": that caches listings and hears of new files from a watcher, a moment too late.
            backend_arg="simple-dir",
            hash_algo="sha256",
            welcome_msg="",
        )
        return cast("WSGIApplication", made)

    def closing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """bottle leaves files open: those of large uploads, and those of which only a range was asked for."""
        environ.pop("HTTP_RANGE", None)
        try:
            with _MAKING:
                answer = application()
            return answer(environ, start_response)
        finally:
            for part in environ.get("bottle.request.files", {}).values():
                part.file.close()
            environ["wsgi.input"].close()

    return closing
