"""Who calls a feed, by the password of HTTP Basic alone."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.wrappers import Request

from sandbox.feed.answers import (
    FeedRefusal,
    lacks_permission,
    sign_in_page,
    sign_in_redirect,
    unauthorized,
)
from sandbox.feed.tokens import FeedToken, FeedTokens, State
from sandbox.identity.access_tokens import DEVOPS_RESOURCE, AccessToken, AccessTokens
from sandbox.identity.accounts import FeedRole

ANONYMOUS = "TF400813: Resource not available for anonymous access. Client authentication required."
EXPIRED = "Access Denied: The Personal Access Token used has expired."


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Somebody who is allowed in, and to do what."""

    user_id: str
    can_read: bool
    can_write: bool

    def require_read(self) -> None:
        if not self.can_read:
            raise lacks_permission(self.user_id, "ReadPackages")

    def require_write(self) -> None:
        if not self.can_write:
            raise lacks_permission(self.user_id, "AddPackage")


class FeedAccess:
    """Checks feed tokens and Entra access tokens."""

    def __init__(
        self,
        *,
        feed_tokens: FeedTokens,
        access_tokens: AccessTokens,
        tenants: dict[str, str],
        sign_in_url: str,
        realm: str,
    ) -> None:
        self._feed_tokens = feed_tokens
        self._access_tokens = access_tokens
        self._tenants = tenants  # organisation -> tenant id
        self._sign_in_url = sign_in_url
        self._realm = realm

    def caller(self, request: Request, organisation: str) -> Caller:
        """Return who calls.

        Raises:
            FeedRefusal: The credential is missing or not accepted.
        """
        authorization = request.authorization
        if authorization is None:
            raise self._unauthorized(organisation, ANONYMOUS)
        if authorization.type == "basic" and authorization.username:
            password = authorization.password or ""
        else:  # Azure DevOps takes Entra tokens as Bearer too
            password = authorization.token or ""
        feed_token = self._feed_tokens.find(password)
        if feed_token is not None:
            return self._holder(feed_token, organisation)
        access_token = self._access_tokens.find(password)
        if access_token is not None:
            return self._member(access_token, organisation)
        raise self._unauthorized(organisation, ANONYMOUS)

    def _holder(self, token: FeedToken, organisation: str) -> Caller:
        if token.state is State.SIGN_IN_PAGE:
            raise sign_in_page()
        if token.state is State.SIGN_IN_REDIRECT:
            raise sign_in_redirect(self._sign_in_url)
        if token.state is State.EXPIRED:
            raise self._unauthorized(organisation, EXPIRED)
        if token.organisation != organisation:
            raise self._unauthorized(organisation, _not_a_member(token.user_id))
        return Caller(user_id=token.user_id, can_read=token.can_read, can_write=token.can_write)

    def _member(self, token: AccessToken, organisation: str) -> Caller:
        if token.audience != DEVOPS_RESOURCE or token.expired:
            raise self._unauthorized(organisation, ANONYMOUS)
        role = token.identity.feed_roles.get(organisation)
        if role is None:
            raise self._unauthorized(organisation, _not_a_member(token.identity.object_id))
        return Caller(
            user_id=token.identity.object_id, can_read=True, can_write=role is FeedRole.CONTRIBUTOR
        )

    def _unauthorized(self, organisation: str, message: str) -> FeedRefusal:
        return unauthorized(
            message,
            tenant_id=self._tenants[organisation],
            sign_in_url=self._sign_in_url,
            realm=self._realm,
        )


def _not_a_member(user_id: str) -> str:
    return f"TF400813: The user '{user_id}' is not authorized to access this resource."
