"""The configuration of a run, read from the environment: typed, with all problems reported."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

from private_wheel.azure.clouds import CLOUDS, DEFAULT_CLOUD
from private_wheel.azure.identity import ServiceConnection, SignInConfig
from private_wheel.azure.workspace_id import WorkspaceId, parse_workspace
from private_wheel.azureml.connection import ConnectionConfig
from private_wheel.environment.addition import ENVIRONMENT_NAME, IMAGE
from private_wheel.environment.base import Base, read_base
from private_wheel.environment.config import EnvironmentConfig, IndexMode
from private_wheel.environment.formats.directory import check_directory
from private_wheel.errors import InvalidInputs
from private_wheel.inputs.ambient import (
    read_emulator_key,
    read_http_config,
    read_job_token,
    read_service_connection,
    read_sign_in,
)
from private_wheel.inputs.combinations import problems_together
from private_wheel.inputs.config import Config, Verify
from private_wheel.inputs.reader import Reader
from private_wheel.publish.feed.accounts import FeedCredentials
from private_wheel.publish.feed.declaration import FEED
from private_wheel.publish.if_exists import IfExists
from private_wheel.publish.nowhere.declaration import NOWHERE
from private_wheel.publish.routes import routes
from private_wheel.secrets.addresses import check_address
from private_wheel.secrets.quoting import quoted
from private_wheel.secrets.redaction import Secret, derived_forms
from private_wheel.wheels.sources import find_sources

_CONNECTION_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{2,32}$")
_ENVIRONMENT_VERSION = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._+!-]{0,254}$")
# Not 3.1: YAML reads an unquoted 3.10 as that.
_PYTHON_VERSION = re.compile(r"^3\.([6-9]|[1-9]\d)(\.\d{1,2})?$")
_USERNAME = re.compile(r"^[^:\x00-\x1f\x7f]+$")
_ARTIFACT_NAME = re.compile(r"^[^\x00-\x1f\x7f\"<>|:*?\\/]+$")
_CLIENT_ID = re.compile(r"^[A-Za-z0-9-]+$")
_TENANT_ID = re.compile(r"^[A-Za-z0-9.-]+$")
_A_USERNAME = "a user name without a colon"


def read_config(environ: Mapping[str, str], checkout: Path, secrets: Sequence[str]) -> Config:
    """Read every input. Files may come from below `checkout` only, and contain none of `secrets`.

    Raises:
        InvalidInputs: Some inputs are invalid. It reports all their problems.
    """
    reader = Reader(environ)
    config = _config(reader, environ, checkout, secrets)
    invalid = {problem.input for problem in reader.problems}
    problems = [*reader.problems, *problems_together(config, invalid)]
    if problems:
        raise InvalidInputs(problems)
    return config


def _config(
    reader: Reader, environ: Mapping[str, str], checkout: Path, secrets: Sequence[str]
) -> Config:
    # Another value is a problem that the reader has noted; which route stands in does not matter.
    route = routes().get(reader.choice("publish-to"), NOWHERE)
    destinations = _destinations(reader)
    token = reader.secret("connection-token")
    only_connects = not route.publishes and bool(token)
    return Config(
        packages=_packages(reader, checkout, only_connects=only_connects),
        route=route,
        destination=destinations.get(route.name),
        feed=destinations[FEED.name],
        feed_credentials=_feed_credentials(reader, environ),
        emulator_key=read_emulator_key(environ),
        if_exists=cast(IfExists, reader.choice("if-exists")),
        match_tag=cast(Literal["auto", "always", "never"], reader.choice("match-tag")),
        workspaces=_workspaces(reader),
        connection=_connection(reader, token),
        environment=_environment(reader, checkout, secrets),
        sign_in=_sign_in(reader, environ),
        http=read_http_config(environ),
        artifact_name=_artifact_name(reader),
        verify=cast(Verify, reader.choice("verify")),
        check_public_name=reader.boolean("check-public-name"),
        dry_run=reader.boolean("dry-run"),
    )


def _destinations(reader: Reader) -> dict[str, Any]:
    """Read the destinations of all routes, by their names: an unused one must be valid too."""
    destinations = {}
    for route in routes().values():
        if route.destination:
            destination = reader.parsed(route.destination.input, route.destination.parse)
            destinations[route.name] = destination
    return destinations


def _feed_credentials(reader: Reader, environ: Mapping[str, str]) -> FeedCredentials:
    return FeedCredentials(
        username=reader.text("feed-username", _USERNAME, _A_USERNAME),
        token=reader.secret("feed-token"),
        job_token=read_job_token(environ),
    )


def _packages(reader: Reader, checkout: Path, *, only_connects: bool) -> tuple[Path, ...]:
    patterns = reader.lines("package")
    if not patterns and not only_connects:
        patterns = (".",)
    packages: dict[Path, Path] = {}
    for pattern in patterns:
        paths = reader.parsed_item("package", pattern, lambda value: find_sources(value, checkout))
        for path in paths or ():
            # A link is not the same as its target: it is refused later, with its name.
            packages[path.absolute()] = path
    return tuple(packages.values())


def _workspaces(reader: Reader) -> tuple[WorkspaceId, ...]:
    workspaces: dict[str, WorkspaceId] = {}
    for line in reader.lines("workspace"):
        workspace = reader.parsed_item("workspace", line, parse_workspace)
        if workspace:
            workspaces[workspace.path.lower()] = workspace
    return tuple(workspaces.values())


def _connection(reader: Reader, token: Secret) -> ConnectionConfig | None:
    config = ConnectionConfig(
        name=reader.text(
            "connection", _CONNECTION_NAME, "a connection's name (3 to 33 letters, digits, - and _)"
        ),
        token=token,
        username=reader.text("connection-username", _USERNAME, _A_USERNAME),
        target=reader.parsed("connection-target", _target) or "",
        category=reader.choice("connection-category"),
    )
    return config if token else None


def _target(value: str) -> str:
    check_address(value)
    if "?" in value or "#" in value:
        raise ValueError("the URL has a query or a fragment. Specify only the base URL.")
    return value.rstrip("/")


def _environment(reader: Reader, checkout: Path, secrets: Sequence[str]) -> EnvironmentConfig:
    def base(value: str) -> Base:
        forms = frozenset[str]().union(*map(derived_forms, secrets))
        return read_base(value, checkout, forms)

    return EnvironmentConfig(
        base=reader.parsed("environment-base", base),
        name=reader.text(
            "environment-name",
            ENVIRONMENT_NAME,
            "an environment's name (letters, digits, _ -; not beginning with Microsoft or AzureML)",
        ),
        version=reader.text(
            "environment-version",
            _ENVIRONMENT_VERSION,
            "an environment's version (letters, digits, . _ + ! -)",
        ),
        image=reader.text("environment-image", IMAGE, "an image's name, as registry/name:tag"),
        formats=reader.words("environment-formats"),
        directory=reader.parsed("environment-dir", check_directory) or "",
        python_version=reader.text(
            "python-version", _PYTHON_VERSION, "a Python version such as '3.11' (quoted in YAML)"
        ),
        index_mode=cast(IndexMode, reader.choice("index-mode")),
        register=reader.boolean("register-environment"),
    )


def _sign_in(reader: Reader, environ: Mapping[str, str]) -> SignInConfig:
    def service_connection(value: str) -> ServiceConnection:
        return read_service_connection(value, environ)

    return read_sign_in(
        environ,
        client_id=reader.text("azure-client-id", _CLIENT_ID, "a client ID"),
        tenant_id=reader.text("azure-tenant-id", _TENANT_ID, "a tenant ID"),
        cloud=reader.parsed("cloud", _cloud) or DEFAULT_CLOUD,
        service_connection=reader.parsed("azure-subscription", service_connection),
    )


def _cloud(value: str) -> str:
    if "://" in value:
        check_address(value)
        return value
    for name in CLOUDS:
        if value.lower() == name.lower():
            return name
    names = ", ".join(CLOUDS)
    raise ValueError(f"invalid value {quoted(value)}. Choose {names} or an ARM metadata URL.")


def _artifact_name(reader: Reader) -> str:
    """Return an empty text for no artifact: the hosts themselves fill in the default."""
    if not reader.is_given("artifact-name"):
        return ""
    return reader.text("artifact-name", _ARTIFACT_NAME, "an artifact's name")
