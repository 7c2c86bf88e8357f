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
from urllib3.util.retry import Retry

from private_wheel import __version__
from private_wheel.errors import ServiceFailed, ServiceUnreachable

RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 60.0
LONGEST_WAIT = 60
LONGEST_REASON = 1000

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
            f"The CA file {bundle} cannot be read.", fix="Correct REQUESTS_CA_BUNDLE.", said=str(error)
        ) from None


class BoundedAdapter(HTTPAdapter):
    """A transport whose requests always have a timeout, and which shares its TLS settings with the others."""

    def __init__(self, retries: Retry | None = None, read_timeout: float = READ_TIMEOUT) -> None:
        self._read_timeout = read_timeout
        super().__init__(max_retries=retries or 0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context(), **kwargs)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        return super().proxy_manager_for(*args, ssl_context=self._context(), **kwargs)

    def _context(self) -> ssl.SSLContext:
        chosen = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        return _trust(chosen or DEFAULT_CA_BUNDLE_PATH)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to set for one connection: the context demands a certificate and knows whom to trust."""

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = kwargs.get("timeout") or (CONNECT_TIMEOUT, self._read_timeout)
        return super().send(*args, **kwargs)


class _Authorization(AuthBase):
    """Sets our header, or none; requests would otherwise look into the machine's .netrc."""

    def __init__(self, authorize: Authorize | None = None) -> None:
        self._authorize = authorize

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._authorize:
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
    session.auth = _Authorization()
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


def pause_before_retry(attempt: int, response: requests.Response | None = None) -> float:
    """Seconds to wait after the failed `attempt` (1 is the first), for a caller that repeats by itself."""
    asked = retry_rules().get_retry_after(response.raw) if response is not None else None
    if asked is not None:
        return asked
    return min(2.0 ** (attempt - 2), LONGEST_WAIT) + random.uniform(0, 0.5)  # noqa: S311  # spreads load, no secret


class Client:
    """Requests to one service. The credential goes to the origin of `base_url` and nowhere else."""

    def __init__(self, base_url: str, authorize: Authorize | None = None, *, repeats: bool = True) -> None:
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
        authorize = self._authorize if origin(target) == origin(self.base_url) else None
        try:
            return self._session.request(
                method,
                target,
                params=params,
                headers=headers,
                json=json,
                stream=stream,
                allow_redirects=False,
                auth=_Authorization(authorize),
            )
        except requests.RequestException as error:
            raise unreachable(target, error) from None

    def close(self) -> None:
        self._session.close()


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL (RFC 6454)."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def unreachable(url: str, error: Exception) -> ServiceUnreachable:
    """The error for a request that got no answer, by what the network said."""
    host = urlsplit(url).netloc
    fix = "Check the name, and that this machine may reach it."
    if isinstance(error, requests.exceptions.SSLError):
        fix = "Its certificate is not trusted here: set REQUESTS_CA_BUNDLE to your company's CA file."
    elif isinstance(error, requests.exceptions.ProxyError):
        fix = "The proxy refused: check HTTPS_PROXY and NO_PROXY."
    elif isinstance(error, requests.exceptions.Timeout):
        fix = "It did not answer in time: run again, or check the firewall."
    cause = str(getattr(error.args[0], "reason", error) if error.args else error)
    return ServiceUnreachable(f"{host} cannot be reached.", fix=fix, said=shortened(re.sub(r"<[^>]*>:? ?", "", cause)))


def server_reason(response: requests.Response) -> str:
    """What the server gave as its reason: the message in its JSON, else its text, else the reason phrase."""
    try:
        content = response.json()
    except ValueError:
        content = None
    except requests.RequestException:
        return str(response.reason)
    text = _message(content)
    if not text and "html" not in response.headers.get("Content-Type", "").lower():
        text = response.text
    if not text:
        heading = re.search(r"<(?:title|h1)[^>]*>(.*?)</", response.text, re.IGNORECASE | re.DOTALL)
        text = heading[1] if heading else str(response.reason)
    return shortened(f"{response.status_code} {text}")


def shortened(text: str, longest: int = LONGEST_REASON) -> str:
    """`text` on one line, cut behind a whole word: a part of a secret would not be known for one, and shown."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest + 1].rpartition(' ')[0]} …"


def _message(content: object) -> str:
    """The message of ARM's `error`, Azure DevOps' `message` or Entra's `error_description`."""
    if not isinstance(content, dict):
        return ""
    inner = content.get("error")
    if isinstance(inner, dict):
        return ": ".join(str(inner[key]) for key in ("code", "message") if inner.get(key))
    return str(content.get("message") or content.get("error_description") or inner or "")


def json_object(response: requests.Response) -> dict[str, Any]:
    """The JSON object in an answer.

    Raises:
        ServiceFailed: it is something else, for instance a proxy's page.
    """
    try:
        content = response.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ServiceFailed(
            f"{urlsplit(response.url).netloc} answered with something that is not JSON.",
            fix="A proxy or firewall may have answered in its place.",
            said=server_reason(response),
        )
    return content
