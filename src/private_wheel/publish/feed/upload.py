"""Uploading a wheel to a feed with twine, and repeating what the network broke off."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

from private_wheel.azure.answers import server_reason, unreachable
from private_wheel.azure.http import TRANSPORT_ERRORS, Authorization, HttpClients
from private_wheel.azure.retries import RETRIED_STATUSES, pause_before_retry
from private_wheel.publish.feed.accounts import Account
from private_wheel.publish.feed.address import FeedAddress
from private_wheel.wheels.wheel import Wheel

if TYPE_CHECKING:
    from twine.repository import Repository

_LOG = logging.getLogger(__name__)
_ATTEMPTS = 5
# Seconds that a feed may take to store the file: at most 500 MB on Azure Artifacts.
_TIMEOUT = 300.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The last answer of the feed, and how many attempts it took."""

    response: requests.Response
    attempts: int


class Uploader:
    """Uploads to one feed with one account."""

    def __init__(
        self,
        feed: FeedAddress,
        writer: Account,
        http: HttpClients,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._feed, self._writer, self._http, self._sleep = feed, writer, http, sleep

    def upload(self, wheel: Wheel) -> Answer:
        """Upload a wheel, in up to five attempts.

        Raises:
            ServiceUnreachable: No answer came. A TLS error ends the upload at once: a certificate
                that is not trusted will not be trusted a second later.
        """
        from twine.package import PackageFile
        from twine.repository import Repository

        repository = Repository(self._feed.upload_url, None, None, disable_progress_bar=True)
        try:
            adapter = self._http.adapter(read_timeout=_TIMEOUT)
            for scheme in ("https://", "http://"):
                repository.session.mount(scheme, adapter)
            repository.session.auth = Authorization(
                self._writer.authorization, self._feed.upload_url
            )
            package = PackageFile.from_filename(str(wheel.path), None)
            return self._attempt(repository, package)
        finally:
            repository.close()

    def _attempt(self, repository: Repository, package: object) -> Answer:
        for attempt in range(1, _ATTEMPTS + 1):
            is_last = attempt == _ATTEMPTS
            try:
                # twine prints its progress; the log has our own messages instead.
                with redirect_stdout(io.StringIO()):
                    response = repository.upload(package, max_redirects=1)  # type: ignore[arg-type]  # lazy
            except TRANSPORT_ERRORS as error:
                if is_last or isinstance(error, requests.exceptions.SSLError):
                    raise unreachable(self._feed.upload_url, error) from None
                reason, pause = type(error).__name__, pause_before_retry(attempt)
            else:
                if is_last or response.status_code not in RETRIED_STATUSES:
                    return Answer(response=response, attempts=attempt)
                reason, pause = server_reason(response), pause_before_retry(attempt, response)
            _LOG.info("The upload failed (%s); trying again in %.1f s", reason, pause)
            self._sleep(pause)
        raise AssertionError("the last attempt returns or raises")
