"""Web addresses to which a credential may be sent."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from private_wheel.secrets.detection import holds_credential
from private_wheel.secrets.quoting import quoted_address

_CONFUSING = re.compile(r"[\\\s\x00-\x1f]")


def check_address(url: str) -> None:
    """Refuse an address that would send a credential in clear text, or that has a login itself.

    Raises:
        ValueError: The message is a sentence for the user.
    """
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("this is not a web address.") from None
    if _CONFUSING.search(url):
        raise ValueError(
            "the URL contains a blank or a backslash, which programs read differently."
        )
    if "@" in parts.netloc:
        raise ValueError(_login_problem(url))
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_right:
        raise ValueError(f"{quoted_address(url)} is not a web address. Write https://…")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("plain http would send the token in clear text. Use https://.")


def _login_problem(url: str) -> str:
    if holds_credential(url):
        return "the URL contains a credential. Remove it and use the input for the token."
    return "the URL contains a user name. Remove it."


def is_protected(url: str) -> bool:
    """Return whether nobody on the way can read or change the answer: by https, or locally."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine itself."""
    return host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")
