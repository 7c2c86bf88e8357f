"""The run's HTTP: one factory for clients, each bound to one origin.

A client repeats failed requests by the rules of `retries`, and sends its credential to its own
origin only.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from private_wheel import __version__
from private_wheel.azure.answers import unreachable
from private_wheel.azure.http_config import HttpConfig
from private_wheel.azure.retries import retry_rules
from private_wheel.errors import ServiceUnreachable
from private_wheel.secrets.addresses import is_loopback

CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 60.0
# Concurrent requests to one host. Each has a connection that is kept open.
AT_ONCE = 16

# What sending a request can raise: urllib3's own come through for some broken answers.
TRANSPORT_ERRORS = (requests.RequestException, HTTPError)
_CONFUSING = re.compile(r"[\\\s\x00-\x1f]")

Authorize = Callable[[], str]
"""Returns the value of the Authorization header at the moment it is needed."""


class HttpClients:
    """Makes the run's clients, sessions and adapters, which all trust the same certificates."""

    def __init__(self, config: HttpConfig) -> None:
        self._ca_bundle = config.ca_bundle or DEFAULT_CA_BUNDLE_PATH

    def client(
        self, base_url: str, authorize: Authorize | None = None, *, repeats: bool = True
    ) -> Client:
        """Make a client for the service at `base_url`.

        Args:
            base_url: The service, whose origin alone gets the credential.
            authorize: Returns the Authorization header; without it, none is sent.
            repeats: Whether failed requests are repeated.
        """
        adapter = self.adapter(retry_rules() if repeats else None)
        return Client(_new_session(adapter), base_url, authorize)

    def session(
        self, retries: Retry | None = None, *, connections: int = AT_ONCE
    ) -> requests.Session:
        """Make a session for an SDK, which authorises its requests itself."""
        return _new_session(self.adapter(retries, connections=connections))

    def adapter(
        self,
        retries: Retry | None = None,
        *,
        read_timeout: float | None = None,
        connections: int = AT_ONCE,
    ) -> BoundedAdapter:
        """Make a transport.

        Args:
            retries: When requests are repeated; never, if None.
            read_timeout: Seconds that a server may be silent; `READ_TIMEOUT` if None.
            connections: How many are kept open to one host: one for each thread that sends.

        Raises:
            ServiceUnreachable: The CA file cannot be read.
        """
        timeout = READ_TIMEOUT if read_timeout is None else read_timeout
        return BoundedAdapter(self._trust, retries, timeout, connections)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """The TLS settings: reading them takes 30 ms, and requests would for each connection."""
        bundle = Path(self._ca_bundle)
        try:
            if bundle.is_dir():
                return ssl.create_default_context(capath=bundle)
            return ssl.create_default_context(cafile=bundle)
        except (OSError, ssl.SSLError) as error:
            raise ServiceUnreachable(
                f"The CA file {self._ca_bundle} cannot be read.",
                fix="Correct REQUESTS_CA_BUNDLE.",
                said=str(error),
            ) from None


class BoundedAdapter(HTTPAdapter):
    """A transport whose requests always have a timeout, with the TLS settings of its factory."""

    def __init__(
        self, trust: ssl.SSLContext, retries: Retry | None, read_timeout: float, connections: int
    ) -> None:
        self._trust, self._read_timeout = trust, read_timeout
        super().__init__(max_retries=retries or 0, pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pool of direct connections."""
        super().init_poolmanager(*args, ssl_context=self._trust, **kwargs)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Make the pool of connections through a proxy."""
        return super().proxy_manager_for(*args, ssl_context=self._trust, **kwargs)

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        """Leave out the TLS settings of a single request, which would replace the pool's."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Change nothing for one connection: the pool's settings demand a trusted certificate."""

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request with our timeouts; to this machine, past any proxy."""
        # An SDK's own would be five minutes.
        kwargs["timeout"] = (CONNECT_TIMEOUT, self._read_timeout)
        request: requests.PreparedRequest = args[0] if args else kwargs["request"]
        if is_loopback(urlsplit(request.url or "").hostname or ""):
            kwargs["proxies"] = {}  # plain http is allowed there, and must not pass a proxy
        return super().send(*args, **kwargs)


class Authorization(AuthBase):
    r"""Sets our header for one origin, and none elsewhere; requests would read the user's .netrc.

    It judges the address as it was prepared, which is where the request will go: of
    `https://a\@b` the standard library and urllib3 read different hosts.
    """

    def __init__(self, authorize: Authorize | None = None, base_url: str = "") -> None:
        self._authorize, self._base_url = authorize, base_url

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header to a prepared request."""
        if self._authorize and same_origin(request.url or "", self._base_url):
            request.headers["Authorization"] = self._authorize()
        return request


def _new_session(adapter: HTTPAdapter) -> requests.Session:
    """Make a session that sends everything through `adapter`, and no credential of its own."""
    session = requests.Session()
    session.headers["User-Agent"] = f"private-wheel/{__version__}"
    session.auth = Authorization()
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


class Client:
    """Sends requests to one service. The credential goes to the origin of `base_url` only."""

    def __init__(
        self, session: requests.Session, base_url: str, authorize: Authorize | None
    ) -> None:
        self.base_url = base_url
        self._session = session
        self._authorization = Authorization(authorize, base_url)

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
        """Send one request and return the last answer, whatever its status.

        Redirects are not followed.

        Raises:
            ServiceUnreachable: No answer came, after all attempts.
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
                auth=self._authorization,
            )
        except TRANSPORT_ERRORS as error:
            raise unreachable(target, error) from None

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def same_origin(one: str, other: str) -> bool:
    """Return whether two URLs have the same scheme, host and port (RFC 6454).

    A URL that cannot be read has no origin.
    """
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
