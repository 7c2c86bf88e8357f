"""Entra access tokens: issued by the sign-in server, judged by the others."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

import jwt

from sandbox.identity.accounts import Identity

DEVOPS_RESOURCE = "499b84ac-1321-427f-aa17-267ca6975798"
STORAGE_RESOURCE = "https://storage.azure.com"


@dataclass(frozen=True, kw_only=True)
class AccessToken:
    """What a token stands for."""

    identity: Identity
    audience: str
    expires: float  # seconds since the epoch

    @property
    def expired(self) -> bool:
        return time.time() >= self.expires


class AccessTokens:
    """All access tokens of a sandbox, by value."""

    def __init__(self) -> None:
        self.lifetime = 3600  # seconds, of the tokens issued from now on
        self._key = secrets.token_bytes(32)
        self._issued: dict[str, AccessToken] = {}

    def issue(self, identity: Identity, audience: str) -> str:
        """Issue a token in the form of a real one.

        So programs that mask secrets are tested with its length and its dots.
        """
        now = time.time()
        expires = now + self.lifetime
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{identity.tenant_id}/",
            "iat": int(now),
            "nbf": int(now),
            "oid": identity.object_id,
            "appid": identity.client_id,
            "tid": identity.tenant_id,
            "exp": int(expires),
            "uti": secrets.token_urlsafe(16),
        }
        value = jwt.encode(claims, self._key, algorithm="HS256")
        self._issued[value] = AccessToken(identity=identity, audience=audience, expires=expires)
        return value

    def find(self, value: str) -> AccessToken | None:
        return self._issued.get(value)
