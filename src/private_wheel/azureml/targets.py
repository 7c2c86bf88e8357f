"""The target of a workspace connection: the base URL that it serves."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote, urlsplit

_LONGEST_NAME = 33
_DEFAULT_PORTS = {"https": 443, "http": 80}


def same_target(one: str, other: str) -> bool:
    """Return whether two URLs are the same target, however they are written."""
    return _canonical(one) == _canonical(other)


def covers(target: str, url: str) -> bool:
    """Return whether a connection with this target serves a URL.

    It does if scheme and host are the same and the path begins with whole segments of the
    target's. Microsoft documents no exact rule; this one agrees with all reported cases
    (azure-sdk-for-python#22441).
    """
    return f"{_canonical(url)}/".startswith(f"{_canonical(target)}/")


def default_name(target: str) -> str:
    """Return the name of a new connection: the target's organisation, or else its host."""
    parts = urlsplit(target)
    last_segment = parts.path.strip("/").rsplit("/", 1)[-1]
    text = last_segment or parts.hostname or ""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_")[:_LONGEST_NAME]
    return name if len(name) >= 3 else f"feed-{name}".rstrip("-")


def _canonical(target: str) -> str:
    """Write a target in one way: case, default port, escapes and extra slashes do not matter."""
    try:
        parts = urlsplit(target.lower())
        port = parts.port
    except ValueError:
        return target.lower().rstrip("/")
    host = parts.hostname or ""
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    path = posixpath.normpath("/" + unquote(parts.path).strip("/"))
    return f"{parts.scheme}://{host}{path}".rstrip("/")
