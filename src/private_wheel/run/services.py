"""What a run talks to, made from the configuration: the signed-in identity, ARM, and the routes."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
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
    covers,
    plan_connection,
    token_warnings,
    unserved_warning,
)
from private_wheel.inputs.config import Config
from private_wheel.publish.context import RouteContext
from private_wheel.publish.feed.accounts import Account, feed_writer
from private_wheel.publish.feed.index import SimpleIndex
from private_wheel.publish.route import Route


def open_services(config: Config, mask: Mask) -> Services:
    """The services after their preflight. Raises as `Services.preflight`."""
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


class Services:
    """Where the run may go, and what `preflight` found out there. `arm` is None when no workspace is given, `index`
    when the environment is not resolved or has no feed."""

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
        """Sign in, ask each place who we are to it, read the workspaces and decide about their connections.

        Changes nothing. Raises whatever `Route.preflight`, `Arm.read_workspace` and `plan_connection` raise, all of
        it before anything is sent.
        """
        config, wanted = self._config, self.connection
        reader = _reader(config, wanted)
        if config.workspaces:
            cloud = self._sign_in.cloud
            arm = Arm(cloud, self._sign_in.bearer(cloud.arm_scope), self.http)
            self.arm = self._opened(arm)
        if not config.route.into_workspaces:
            self._open_routes(reader, {})
        if config.feed and config.resolved_for:
            account = reader or feed_writer(config.feed, config.feed_credentials, self._sign_in)
            self.index = self._opened(SimpleIndex(config.feed, account, self.http))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            checks = [pool.submit(route.preflight) for route in self.routes]
            if self.index:
                checks.append(pool.submit(self.index.check_access))
            read = dict(
                zip(
                    config.workspaces,
                    pool.map(self._read_workspace, config.workspaces),
                    strict=True,
                )
            )
            if config.route.into_workspaces:
                resources = {workspace: resource for workspace, (resource, _) in read.items()}
                self._open_routes(reader, resources)
                checks += [pool.submit(route.preflight) for route in self.routes]
            for check in checks:
                check.result()
        listed = {workspace: connections for workspace, (_, connections) in read.items()}
        plans = [
            plan_connection(workspace, wanted, found)
            for workspace, found in listed.items()
            if wanted
        ]
        warnings = [warning for route in self.routes[:1] for warning in route.warnings]
        warnings += [warning for plan in plans for warning in plan.warnings]
        if wanted:
            warnings += token_warnings(wanted, config.feed, config.feed_credentials.token)
        elif config.feed:
            warnings += [
                unserved_warning(config.feed, workspace, found)
                for workspace, found in listed.items()
            ]
        self.connection_plans, self.warnings = tuple(plans), tuple(filter(None, warnings))

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

    def _read_workspace(
        self, workspace: WorkspaceId
    ) -> tuple[dict[str, Any], tuple[StoredConnection, ...]]:
        if not self.arm:
            return {}, ()
        resource = self.arm.read_workspace(workspace)
        writes = [WRITE_CONNECTION] if self.connection else []
        writes += self._config.route.workspace_permissions
        writes += [WRITE_ENVIRONMENT] if self._config.environment.register else []
        self.arm.check_permissions(workspace, writes)
        return resource, self.arm.list_connections(workspace)


def _reader(config: Config, wanted: ConnectionConfig | None) -> Account | None:
    """The account that the workspace will read the feed with, when the connection is about this feed."""
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
