"""The accounts of a feed: which credential writes to it, and which one reads it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from private_wheel.errors import InvalidInputs, Problem

if TYPE_CHECKING:
    from private_wheel.azure.identity import JobToken
    from private_wheel.azure.sign_in import SignIn
    from private_wheel.publish.feed.address import FeedAddress
    from private_wheel.secrets.redaction import Secret


@dataclass(frozen=True, kw_only=True)
class Account:
    """A user name and what gives its token, and the input that the token came from."""

    username: str
    token: Callable[[], str]
    input: str

    def authorization(self) -> str:
        """Return the value of the Authorization header (RFC 7617)."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.token()}".encode()).decode()


@dataclass(frozen=True, kw_only=True)
class FeedCredentials:
    """What the run has for a feed. `token` is the user's own and may be empty."""

    username: str
    token: Secret
    job_token: JobToken


def feed_writer(feed: FeedAddress, credentials: FeedCredentials, sign_in: SignIn) -> Account:
    """Return the account that publishes: the user's token, the job's own, or the sign-in's.

    Raises:
        InvalidInputs: There is no token but the sign-in's, which must not go to this host.
    """
    from private_wheel.azure.clouds import DEVOPS_SCOPE

    if credentials.token:
        token = credentials.token.value
        return Account(username=credentials.username, token=lambda: token, input="feed-token")
    job = credentials.job_token
    if job.token and feed.belongs_to(job.collection):
        token = job.token.value
        return Account(username=credentials.username, token=lambda: token, input="feed-token")
    if not (feed.is_azure and sign_in.cloud.has_devops(feed.index_url)):
        problem = Problem(
            input="feed-token",
            what=f"is required: {feed.host} is not an Azure Artifacts host,"
            " so the token of the sign-in must not be sent to it.",
            fix="Specify a token that may write to the feed.",
        )
        raise InvalidInputs([problem])
    return Account(
        username=credentials.username,
        token=lambda: sign_in.token(DEVOPS_SCOPE),
        input="azure-client-id",
    )
