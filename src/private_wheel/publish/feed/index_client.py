"""Requests to one simple index, with redirects followed where that is safe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit

import requests

from private_wheel.azure.http import Authorize, HttpClients
from private_wheel.errors import ServiceFailed
from private_wheel.publish.feed.answers import is_sign_in
from private_wheel.secrets.addresses import is_protected

PAGE_HEADERS = {"Accept": "application/vnd.pypi.simple.v1+html, text/html;q=0.9"}
_MOST_REDIRECTS = 4


class UnprotectedRedirect(ServiceFailed):
    """The index redirects to an address without https."""


class IndexClient:
    """Reads from the index at `index_url`.

    The credential that `authorize` gives goes to the origin of that URL only, also after a
    redirect (see `Client`).
    """

    def __init__(
        self,
        index_url: str,
        http: HttpClients,
        authorize: Authorize | None = None,
        *,
        repeats: bool = True,
    ) -> None:
        self._host = urlsplit(index_url).netloc
        self._client = http.client(index_url, authorize, repeats=repeats)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @contextmanager
    def get(
        self, url: str, *, headers: Mapping[str, str] = PAGE_HEADERS, stream: bool = False
    ) -> Iterator[requests.Response]:
        """Send a GET request and yield the last answer.

        That is a redirect only if it leads to a sign-in page, or if there are too many.

        Raises:
            UnprotectedRedirect: A redirect leads to an address without https.
            ServiceFailed: A redirect leads to something that is not an address.
            ServiceUnreachable: No answer came.
        """
        response = self._request(url, headers, stream)
        for _ in range(_MOST_REDIRECTS):
            if not is_redirect(response) or is_sign_in(response):
                break
            response.close()
            target = urljoin(response.url, response.headers.get("Location", ""))
            if not is_protected(target):
                raise UnprotectedRedirect(
                    f"{self._host} redirects to an address without https.", input="feed"
                )
            response = self._request(target, headers, stream)
        with response:
            yield response

    def _request(self, url: str, headers: Mapping[str, str], stream: bool) -> requests.Response:
        try:
            return self._client.request("GET", url, headers=headers, stream=stream)
        except ValueError:
            # requests reads the address of a redirect even when it does not follow it.
            raise ServiceFailed(
                f"{self._host} redirects to something that is not a web address.", input="feed"
            ) from None


def is_redirect(response: requests.Response) -> bool:
    """Return whether the answer names another address to ask (RFC 9110, 15.4)."""
    return response.status_code in (301, 302, 303, 307, 308)
