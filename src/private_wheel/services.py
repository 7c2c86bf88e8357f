"""What a run talks to, made from the configuration: the signed-in identity, ARM, and the route."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

from private_wheel.azure.arm import WRITE_CONNECTION, Arm, StoredConnection, permission_missing
from private_wheel.azure.clouds import DEVOPS_SCOPE
from private_wheel.azure.sign_in import Mask, SignIn
from private_wheel.azure.workspace_id import WorkspaceId
from private_wheel.config import Config, ConnectionConfig
from private_wheel.connection import ConnectionPlan, covers, plan_connection, token_warnings, unserved_warning
from private_wheel.errors import InvalidInputs, Problem
from private_wheel.publish import Account, Route
from private_wheel.publish.feed import FeedRoute
from private_wheel.publish.feed_address import FeedAddress
from private_wheel.publish.simple_index import SimpleIndex

_AT_ONCE = 8


def open_services(config: Config, environ: Mapping[str, str], mask: Mask) -> Services:
    """The services after their preflight. Raises as `Services.preflight`."""
    services = Services(config, environ, mask)
    try:
        services.preflight()
    except BaseException:
        services.close()
        raise
    return services


class Services:
    """Where the run may go, and what `preflight` found out there.

    `route` and `arm` are None when nothing asks for them.
    """

    def __init__(self, config: Config, environ: Mapping[str, str], mask: Mask) -> None:
        self._config = config
        self._sign_in = SignIn(config.sign_in, environ, mask)
        self.connection = _wanted_connection(config)
        self.route: Route | None = None
        self.arm: Arm | None = None
        self.connection_plans: tuple[ConnectionPlan, ...] = ()
        self.warnings: tuple[str, ...] = ()

    def close(self) -> None:
        """Let go of the network."""
        for part in (self.route, self.arm, self._sign_in):
            if part:
                part.close()

    def preflight(self) -> None:
        """Sign in, ask the feed who we are to it, read the workspaces and decide about their connections.

        Changes nothing. Raises whatever `Route.preflight`, `Arm.read_workspace` and `plan_connection` raise, all of
        it before anything is sent.
        """
        config, wanted = self._config, self.connection
        reader = _reader(config, wanted)
        if config.publish_to == "feed" and config.feed:
            writer = _writer(config.feed, config, self._sign_in)
            self.route = FeedRoute(config.feed, writer=writer, reader=reader, if_exists=config.if_exists)
        if config.workspaces:
            cloud = self._sign_in.cloud
            self.arm = Arm(cloud, self._sign_in.bearer(cloud.arm_scope))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            checked = pool.submit(self.route.preflight) if self.route else pool.submit(_check_reader, config, reader)
            listed = dict(zip(config.workspaces, pool.map(self._connections, config.workspaces), strict=True))
            checked.result()
        plans = [plan_connection(workspace, wanted, found) for workspace, found in listed.items() if wanted]
        warnings = [warning for plan in plans for warning in plan.warnings]
        if wanted:
            warnings += token_warnings(wanted, config.feed, config.feed_token)
        elif config.feed:
            warnings += [unserved_warning(config.feed, workspace, found) for workspace, found in listed.items()]
        self.connection_plans, self.warnings = tuple(plans), tuple(filter(None, warnings))

    def _connections(self, workspace: WorkspaceId) -> tuple[StoredConnection, ...]:
        if not self.arm:
            return ()
        self.arm.read_workspace(workspace)
        if self.connection and not self.arm.may(workspace, WRITE_CONNECTION):
            raise permission_missing(workspace, f"no role of it allows {WRITE_CONNECTION}")
        return self.arm.list_connections(workspace)


def _check_reader(config: Config, reader: Account | None) -> None:
    """A rotation must not put a token that cannot read in the place of one that can."""
    if config.feed and reader and config.verify != "none":
        with closing(SimpleIndex(config.feed, reader)) as index:
            index.check_access()


def _writer(feed: FeedAddress, config: Config, sign_in: SignIn) -> Account:
    if config.feed_token:
        return Account(username=config.feed_username, token=lambda: config.feed_token.value, input="feed-token")
    if not (feed.is_azure and sign_in.cloud.has_devops(feed.index_url)):
        raise InvalidInputs(
            [
                Problem(
                    input="feed-token",
                    what=f"is missing, and {feed.host} is not Azure's own, so it cannot be given the sign-in's token.",
                    fix="Give a token that may write to it.",
                )
            ]
        )
    return Account(username=config.feed_username, token=lambda: sign_in.token(DEVOPS_SCOPE), input="azure-client-id")


def _reader(config: Config, wanted: ConnectionConfig | None) -> Account | None:
    """The account that the workspace will read the feed with, when the connection is about this feed."""
    if not wanted or not config.feed or wanted.category != "PythonFeed":
        return None
    if not covers(wanted.target, config.feed.index_url):
        return None
    token = wanted.token.value
    return Account(username=wanted.username or config.feed_username, token=lambda: token, input="connection-token")


def _wanted_connection(config: Config) -> ConnectionConfig | None:
    if not config.connection or config.connection.target or not config.feed:
        return config.connection
    return replace(config.connection, target=config.feed.target)
