"""What a run talks to, made from the configuration: the cloud, the signed-in identity, ARM, and the route."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from private_wheel.azure.arm import Arm, StoredConnection
from private_wheel.azure.clouds import DEVOPS_SCOPE, Cloud, find_cloud
from private_wheel.azure.sign_in import Learn, SignIn
from private_wheel.azure.workspace_id import WorkspaceId
from private_wheel.config import Config, ConnectionConfig
from private_wheel.connection import ConnectionPlan, covers, plan_connection
from private_wheel.errors import InvalidInputs, Problem
from private_wheel.publish import Route
from private_wheel.publish.feed import Account, FeedRoute
from private_wheel.publish.feed_address import FeedAddress

_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class Services:
    """Where the run may go: each is None when nothing asks for it. `close` lets go of the network."""

    route: Route | None
    arm: Arm | None
    connection: ConnectionConfig | None
    connection_plans: tuple[ConnectionPlan, ...]
    warnings: tuple[str, ...]

    def close(self) -> None:
        for part in (self.route, self.arm):
            if part:
                part.close()


def preflight(config: Config, environ: Mapping[str, str], learn: Learn) -> Services:
    """Sign in, ask the feed who we are to it, read the workspaces and decide about their connections.

    Changes nothing. Raises whatever `Route.preflight`, `Arm.read_workspace` and `plan_connection` raise, all of it
    before anything is sent.
    """
    identity = _Identity(config, environ, learn)
    wanted = _wanted_connection(config)
    route = _feed_route(config.feed, config, identity) if config.publish_to == "feed" and config.feed else None
    arm = Arm(identity.cloud, identity.bearer(identity.cloud.arm_scope)) if config.workspaces else None
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        checked = pool.submit(route.preflight) if route else None
        lists = list(pool.map(lambda workspace: _connections(arm, workspace), config.workspaces)) if arm else []
        if checked:
            checked.result()
    listed = list(zip(config.workspaces, lists, strict=True))
    plans = tuple(plan_connection(workspace, wanted, found) for workspace, found in listed) if wanted else ()
    warnings = [warning for plan in plans for warning in plan.warnings]
    warnings += _token_warnings(config, wanted)
    if not wanted and config.feed:
        warnings += [
            _unserved(config.feed, workspace) for workspace, found in listed if not _served(config.feed, found)
        ]
    return Services(route=route, arm=arm, connection=wanted, connection_plans=plans, warnings=tuple(warnings))


class _Identity:
    """The cloud and the sign-in, made when first asked for: a run with a token and no workspace needs neither."""

    def __init__(self, config: Config, environ: Mapping[str, str], learn: Learn) -> None:
        self._config, self._environ, self._learn = config, environ, learn
        self._cloud: Cloud | None = None
        self._sign_in: SignIn | None = None

    @property
    def cloud(self) -> Cloud:
        self._cloud = self._cloud or find_cloud(self._config.sign_in.cloud, self._environ)
        return self._cloud

    def bearer(self, scope: str) -> Callable[[], str]:
        return lambda: f"Bearer {self.token(scope)}"

    def token(self, scope: str) -> str:
        self._sign_in = self._sign_in or SignIn(self._config.sign_in, self._environ, self.cloud, self._learn)
        return self._sign_in.token(scope)


def _feed_route(feed: FeedAddress, config: Config, identity: _Identity) -> FeedRoute:
    return FeedRoute(
        feed, writer=_writer(feed, config, identity), reader=_reader(feed, config), if_exists=config.if_exists
    )


def _writer(feed: FeedAddress, config: Config, identity: _Identity) -> Account:
    if config.feed_token:
        return Account(username=config.feed_username, token=lambda: config.feed_token.value, input="feed-token")
    if not identity.cloud.owns_feed(feed):
        raise InvalidInputs(
            [
                Problem(
                    input="feed-token",
                    what=f"is missing, and {feed.host} is not Azure's own, so it cannot be given the sign-in's token.",
                    fix="Give a token that may write to it.",
                )
            ]
        )
    return Account(username=config.feed_username, token=lambda: identity.token(DEVOPS_SCOPE), input="azure-client-id")


def _reader(feed: FeedAddress, config: Config) -> Account | None:
    """The account that the workspace will read the feed with, when it is about this feed."""
    wanted = _wanted_connection(config)
    if not wanted or wanted.category != "PythonFeed" or not covers(wanted.target, feed.index_url):
        return None
    token = wanted.token.value
    return Account(username=wanted.username or config.feed_username, token=lambda: token, input="connection-token")


def _wanted_connection(config: Config) -> ConnectionConfig | None:
    if not config.connection or config.connection.target or not config.feed:
        return config.connection
    return replace(config.connection, target=config.feed.target)


def _connections(arm: Arm, workspace: WorkspaceId) -> tuple[StoredConnection, ...]:
    arm.read_workspace(workspace)
    return arm.list_connections(workspace)


def _token_warnings(config: Config, wanted: ConnectionConfig | None) -> list[str]:
    found = []
    if wanted and config.feed_token and wanted.token == config.feed_token:
        found.append(
            "feed-token and connection-token are equal: everyone with access to the workspace could publish."
            " Store one that may only read."
        )
    if wanted and config.feed and wanted.category == "PythonFeed" and not covers(wanted.target, config.feed.index_url):
        found.append(
            f"connection-target {wanted.target} does not serve {config.feed.index_url}: image builds would ask for a"
            " user name and end in EOFError."
        )
    return found


def _served(feed: FeedAddress, connections: tuple[StoredConnection, ...]) -> bool:
    return any(covers(found.target, feed.index_url) for found in connections if found.category == "PythonFeed")


def _unserved(feed: FeedAddress, workspace: WorkspaceId) -> str:
    return (
        f"Workspace {workspace.name} has no connection that serves {feed.index_url}: give connection-token, or image"
        " builds will ask for a user name and end in EOFError."
    )
