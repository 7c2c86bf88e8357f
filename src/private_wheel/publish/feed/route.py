"""The feed route: upload with twine, compare with what is there, read back what the index lists."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING

import requests

from private_wheel.azure.answers import server_reason, unreachable
from private_wheel.azure.http import TRANSPORT_ERRORS, Authorization, HttpClients
from private_wheel.azure.retries import RETRIED_STATUSES, pause_before_retry
from private_wheel.errors import (
    LocalVersion,
    NotPublished,
    PrivateWheelError,
    ServiceUnreachable,
    VersionReserved,
    WheelRejected,
)
from private_wheel.publish.feed.accounts import Account
from private_wheel.publish.feed.address import FeedAddress
from private_wheel.publish.feed.answers import is_sign_in, refusal, says_exists
from private_wheel.publish.feed.index import SimpleIndex
from private_wheel.publish.feed.page import IndexedFile
from private_wheel.publish.if_exists import IfExists, plan_beside
from private_wheel.publish.route import Plan, Result, result_of
from private_wheel.wheels.wheel import Wheel

if TYPE_CHECKING:
    from twine.repository import Repository

_LOG = logging.getLogger(__name__)
_ATTEMPTS = 5
# Seconds that a feed may take to store what it got: 500 MB at the most on Azure Artifacts.
_UPLOAD_TIMEOUT = 300.0
# No index documents how long it takes until a new file is listed.
_LONGEST_DELAY = 120.0
_ADVICE = (
    "A version in a feed can never be used again: raise the version, or set if-exists: skip to accept the file that is"
    " there."
)


class FeedRoute:
    """One feed, written as `writer`, read back as `reader` when the workspace has an account of its own."""

    at_once = 1  # twine prints to the one standard output
    warnings: tuple[str, ...] = ()

    def __init__(
        self,
        feed: FeedAddress,
        *,
        writer: Account,
        reader: Account | None,
        if_exists: IfExists,
        http: HttpClients,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._feed, self._writer, self._if_exists, self._sleep = feed, writer, if_exists, sleep
        self._http = http
        self._own_index = SimpleIndex(feed, writer, http)
        self._workspace_index = SimpleIndex(feed, reader, http) if reader else self._own_index

    def close(self) -> None:
        self._own_index.close()
        self._workspace_index.close()

    def preflight(self) -> None:
        """Raises as `SimpleIndex.check_access`, for either account."""
        self._own_index.check_access()
        if self._workspace_index is not self._own_index:
            self._workspace_index.check_access()
        if self._feed.is_azure:
            self._check_write()
        # Loaded here, beside the build, and not when the upload waits for it.
        import twine.repository  # noqa: F401

    def _check_write(self) -> None:
        """Ask Azure for an upload of nothing. It names the permission that lacks; any other answer proves nothing.

        Without this, a token that may only read would be found out when the wheel is sent.
        """
        client = self._http.client(self._feed.upload_url, self._writer.authorization, repeats=False)
        try:
            response = client.request("POST", self._feed.upload_url)
            if response.status_code == 403 and "AddPackage" in response.text:
                raise refusal(response, self._feed, self._writer, "write")
        except ServiceUnreachable:
            _LOG.debug("the feed did not say whether we may write")
        finally:
            client.close()

    def plan(self, wheel: Wheel) -> Plan:
        """Raises:
        LocalVersion: `+` versions are not for feeds.
        ContentDiffers, FileExists: the file is there, and `if-exists` forbids to go on.
        """
        if "+" in wheel.version:
            raise LocalVersion(
                f"{wheel.name} {wheel.version} has a local version, and those cannot be published to a feed.",
                input="package",
                fix="Tag the commit. A shallow clone hides its tags: set fetch-depth: 0 at the checkout.",
            )
        there = self._find(self._own_index, wheel)
        if there:
            return replace(self._plan_beside(wheel, there), requirement=wheel.requirement)
        reason = "is not in the feed yet"
        return Plan(
            wheel=wheel,
            action="publish",
            reason=reason,
            sha256=wheel.sha256,
            requirement=wheel.requirement,
        )

    def _plan_beside(self, wheel: Wheel, there: IndexedFile) -> Plan:
        return plan_beside(
            wheel,
            lambda: self._own_index.sha256_of(there),
            self._if_exists,
            place="the feed",
            advice=_ADVICE,
        )

    def publish(self, plan: Plan) -> Result:
        """Raises:
        ContentDiffers, FileExists, VersionReserved: somebody else was quicker, or the version was deleted.
        WheelRejected: the feed does not take this wheel.
        CredentialRefused, PermissionMissing, UnknownFeed, ServiceFailed, ServiceUnreachable
        """
        if not plan.sends:
            return _pinned(plan)
        response, attempts = self._upload(plan.wheel)
        if 200 <= response.status_code < 300 and not is_sign_in(response):
            return _pinned(plan)
        if says_exists(response):
            return self._after_conflict(plan.wheel, response, attempts)
        raise self._refused(plan.wheel, response)

    def verify(self, result: Result) -> Result:
        """Raises:
        NotPublished: the index does not list exactly our bytes, two minutes long.
        """
        wheel, waited, pause = result.wheel, 0.0, 0.5
        while True:
            there = self._find(self._workspace_index, wheel)
            found = self._workspace_index.sha256_of(there) if there else ""
            if there and found == result.sha256:
                return replace(result, url=there.public_url)
            if found or waited >= _LONGEST_DELAY:
                break
            _LOG.info("%s is not listed yet; looking again in %.0f s", wheel.file_name, pause)
            self._sleep(pause)
            waited, pause = waited + pause, min(pause * 2, 15.0)
        raise NotPublished(
            f"{wheel.file_name} was sent, but the index lists {f'sha256 {found}' if found else 'no such file'}.",
            input="feed",
            fix="Run again: what was published is compared and kept.",
        )

    def _find(self, index: SimpleIndex, wheel: Wheel) -> IndexedFile | None:
        files = index.files(wheel.canonical_name)
        return next((file for file in files if file.name.lower() == wheel.file_name.lower()), None)

    def _upload(self, wheel: Wheel) -> tuple[requests.Response, int]:
        """The last answer, and how many attempts it took."""
        from twine.package import PackageFile
        from twine.repository import Repository

        repository = Repository(self._feed.upload_url, None, None, disable_progress_bar=True)
        try:
            adapter = self._http.adapter(read_timeout=_UPLOAD_TIMEOUT)
            for scheme in ("https://", "http://"):
                repository.session.mount(scheme, adapter)
            repository.session.auth = Authorization(
                self._writer.authorization, self._feed.upload_url
            )
            package = PackageFile.from_filename(str(wheel.path), None)
            return self._attempt(repository, package)
        finally:
            repository.close()

    def _attempt(self, repository: Repository, package: object) -> tuple[requests.Response, int]:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                # twine prints its progress; what is worth telling is told here.
                with redirect_stdout(io.StringIO()):
                    response = repository.upload(package, max_redirects=1)  # type: ignore[arg-type]  # lazily imported
            except TRANSPORT_ERRORS as error:
                if attempt == _ATTEMPTS or isinstance(error, requests.exceptions.SSLError):
                    raise unreachable(self._feed.upload_url, error) from None
                wait = pause_before_retry(attempt)
                _LOG.info(
                    "The upload broke off (%s); trying again in %.1f s", type(error).__name__, wait
                )
            else:
                if response.status_code not in RETRIED_STATUSES or attempt == _ATTEMPTS:
                    return response, attempt
                wait = pause_before_retry(attempt, response)
                _LOG.info(
                    "The feed answered %s; trying again in %.1f s", server_reason(response), wait
                )
            self._sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _after_conflict(self, wheel: Wheel, response: requests.Response, attempts: int) -> Result:
        """The feed says that it has the file: from an upload of ours that was half-answered, or from somebody else."""
        there = self._find(self._own_index, wheel)
        if there is None:
            raise VersionReserved(
                f"The feed refuses {wheel.name} {wheel.version} although it does not list it.",
                input="package",
                fix="The version was deleted earlier and its number stays reserved: raise the version.",
                said=server_reason(response),
            )
        if attempts > 1 and self._own_index.sha256_of(there) == wheel.sha256:
            return Result(
                wheel=wheel, outcome="published", sha256=wheel.sha256, requirement=wheel.requirement
            )
        return _pinned(self._plan_beside(wheel, there))

    def _refused(self, wheel: Wheel, response: requests.Response) -> PrivateWheelError:
        if response.status_code in (400, 413, 415, 422):
            return WheelRejected(
                f"The feed does not take {wheel.file_name}.",
                input="package",
                fix="It was not published. If the reason names the metadata version, pin an older build backend.",
                said=server_reason(response),
            )
        return refusal(response, self._feed, self._writer, "write")


def _pinned(plan: Plan) -> Result:
    return result_of(plan, requirement=plan.wheel.requirement)
