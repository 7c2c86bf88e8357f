"""When a request is repeated, and how long to wait before it."""

from __future__ import annotations

import random

import requests
from urllib3.exceptions import InvalidHeader
from urllib3.util.retry import Retry

RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
# Seconds of one wait, whatever a server asks for: a run must not hang for an hour.
LONGEST_WAIT = 60


def retry_rules() -> Retry:
    """Return the rules: at most five attempts, with jittered backoff.

    `Retry-After` is obeyed up to `LONGEST_WAIT` (RFC 9110, 10.2.3).
    """
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


def pause_before_retry(attempt: int, response: requests.Response | None = None) -> float:
    """Return how long to wait after a failed attempt, for a caller that repeats by itself.

    Args:
        attempt: The number of the attempt; the first is 1.
        response: The answer to it, if there was one. Its `Retry-After` comes first.

    Returns:
        Seconds, at most `LONGEST_WAIT` and half a second.
    """
    if response is not None:
        try:
            requested = retry_rules().get_retry_after(response.raw)
        except InvalidHeader:
            requested = None
        if requested is not None:
            return requested
    jitter = random.uniform(0, 0.5)  # noqa: S311  # spreads load, no secret
    return min(2.0 ** (attempt - 2), LONGEST_WAIT) + jitter
