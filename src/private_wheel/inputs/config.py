"""The configuration of a run: typed, frozen, and without secrets in its repr."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from private_wheel.azure.http_config import HttpConfig
from private_wheel.azure.identity import SignInConfig
from private_wheel.azure.workspace_id import WorkspaceId
from private_wheel.azureml.connection import ConnectionConfig
from private_wheel.environment.config import EnvironmentConfig
from private_wheel.publish.declaration import RouteDeclaration
from private_wheel.publish.feed.accounts import FeedCredentials
from private_wheel.publish.feed.address import FeedAddress
from private_wheel.publish.if_exists import IfExists
from private_wheel.secrets.redaction import Secret

Verify = Literal["published", "resolve", "install", "none"]


@dataclass(frozen=True, kw_only=True)
class Config:
    """What the user asked for, and what the environment offers.

    Attributes:
        packages: Directories to build and wheels; none if the run only sets the connection.
        destination: What the route's own input names; None if it has none, or none is given.
        feed: The feed, for every route.
        artifact_name: Empty for none.
    """

    packages: tuple[Path, ...]
    route: RouteDeclaration
    destination: Any
    feed: FeedAddress | None
    feed_credentials: FeedCredentials
    emulator_key: Secret
    if_exists: IfExists
    match_tag: Literal["auto", "always", "never"]
    workspaces: tuple[WorkspaceId, ...]
    connection: ConnectionConfig | None
    environment: EnvironmentConfig
    sign_in: SignInConfig
    http: HttpConfig
    artifact_name: str
    verify: Verify
    check_public_name: bool
    dry_run: bool

    @property
    def index_url(self) -> str:
        """The URL of the feed's simple index; empty without a feed."""
        return self.feed.index_url if self.feed else ""

    @property
    def resolved_for(self) -> tuple[str, ...]:
        """The inputs that require the environment to be resolved.

        `verify` proves that it can be; the format wheelhouse needs its private dependencies.
        """
        names = []
        if self.verify in ("resolve", "install"):
            names.append("verify")
        if "wheelhouse" in self.environment.formats:
            names.append("environment-formats")
        return tuple(names)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The tokens that no child may see."""
        service = self.sign_in.service_connection
        tokens = [self.feed_credentials.token, self.feed_credentials.job_token.token]
        tokens += [self.connection.token] if self.connection else []
        tokens += [service.secret, service.certificate] if service else []
        return tuple(token.value for token in tokens if token)
