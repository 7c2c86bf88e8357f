"""The feed route: upload with twine, compare with the existing file, read back what is listed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

import requests

from private_wheel.azure.answers import server_reason
from private_wheel.azure.http import HttpClients
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
from private_wheel.publish.feed.upload import Answer, Uploader
from private_wheel.publish.if_exists import IfExists, plan_for_existing
from private_wheel.publish.route import Plan, Result, result_of
from private_wheel.wheels.wheel import Wheel

_LOG = logging.getLogger(__name__)
# Seconds. No index documents how long it takes until a new file is listed.
_LONGEST_DELAY = 120.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0
_ADVICE = (
    "A version in a feed can never be used again: raise the version, or set if-exists: skip to"
    " accept the existing file."
)


class FeedRoute:
    """Publishes to one feed.

    It writes as `writer`. It reads back as `reader`, if the workspace has an account of its own.
    """

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
        self._uploader = Uploader(feed, writer, http, sleep)
        self._own_index = SimpleIndex(feed, writer, http)
        self._workspace_index = SimpleIndex(feed, reader, http) if reader else self._own_index

    def close(self) -> None:
        """Close the connections."""
        self._own_index.close()
        self._workspace_index.close()

    def preflight(self) -> None:
        """Check that each account may do what it is for.

        Raises:
            PrivateWheelError: One of those of `SimpleIndex.check_access`.
        """
        self._own_index.check_access()
        if self._workspace_index is not self._own_index:
            self._workspace_index.check_access()
        if self._feed.is_azure:
            self._check_write()
        # Loaded while the package is built, and not when the upload waits for it.
        import twine.repository  # noqa: F401

    def _check_write(self) -> None:
        """Send an empty upload, to which Azure names a missing permission.

        Any other answer proves nothing. Without this, a token that may only read would fail when
        the wheel is sent.
        """
        client = self._http.client(self._feed.upload_url, self._writer.authorization, repeats=False)
        try:
            response = client.request("POST", self._feed.upload_url)
            if response.status_code == 403 and "AddPackage" in response.text:
                raise refusal(response, self._feed, self._writer, "write")
        except ServiceUnreachable:
            _LOG.debug("the feed did not answer whether the account may write")
        finally:
            client.close()

    def plan(self, wheel: Wheel) -> Plan:
        """Compare a wheel with what the feed has.

        Raises:
            LocalVersion: A `+` version cannot be published to a feed.
            ContentDiffers: The feed has the file with other content.
            FileExists: The feed has the file, and `if-exists` is `fail`.
        """
        if "+" in wheel.version:
            raise LocalVersion(
                f"{wheel.name} {wheel.version} has a local version, which a feed does not accept.",
                input="package",
                fix="Tag the commit. A shallow clone has no tags: set fetch-depth: 0 at the"
                " checkout.",
            )
        existing = _find(self._own_index, wheel)
        if existing:
            plan = self._plan_for_existing(wheel, existing)
            return replace(plan, requirement=wheel.requirement)
        return Plan(
            wheel=wheel,
            action="publish",
            reason="is not in the feed yet",
            sha256=wheel.sha256,
            requirement=wheel.requirement,
        )

    def _plan_for_existing(self, wheel: Wheel, existing: IndexedFile) -> Plan:
        return plan_for_existing(
            wheel,
            lambda: self._own_index.sha256_of(existing),
            self._if_exists,
            location="the feed",
            advice=_ADVICE,
        )

    def publish(self, plan: Plan) -> Result:
        """Carry out a plan.

        Raises:
            ContentDiffers: Another run published other content in the meantime.
            FileExists: Another run published the file, and `if-exists` is `fail`.
            VersionReserved: The version was deleted from the feed.
            WheelRejected: The feed does not accept this wheel.
            PrivateWheelError: The feed refused the credential, or failed.
        """
        if not plan.sends:
            return _pinned(plan)
        answer = self._uploader.upload(plan.wheel)
        response = answer.response
        if 200 <= response.status_code < 300 and not is_sign_in(response):
            return _pinned(plan)
        if says_exists(response):
            return self._after_conflict(plan.wheel, answer)
        raise self._refused(plan.wheel, response)

    def _after_conflict(self, wheel: Wheel, answer: Answer) -> Result:
        """Find out whose file the feed has: from a lost answer to us, or from another run."""
        existing = _find(self._own_index, wheel)
        if existing is None:
            raise VersionReserved(
                f"The feed refuses {wheel.name} {wheel.version}, although it does not list it.",
                input="package",
                fix="The version was deleted, and its number stays reserved: raise the version.",
                said=server_reason(answer.response),
            )
        if answer.attempts > 1 and self._own_index.sha256_of(existing) == wheel.sha256:
            return Result(
                wheel=wheel, outcome="published", sha256=wheel.sha256, requirement=wheel.requirement
            )
        return _pinned(self._plan_for_existing(wheel, existing))

    def _refused(self, wheel: Wheel, response: requests.Response) -> PrivateWheelError:
        if response.status_code in (400, 413, 415, 422):
            return WheelRejected(
                f"The feed does not accept {wheel.file_name}.",
                input="package",
                fix="It was not published. If the reason names the metadata version, pin an older"
                " build backend.",
                said=server_reason(response),
            )
        return refusal(response, self._feed, self._writer, "write")

    def verify(self, result: Result) -> Result:
        """Wait until the index lists exactly our bytes, up to two minutes.

        Raises:
            NotPublished: It lists other bytes, or nothing in that time.
        """
        wheel, waited, pause = result.wheel, 0.0, _FIRST_PAUSE
        while True:
            listed = _find(self._workspace_index, wheel)
            if listed:
                return self._verified(result, listed)
            if waited >= _LONGEST_DELAY:
                raise _not_published(wheel, "no such file")
            _LOG.info("%s is not listed yet; looking again in %.0f s", wheel.file_name, pause)
            self._sleep(pause)
            waited, pause = waited + pause, min(pause * 2, _LONGEST_PAUSE)

    def _verified(self, result: Result, listed: IndexedFile) -> Result:
        """Compare what is listed. A feed never changes a file, so waiting would not help."""
        sha256 = self._workspace_index.sha256_of(listed)
        if sha256 != result.sha256:
            raise _not_published(result.wheel, f"sha256 {sha256}")
        return replace(result, url=listed.public_url)


def _not_published(wheel: Wheel, listed: str) -> NotPublished:
    return NotPublished(
        f"{wheel.file_name} was uploaded, but the index lists {listed}.",
        input="feed",
        fix="Run again: what was published is compared and kept.",
    )


def _find(index: SimpleIndex, wheel: Wheel) -> IndexedFile | None:
    for file in index.files(wheel.canonical_name):
        if file.name.lower() == wheel.file_name.lower():
            return file
    return None


def _pinned(plan: Plan) -> Result:
    return result_of(plan, requirement=plan.wheel.requirement)
