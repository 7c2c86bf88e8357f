"""What a run passes to the route that it opens."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from private_wheel.azure.http import HttpClients
from private_wheel.azure.identity import Mask
from private_wheel.azure.sign_in import SignIn
from private_wheel.azure.workspace_id import WorkspaceId
from private_wheel.publish.feed.accounts import Account, FeedCredentials
from private_wheel.publish.feed.address import FeedAddress
from private_wheel.publish.if_exists import IfExists
from private_wheel.secrets.redaction import Secret


@dataclass(frozen=True, kw_only=True)
class RouteContext:
    """What a run knows and has open, for the route that it opens.

    `destination` is the parsed value of the route's own input. `feed` and `reader`, the account
    that the workspace reads it with, may be given with any route. `emulator_key` is the key of a
    storage emulator. `workspaces` are the ARM resources of the workspaces, for a route that
    publishes into them. `closing` is closed when the run ends.
    """

    destination: Any
    feed: FeedAddress | None
    credentials: FeedCredentials
    reader: Account | None
    if_exists: IfExists
    reads_back: bool
    """Whether the run reads what it has published."""
    http: HttpClients
    sign_in: SignIn
    mask: Mask
    emulator_key: Secret
    workspaces: Mapping[WorkspaceId, Mapping[str, Any]]
    closing: ExitStack
