"""One HTTP client: bound to one origin, with the retry rules, and careful with whom it tells the credential."""

from __future__ import annotations

import os
import random
import re
import ssl
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util.retry import Retry

from private_wheel import __version__
from private_wheel.azure.answers import unreachable
from private_wheel.errors import ServiceUnreachable
from private_wheel.secrets.addresses import is_loopback

RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 60.0
LONGEST_WAIT = 60
# Requests to one host side by side, each of which has a connection that is kept.
AT_ONCE = 16

# What sending a request can raise: urllib3's own come through for some broken answers.
TRANSPORT_ERRORS = (requests.RequestException, HTTPError)
_CONFUSING = re.compile(r"[\\\s\x00-\x1f]")

Authorize = Callable[[], str]
"""Gives the value of the Authorization header at the moment it is needed."""


@cache
def _trust(bundle: str) -> ssl.SSLContext:
    """The TLS settings that trust `bundle`. Reading one takes 30 ms, and requests would do it for every connection."""
    path = Path(bundle)
    try:
        return ssl.create_default_context(
            cafile=None if path.is_dir() else path, capath=path if path.is_dir() else None
        )
    except (OSError, ssl.SSLError) as error:
        raise ServiceUnreachable(
            f"The CA file {bundle} cannot be read.",
            fix="Correct REQUESTS_CA_BUNDLE.",
            said=str(error),
        ) from None


class BoundedAdapter(HTTPAdapter):
    """A transport whose requests always have a timeout, and which shares its TLS settings with the others."""

    def __init__(
        self,
        retries: Retry | None = None,
        read_timeout: float = READ_TIMEOUT,
        connections: int = AT_ONCE,
    ) -> None:
        """`connections` are kept open to one host: as many as there are threads that use them."""
        self._read_timeout = read_timeout
        super().__init__(max_retries=retries or 0, pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context(), **kwargs)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        return super().proxy_manager_for(*args, ssl_context=self._context(), **kwargs)

    def _context(self) -> ssl.SSLContext:
        chosen = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        return _trust(chosen or DEFAULT_CA_BUNDLE_PATH)

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to set for one connection: the context demands a certificate and knows whom to trust."""

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = (
            CONNECT_TIMEOUT,
            self._read_timeout,
        )  # an SDK's own would be five minutes
        request: requests.PreparedRequest = args[0] if args else kwargs["request"]
        if is_loopback(urlsplit(request.url or "").hostname or ""):
            kwargs["proxies"] = {}  # plain http is allowed there, and must not pass a proxy
        return super().send(*args, **kwargs)


class Authorization(AuthBase):
    """Sets our header for one origin, and none elsewhere; requests would look into the machine's .netrc.

    It judges the address as it was prepared, which is where the request will go: of `https://a\\@b` the standard
    library and urllib3 read different hosts.
    """

    def __init__(self, authorize: Authorize | None = None, base_url: str = "") -> None:
        self._authorize, self._base_url = authorize, base_url

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._authorize and same_origin(request.url or "", self._base_url):
            request.headers["Authorization"] = self._authorize()
        return request


def retry_rules() -> Retry:
    """At most five attempts with jittered backoff, `Retry-After` obeyed up to a minute (RFC 9110, 10.2.3)."""
    return Retry(
        total=4,
        other=0,
        redirect=0,
        status_forcelist=RETRIED_STATUSES,
        allowed_methods=None,
        backoff_factor=0.5,
        backoff_jitter=0.5,
        backoff_max=LONGEST_WAIT,
        retry_after_max=LONGEST_WAIT,
        raise_on_status=False,
    )


def new_session(adapter: HTTPAdapter) -> requests.Session:
    """A session that sends everything through `adapter`, and no credential of the machine's own."""
    session = requests.Session()
    session.headers["User-Agent"] = f"private-wheel/{__version__}"
    session.auth = Authorization()
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


def pause_before_retry(attempt: int, response: requests.Response | None = None) -> float:
    """Seconds to wait after the failed `attempt` (1 is the first), for a caller that repeats by itself."""
    try:
        asked = retry_rules().get_retry_after(response.raw) if response is not None else None
    except InvalidHeader:
        asked = None
    if asked is not None:
        return asked
    return min(2.0 ** (attempt - 2), LONGEST_WAIT) + random.uniform(0, 0.5)  # noqa: S311  # spreads load, no secret


class Client:
    """Requests to one service. The credential goes to the origin of `base_url` and nowhere else."""

    def __init__(
        self, base_url: str, authorize: Authorize | None = None, *, repeats: bool = True
    ) -> None:
        self.base_url = base_url
        self._authorize = authorize
        self._session = new_session(BoundedAdapter(retry_rules() if repeats else None))

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        stream: bool = False,
    ) -> requests.Response:
        """Send one request and return the last answer, whatever its status. Redirects are not followed.

        Raises:
            ServiceUnreachable: no answer came, after the retries.
        """
        target = urljoin(self.base_url, url)
        try:
            return self._session.request(
                method,
                target,
                params=params,
                headers=headers,
                json=json,
                stream=stream,
                allow_redirects=False,
                auth=Authorization(self._authorize, self.base_url),
            )
        except TRANSPORT_ERRORS as error:
            raise unreachable(target, error) from None

    def close(self) -> None:
        self._session.close()


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs have one scheme, host and port (RFC 6454). What cannot be read has none."""
    try:
        return _origin(one) == _origin(other)
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str, int]:
    if _CONFUSING.search(url):
        raise ValueError("not all programs read this URL alike")
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    if not parts.hostname or not port:
        raise ValueError("not a web address")
    return parts.scheme, parts.hostname, port
