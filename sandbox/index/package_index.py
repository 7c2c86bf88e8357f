"""A real package index, pypiserver, as a WSGI application over one directory."""

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
# It also adds a finder for its plugins, of which Python 3.10 and 3.11 warn at every later import
# that fails.
sys.meta_path[:] = [
    finder for finder in sys.meta_path if type(finder).__name__ != "_ImportRedirect"
]
# What it reports about a refused upload is in its answer.
logging.getLogger("pypiserver").propagate = False
logging.getLogger("pypiserver").addHandler(logging.NullHandler())

# pypiserver imports a part of itself anew for each application.
_MAKING = Lock()

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def package_index(
    directory: Path, *, accepts: Callable[[str, str], bool] | None = None
) -> WSGIApplication:
    """Return the application, which is made at the first request: few runs use all of them.

    Args:
        directory: Where the packages are.
        accepts: Checks user and password, for reading and writing; without it, all may do both.
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
            # Not "auto": it caches listings, and a watcher reports new files a moment too late.
            backend_arg="simple-dir",
            hash_algo="sha256",
            welcome_msg="",
        )
        return cast("WSGIApplication", made)

    def closing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Close what bottle leaves open: the files of large uploads, and of ranges."""
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
