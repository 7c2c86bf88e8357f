"""Tokens of Azure DevOps: personal access tokens and the pipeline's own."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from enum import Enum, auto


class State(Enum):
    """How Azure DevOps responds to the token."""

    VALID = auto()
    EXPIRED = auto()
    SIGN_IN_PAGE = auto()  # 203 with a page for people
    SIGN_IN_REDIRECT = auto()  # 302 to a page for people


@dataclass(frozen=True, kw_only=True)
class FeedToken:
    """What a token stands for."""

    organisation: str
    can_read: bool
    can_write: bool
    state: State
    user_id: str


class FeedTokens:
    """The tokens of a sandbox, random in each; `issue` makes more."""

    def __init__(self) -> None:
        self._issued: dict[str, FeedToken] = {}
        self.read = self.issue()
        self.write = self.issue(can_write=True)
        self.write_only = self.issue(can_read=False, can_write=True)
        self.expired = self.issue(can_write=True, state=State.EXPIRED)
        self.other_organisation = self.issue("globex", can_write=True)
        self.sign_in_page = self.issue(state=State.SIGN_IN_PAGE)
        self.sign_in_redirect = self.issue(state=State.SIGN_IN_REDIRECT)
        self.system_access = self.issue(can_write=True)  # System.AccessToken of a pipeline run

    def issue(
        self,
        organisation: str = "acme",
        *,
        can_read: bool = True,
        can_write: bool = False,
        state: State = State.VALID,
    ) -> str:
        value = secrets.token_hex(26)  # as long as a personal access token
        self._issued[value] = FeedToken(
            organisation=organisation,
            can_read=can_read,
            can_write=can_write,
            state=state,
            user_id=str(uuid.uuid4()),
        )
        return value

    def find(self, value: str) -> FeedToken | None:
        return self._issued.get(value)
