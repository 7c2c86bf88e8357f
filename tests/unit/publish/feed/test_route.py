"""How often the feed route tries and how long it waits. Nothing sleeps."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import requests

from private_wheel.errors import NotPublished, PrivateWheelError, ServiceUnreachable
from private_wheel.publish.feed.accounts import Account
from private_wheel.publish.feed.address import parse_feed
from private_wheel.publish.feed.route import FeedRoute
from private_wheel.publish.route import Result
from private_wheel.wheels.wheel import Wheel
from tests.unit.publish.transport import Network, Reply, html

FEED = parse_feed("acme/python")
OTHER = "ab" * 32


@dataclass
class Feed:
    """A feed that answers in turn, the last answer for ever; an answer may be an exception."""

    answers: list[Reply | Exception]
    pauses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        account = Account(username="u", token=lambda: "t", input="feed-token")
        self.network = Network(self._answer)
        self.route = FeedRoute(
            FEED,
            writer=account,
            reader=None,
            if_exists="verify",
            http=self.network,
            sleep=self.pauses.append,
        )

    def _answer(self, request: requests.PreparedRequest) -> Reply:
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def page(wheel: Wheel, sha256: str) -> Reply:
    return html(f'<a href="../../{wheel.file_name}#sha256={sha256}">{wheel.file_name}</a>')


def published(wheel: Wheel) -> Result:
    return Result(wheel=wheel, outcome="published", sha256=wheel.sha256)


class TestVerify:
    def test_a_listed_file_is_not_waited_for(self, wheel: Wheel) -> None:
        feed = Feed([page(wheel, wheel.sha256)])
        assert feed.route.verify(published(wheel)).url.endswith(wheel.file_name)
        assert feed.pauses == []

    def test_other_bytes_are_not_waited_for(self, wheel: Wheel) -> None:
        feed = Feed([page(wheel, OTHER)])
        with pytest.raises(NotPublished, match=OTHER):
            feed.route.verify(published(wheel))
        assert feed.pauses == []
        assert len(feed.network.requests) == 1

    def test_a_file_that_is_listed_late(self, wheel: Wheel) -> None:
        feed = Feed([html(""), Reply(status=404), page(wheel, wheel.sha256)])
        assert feed.route.verify(published(wheel)).url
        assert feed.pauses == [0.5, 1.0]

    def test_a_file_that_is_never_listed(self, wheel: Wheel) -> None:
        feed = Feed([html("")])
        with pytest.raises(NotPublished, match="no such file"):
            feed.route.verify(published(wheel))
        assert 120 <= sum(feed.pauses) < 140
        assert max(feed.pauses) == 15


class TestUpload:
    def publish(self, feed: Feed, wheel: Wheel) -> Result:
        return feed.route.publish(feed.route.plan(wheel))

    def uploads(self, feed: Feed) -> int:
        return len([request for request in feed.network.requests if request.method == "POST"])

    @pytest.mark.parametrize(
        "error",
        [
            requests.exceptions.SSLError("certificate verify failed"),
            requests.exceptions.ConnectionError("reset"),
            requests.exceptions.ReadTimeout("slow"),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_what_the_network_breaks_off_is_repeated(self, wheel: Wheel, error: Exception) -> None:
        """But not a TLS error: a certificate that is not trusted stays so."""
        feed = Feed([html(""), error])
        with pytest.raises(ServiceUnreachable):
            self.publish(feed, wheel)
        attempts = 1 if isinstance(error, requests.exceptions.SSLError) else 5
        assert self.uploads(feed) == attempts
        assert len(feed.pauses) == attempts - 1

    @pytest.mark.parametrize(
        ("status", "attempts"),
        [(408, 5), (429, 5), (500, 5), (503, 5), (400, 1), (401, 1), (403, 1), (413, 1)],
    )
    def test_which_answers_are_repeated(self, wheel: Wheel, status: int, attempts: int) -> None:
        feed = Feed([html(""), Reply(status=status)])
        with pytest.raises(PrivateWheelError):
            self.publish(feed, wheel)
        assert self.uploads(feed) == attempts

    def test_a_pause_is_as_long_as_the_feed_asks(self, wheel: Wheel) -> None:
        busy = Reply(status=429, headers={"Retry-After": "7"})
        feed = Feed([html(""), busy, Reply(status=201)])
        assert self.publish(feed, wheel).outcome == "published"
        assert feed.pauses == [7.0]

    def test_a_conflict_after_a_lost_answer_is_our_own_upload(self, wheel: Wheel) -> None:
        lost = requests.exceptions.ConnectionError("reset")
        feed = Feed([html(""), lost, Reply(status=409), page(wheel, wheel.sha256)])
        assert self.publish(feed, wheel).outcome == "published"

    def test_a_conflict_at_once_is_somebody_elses(self, wheel: Wheel) -> None:
        feed = Feed([html(""), Reply(status=409), page(wheel, wheel.sha256)])
        assert self.publish(feed, wheel).outcome == "identical"
