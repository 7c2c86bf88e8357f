"""When a request is repeated, and for how long nobody waits."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
import requests
from urllib3 import HTTPResponse

from private_wheel.azure.retries import LONGEST_WAIT, pause_before_retry, retry_rules

HOUR = timedelta(hours=1)


def answer(retry_after: str | None = None) -> requests.Response:
    response = requests.Response()
    response.status_code = 503
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    response.raw = HTTPResponse(status=503, headers=headers)
    return response


def in_an_hour() -> str:
    return format_datetime(datetime.now(timezone.utc) + HOUR, usegmt=True)


@pytest.mark.parametrize(
    ("status", "repeated"),
    [
        (200, False),
        (302, False),
        (400, False),
        (401, False),
        (403, False),
        (404, False),
        (408, True),
        (409, False),
        (412, False),
        (429, True),
        (500, True),
        (501, False),
        (502, True),
        (503, True),
        (504, True),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_which_answers_lead_to_another_attempt(method: str, status: int, repeated: bool) -> None:
    assert retry_rules().is_retry(method, status) is repeated


def test_there_are_five_attempts() -> None:
    rules = retry_rules()
    for _ in range(4):
        rules = rules.increment("GET", "/", response=HTTPResponse(status=503))
    assert rules.total == 0


def test_a_redirect_is_not_followed() -> None:
    assert retry_rules().redirect == 0


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("0", 0), ("7", 7), ("60", 60), ("61", 60), ("3600", 60), ("86400", 60)],
)
def test_a_server_is_obeyed_up_to_a_minute(retry_after: str, seconds: float) -> None:
    response = answer(retry_after)
    assert retry_rules().get_retry_after(response.raw) == seconds
    assert pause_before_retry(1, response) == seconds


def test_a_server_that_names_a_time_is_obeyed_up_to_a_minute() -> None:
    response = answer(in_an_hour())
    assert retry_rules().get_retry_after(response.raw) == LONGEST_WAIT
    assert pause_before_retry(1, response) == LONGEST_WAIT


def test_the_limit_holds_after_each_attempt() -> None:
    """urllib3 copies the rules for the next attempt."""
    rules = retry_rules().increment("GET", "/", response=HTTPResponse(status=503))
    assert rules.get_retry_after(answer("3600").raw) == LONGEST_WAIT


def test_backoff_ends_at_a_minute() -> None:
    rules = retry_rules()
    for _ in range(4):
        rules = rules.increment("GET", "/", response=HTTPResponse(status=503))
        assert rules.get_backoff_time() <= LONGEST_WAIT
    assert rules.backoff_max == LONGEST_WAIT


@pytest.mark.parametrize(
    ("attempt", "shortest"), [(1, 0.5), (2, 1), (3, 2), (4, 4), (8, 60), (100, 60)]
)
@pytest.mark.parametrize("response", [None, answer(), answer("soon")])
def test_a_pause_grows_up_to_a_minute(
    attempt: int, shortest: float, response: requests.Response | None
) -> None:
    """Half a second at the most is added, so that runs do not repeat in step."""
    pauses = [pause_before_retry(attempt, response) for _ in range(20)]
    assert all(shortest <= pause <= shortest + 0.5 for pause in pauses)
    assert len(set(pauses)) > 1
