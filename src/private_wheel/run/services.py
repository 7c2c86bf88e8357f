"""What a run talks to, made from the configuration: the signed-in identity, ARM, and the routes."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

from private_wheel.azure.arm import (
    WRITE_ARTIFACT,
    WRITE_CONNECTION,
    WRITE_ENVIRONMENT,
    Arm,
    StoredConnection,
)
from private_wheel.azure.http import AT_ONCE, HttpClients
from private_wheel.azure.sign_in import Mask, SignIn
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
from private_wheel.publish.feed.accounts import Account
from private_wheel.publish.feed.index import SimpleIndex
from private_wheel.publish.route import Route
from private_wheel.run.routes import Routes


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
    """Where the run may go, and what `preflight` found out there. `arm` is None when no workspace is given, `index`
    when the environment is not resolved or has no feed."""

    def __init__(self, config: Config, environ: Mapping[str, str], mask: Mask) -> None:
        self._config = config
        self.http = HttpClients(config.http)
        self._sign_in = SignIn(config.sign_in, self.http, environ, mask)
        self._routes = Routes(config, self._sign_in, self.http, environ, mask)
        self.connection = _wanted_connection(config)
        self.routes: tuple[Route, ...] = ()
        self.arm: Arm | None = None
        self.index: SimpleIndex | None = None
        self.connection_plans: tuple[ConnectionPlan, ...] = ()
        self.warnings: tuple[str, ...] = ()

    def close(self) -> None:
        """Let go of the network."""
        for part in (*self.routes, self._routes, self.arm, self.index, self._sign_in):
            if part:
                part.close()

    def preflight(self) -> None:
        """Sign in, ask each place who we are to it, read the workspaces and decide about their connections.

        Changes nothing. Raises whatever `Route.preflight`, `Arm.read_workspace` and `plan_connection` raise, all of
        it before anything is sent.
        """
        config, wanted = self._config, self.connection
        reader = _reader(config, wanted)
        if config.workspaces:
            cloud = self._sign_in.cloud
            self.arm = Arm(cloud, self._sign_in.bearer(cloud.arm_scope), self.http)
        self.routes = self._routes.outside_workspaces(reader)
        if config.feed and config.resolved_for:
            account = reader or self._routes.feed_writer(config.feed)
            self.index = SimpleIndex(config.feed, account, self.http)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            checks = [pool.submit(route.preflight) for route in self.routes]
            if config.publish_to == "none":
                checks.append(pool.submit(_check_reader, config, reader, self.http))
            if self.index:
                checks.append(pool.submit(self.index.check_access))
            read = dict(
                zip(
                    config.workspaces,
                    pool.map(self._read_workspace, config.workspaces),
                    strict=True,
                )
            )
            if config.publish_to == "workspace":
                resources = {workspace: resource for workspace, (resource, _) in read.items()}
                self.routes = self._routes.into_workspaces(resources)
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
            warnings += token_warnings(wanted, config.feed, config.feed_token)
        elif config.feed:
            warnings += [
                unserved_warning(config.feed, workspace, found)
                for workspace, found in listed.items()
            ]
        self.connection_plans, self.warnings = tuple(plans), tuple(filter(None, warnings))

    def _read_workspace(
        self, workspace: WorkspaceId
    ) -> tuple[dict[str, Any], tuple[StoredConnection, ...]]:
        if not self.arm:
            return {}, ()
        resource = self.arm.read_workspace(workspace)
        writes = [WRITE_CONNECTION] if self.connection else []
        writes += [WRITE_ARTIFACT] if self._config.publish_to == "workspace" else []
        writes += [WRITE_ENVIRONMENT] if self._config.environment.register else []
        self.arm.check_permissions(workspace, writes)
        return resource, self.arm.list_connections(workspace)


def _check_reader(config: Config, reader: Account | None, http: HttpClients) -> None:
    """A rotation must not put a token that cannot read in the place of one that can."""
    if config.feed and reader and config.verify != "none":
        with closing(SimpleIndex(config.feed, reader, http)) as index:
            index.check_access()


def _reader(config: Config, wanted: ConnectionConfig | None) -> Account | None:
    """The account that the workspace will read the feed with, when the connection is about this feed."""
    if not wanted or not config.feed or wanted.category != "PythonFeed":
        return None
    if not covers(wanted.target, config.feed.index_url):
        return None
    token = wanted.token.value
    return Account(
        username=wanted.username or config.feed_username,
        token=lambda: token,
        input="connection-token",
    )


def _wanted_connection(config: Config) -> ConnectionConfig | None:
    if not config.connection or config.connection.target or not config.feed:
        return config.connection
    return replace(config.connection, target=config.feed.target)
