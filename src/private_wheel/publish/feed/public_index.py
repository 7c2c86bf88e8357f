"""The public index: the one that pip uses on this machine."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from private_wheel.secrets.addresses import is_protected
from private_wheel.system.pip_configuration import PipConfiguration

# uv takes an index's name before its URL: https://docs.astral.sh/uv/concepts/indexes/
_NAME_BEFORE_URL = re.compile(r"^[\w.-]+=(?=https?:)")


@dataclass(frozen=True, kw_only=True)
class PublicIndex:
    """An index and how to read it.

    Attributes:
        url: Without a credential, with a slash at its end.
        authorization: The value of the Authorization header, or empty.
    """

    url: str
    authorization: str

    @property
    def host(self) -> str:
        """The host name, with its port if it has one."""
        return urlsplit(self.url).netloc


class IndexNotUsableError(Exception):
    """The public index cannot be asked. The text says why, and holds nothing that is secret."""


def find_public_index(pip: PipConfiguration) -> PublicIndex:
    """Find the index that `pip install` uses; what uv is told comes first.

    Raises:
        IndexNotUsableError: There is none, or it is not reached by https.
    """
    if pip.no_index and not pip.uv_index:
        raise IndexNotUsableError("pip is configured to use no index on this machine")
    url = _NAME_BEFORE_URL.sub("", pip.default_index)
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        raise IndexNotUsableError("pip's index is not a web address") from None
    if not host or not is_protected(url):
        raise IndexNotUsableError("pip's index is not reached by https")
    return PublicIndex(url=_bare_url(parts), authorization=_authorization(parts))


def _bare_url(parts: SplitResult) -> str:
    host = parts.netloc.rpartition("@")[2]
    path = f"{parts.path.rstrip('/')}/"
    return parts._replace(netloc=host, path=path, query="", fragment="").geturl()


def _authorization(parts: SplitResult) -> str:
    if "@" not in parts.netloc:
        return ""
    login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return "Basic " + base64.b64encode(login.encode()).decode()
