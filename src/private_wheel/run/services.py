"""The services that a run uses: the signed-in identity, ARM, the feed and the routes."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from private_wheel.azure.arm import (
    WRITE_CONNECTION,
    WRITE_ENVIRONMENT,
    Arm,
    StoredConnection,
)
from private_wheel.azure.http import AT_ONCE, HttpClients
from private_wheel.azure.identity import Mask
from private_wheel.azure.sign_in import SignIn
from private_wheel.azure.workspace_id import WorkspaceId
from private_wheel.azureml.connection import (
    ConnectionConfig,
    ConnectionPlan,
    plan_connection,
    token_warnings,
    unserved_warning,
)
from private_wheel.azureml.targets import covers
from private_wheel.inputs.config import Config
from private_wheel.publish.context import RouteContext
from private_wheel.publish.feed.accounts import Account, feed_writer
from private_wheel.publish.feed.index import SimpleIndex
from private_wheel.publish.route import Route


def open_services(config: Config, mask: Mask) -> Services:
    """Return the services after their preflight.

    Raises:
        PrivateWheelError: The preflight failed.
    """
    services = Services(config, mask)
    try:
        services.preflight()
    except BaseException:
        services.close()
        raise
    return services


class _Closable(Protocol):
    def close(self) -> None: ...


_Closing = TypeVar("_Closing", bound=_Closable)


@dataclass(frozen=True, kw_only=True)
class _Workspace:
    resource: Mapping[str, Any]
    connections: tuple[StoredConnection, ...]


class Services:
    """The services that the run may use, and what `preflight` learned from them.

    Attributes:
        http: Makes the HTTP clients of the run.
        connection: The workspace connection to set, with its target.
        routes: Where the wheels are published.
        arm: None if no workspace is given.
        index: The feed, to resolve the environment from; None if it is not resolved.
        connection_plans: One for each workspace.
        warnings: What the user should know before anything is sent.
    """

    def __init__(self, config: Config, mask: Mask) -> None:
        self._config, self._mask = config, mask
        self._open = ExitStack()
        self.http = HttpClients(config.http)
        self._sign_in = self._opened(SignIn(config.sign_in, self.http, mask))
        self.connection = _wanted_connection(config)
        self.routes: tuple[Route, ...] = ()
        self.arm: Arm | None = None
        self.index: SimpleIndex | None = None
        self.connection_plans: tuple[ConnectionPlan, ...] = ()
        self.warnings: tuple[str, ...] = ()

    def close(self) -> None:
        """Close all connections."""
        self._open.close()

    def preflight(self) -> None:
        """Sign in, check our access everywhere, and plan the connections. Nothing is changed.

        Raises:
            PrivateWheelError: The run cannot succeed, or a service does not answer.
        """
        config = self._config
        reader = _reader(config, self.connection)
        self._open_clients(reader)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            checks = [pool.submit(route.preflight) for route in self.routes]
            if self.index:
                checks.append(pool.submit(self.index.check_access))
            read = list(pool.map(self._read_workspace, config.workspaces))
            workspaces = dict(zip(config.workspaces, read, strict=True))
            if config.route.into_workspaces:
                resources = {workspace: part.resource for workspace, part in workspaces.items()}
                self._open_routes(reader, resources)
                checks += [pool.submit(route.preflight) for route in self.routes]
            for check in checks:
                check.result()
        self._plan_connections(workspaces)

    def _open_clients(self, reader: Account | None) -> None:
        config = self._config
        if config.workspaces:
            cloud = self._sign_in.cloud
            arm = Arm(cloud, self._sign_in.bearer(cloud.arm_scope), self.http)
            self.arm = self._opened(arm)
        if not config.route.into_workspaces:
            self._open_routes(reader, {})
        if config.feed and config.resolved_for:
            account = reader or feed_writer(config.feed, config.feed_credentials, self._sign_in)
            self.index = self._opened(SimpleIndex(config.feed, account, self.http))

    def _plan_connections(self, workspaces: Mapping[WorkspaceId, _Workspace]) -> None:
        config, wanted = self._config, self.connection
        warnings: list[str] = []
        for route in self.routes[:1]:
            warnings += route.warnings
        if wanted:
            plans = []
            for workspace, read in workspaces.items():
                plan = plan_connection(workspace, wanted, read.connections)
                plans.append(plan)
                warnings += plan.warnings
            self.connection_plans = tuple(plans)
            warnings += token_warnings(wanted, config.feed, config.feed_credentials.token)
        elif config.feed:
            for workspace, read in workspaces.items():
                warnings.append(unserved_warning(config.feed, workspace, read.connections))
        self.warnings = tuple(warning for warning in warnings if warning)

    def _open_routes(
        self, reader: Account | None, workspaces: Mapping[WorkspaceId, Mapping[str, Any]]
    ) -> None:
        config = self._config
        context = RouteContext(
            destination=config.destination,
            feed=config.feed,
            credentials=config.feed_credentials,
            reader=reader,
            if_exists=config.if_exists,
            reads_back=config.verify != "none",
            http=self.http,
            sign_in=self._sign_in,
            mask=self._mask,
            emulator_key=config.emulator_key,
            workspaces=workspaces,
            closing=self._open,
        )
        self.routes = tuple(config.route.open(context))
        for route in self.routes:
            self._opened(route)

    def _opened(self, part: _Closing) -> _Closing:
        """Note what is closed with the services."""
        self._open.callback(part.close)
        return part

    def _read_workspace(self, workspace: WorkspaceId) -> _Workspace:
        if not self.arm:
            raise AssertionError("a run with workspaces has a client for them")
        resource = self.arm.read_workspace(workspace)
        writes = [WRITE_CONNECTION] if self.connection else []
        writes += self._config.route.workspace_permissions
        writes += [WRITE_ENVIRONMENT] if self._config.environment.register else []
        self.arm.check_permissions(workspace, writes)
        connections = self.arm.list_connections(workspace)
        return _Workspace(resource=resource, connections=connections)


def _reader(config: Config, wanted: ConnectionConfig | None) -> Account | None:
    """Return the account that the workspace will read the feed with, if there is one."""
    if not wanted or not config.feed or wanted.category != "PythonFeed":
        return None
    if not covers(wanted.target, config.feed.index_url):
        return None
    token = wanted.token.value
    return Account(
        username=wanted.username or config.feed_credentials.username,
        token=lambda: token,
        input="connection-token",
    )


def _wanted_connection(config: Config) -> ConnectionConfig | None:
    if not config.connection or config.connection.target or not config.feed:
        return config.connection
    return replace(config.connection, target=config.feed.target)
