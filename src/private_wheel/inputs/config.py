"""What the user asked for, typed and frozen; secrets hide from repr."""

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
    """What the user asked for. `packages` are directories and wheels; none for a run that only sets the connection."""

    packages: tuple[Path, ...]
    route: RouteDeclaration
    destination: Any
    """What the route's own input names; None if it has none, or none is given."""
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
        """Of the feed's simple index; empty without one."""
        return self.feed.index_url if self.feed else ""

    @property
    def resolved_for(self) -> tuple[str, ...]:
        """The inputs for which the environment is resolved: to prove that it can be, or to find its private
        dependencies."""
        asks = {
            "verify": self.verify in ("resolve", "install"),
            "environment-formats": "wheelhouse" in self.environment.formats,
        }
        return tuple(name for name, does in asks.items() if does)

    @property
    def secrets(self) -> tuple[str, ...]:
        service = self.sign_in.service_connection
        tokens = [self.feed_credentials.token, self.feed_credentials.job_token.token]
        tokens += [self.connection.token] if self.connection else []
        tokens += [service.secret, service.certificate] if service else []
        return tuple(token.value for token in tokens if token)
