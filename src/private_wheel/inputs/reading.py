"""The table's values, read from the environment and typed. All problems are found together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from private_wheel.azure.clouds import CLOUDS, DEFAULT_CLOUD
from private_wheel.azure.http_config import HttpConfig
from private_wheel.azure.identity import (
    JobToken,
    ServiceConnection,
    SignInConfig,
)
from private_wheel.azure.workspace_id import WorkspaceId, parse_workspace
from private_wheel.azureml.connection import ConnectionConfig
from private_wheel.environment.addition import ENVIRONMENT_NAME, IMAGE
from private_wheel.environment.base import Base, read_base
from private_wheel.environment.config import EnvironmentConfig, IndexMode
from private_wheel.environment.formats.directory import check_directory
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.errors import InvalidInputs, Problem
from private_wheel.inputs.ambient import (
    read_emulator_key,
    read_http_config,
    read_job_token,
    read_service_connection,
    read_sign_in,
)
from private_wheel.inputs.combinations import problems_together
from private_wheel.inputs.config import Config, Verify
from private_wheel.inputs.table import INPUTS, UNRESOLVED, Input, Kind, given
from private_wheel.publish.feed.accounts import FeedCredentials
from private_wheel.publish.feed.declaration import FEED
from private_wheel.publish.if_exists import IfExists
from private_wheel.publish.nowhere.declaration import NOWHERE
from private_wheel.publish.routes import ROUTES
from private_wheel.secrets.addresses import check_address
from private_wheel.secrets.quoting import quoted
from private_wheel.secrets.redaction import SHORTEST_SECRET, Secret, derived_forms
from private_wheel.wheels.sources import find_sources

_CONNECTION_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{2,32}$")
_ENVIRONMENT_VERSION = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._+!-]{0,254}$")
# Not 3.1: that is what YAML makes of an unquoted 3.10.
_PYTHON_VERSION = re.compile(r"^3\.([6-9]|[1-9]\d)(\.\d{1,2})?$")
_USERNAME = re.compile(r"^[^:\x00-\x1f\x7f]+$")
_ARTIFACT_NAME = re.compile(r"^[^\x00-\x1f\x7f\"<>|:*?\\/]+$")

_Parsed = TypeVar("_Parsed")


def read_config(environ: Mapping[str, str], checkout: Path, secrets: Sequence[str]) -> Config:
    """Read every input. Files may come from below `checkout` only, and contain none of `secrets`.

    Raises:
        InvalidInputs: with all problems at once.
    """
    reader = _Reader(environ)
    config = _assemble(reader, checkout, secrets)
    problems = [
        *reader.problems,
        *problems_together(config, {problem.input for problem in reader.problems}),
    ]
    if problems:
        raise InvalidInputs(problems)
    return config


class _Reader:
    """Takes one value after the other from the environment and collects what is wrong with them.

    What the table itself can tell is checked for every row, whether or not this run looks at its value.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self._environ = environ
        self._values = {row.name: self._value(row) for row in INPUTS}
        for row in INPUTS:
            self._check_choices(row)

    def problem(self, name: str, what: str, fix: str = "", path: str = "", line: int = 0) -> None:
        self.problems.append(Problem(input=name, what=what, fix=fix, path=path, line=line))

    def _value(self, row: Input) -> str:
        text = given(self._environ, row)
        for item in text.splitlines():
            if unresolved := UNRESOLVED.match(item.strip()):
                self.problem(
                    row.name,
                    f"the variable $({unresolved[1]}) does not exist, so its name arrived in place of a value.",
                    "Define it for this job, or correct the name.",
                )
                return ""
        return text or row.default

    def text(self, name: str, pattern: re.Pattern[str] | None = None, meaning: str = "") -> str:
        value = self._values[name]
        if value and pattern and not pattern.match(value):
            self.problem(name, f"{quoted(value)} is not {meaning}.")
        elif any(character < " " or character == "\x7f" for character in value):
            self.problem(
                name, "holds a line break or a control character.", "Write it on one line."
            )
        return value

    def lines(self, name: str) -> tuple[str, ...]:
        items = (line.strip() for line in self._values[name].splitlines())
        return tuple(dict.fromkeys(item for item in items if item))

    def choice(self, name: str) -> str:
        return self._values[name]

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._values[name].replace(",", " ").split()))

    def boolean(self, name: str) -> bool:
        return self._values[name].lower() == "true"

    def _check_choices(self, row: Input) -> None:
        text = self._values[row.name]
        values = {
            Kind.CHOICE: (text,),
            Kind.BOOLEAN: (text.lower(),),
            Kind.WORDS: self.words(row.name),
        }.get(row.kind, ())
        for value in values:
            if value not in row.choices:
                # A login that is read as several words would be shown in parts.
                what = quoted(value) if "@" not in text else "this"
                self.problem(row.name, f"{what} is none of {', '.join(row.choices)}.")

    def secret(self, name: str) -> Secret:
        value = self._values[name]
        if value and (len(value) < SHORTEST_SECRET or not value.isprintable()):
            what = (
                "is too short to be a token."
                if value.isprintable()
                else "holds a line break or a control character."
            )
            self.problem(name, what, "Paste the token alone.")
        return Secret(value)

    def artifact_name(self) -> str:
        """Empty for none: the hosts themselves fill in the default."""
        (row,) = (row for row in INPUTS if row.name == "artifact-name")
        return (
            self.text(row.name, _ARTIFACT_NAME, "an artifact's name")
            if given(self._environ, row)
            else ""
        )

    def job_token(self) -> JobToken:
        return read_job_token(self._environ)

    def http(self) -> HttpConfig:
        return read_http_config(self._environ)

    def emulator_key(self) -> Secret:
        return read_emulator_key(self._environ)

    def sign_in(self) -> SignInConfig:
        """Read the identity: the inputs, completed with what the environment offers."""
        letters, name = re.compile(r"^[A-Za-z0-9-]+$"), re.compile(r"^[A-Za-z0-9.-]+$")
        return read_sign_in(
            self._environ,
            client_id=self.text("azure-client-id", letters, "a client id"),
            tenant_id=self.text("azure-tenant-id", name, "a tenant id"),
            cloud=self.parsed("cloud", self.text("cloud"), _cloud) or DEFAULT_CLOUD,
            service_connection=self.service_connection(),
        )

    def service_connection(self) -> ServiceConnection | None:
        name = "azure-subscription"
        return self.parsed(
            name, self.text(name), lambda value: read_service_connection(value, self._environ)
        )

    def parsed(self, name: str, value: str, parse: Callable[[str], _Parsed]) -> _Parsed | None:
        try:
            return parse(value) if value else None
        except WrongFile as error:
            self.problem(name, str(error), path=error.path, line=error.line)
            return None
        except ValueError as error:
            self.problem(name, str(error))
            return None


def _assemble(reader: _Reader, checkout: Path, secrets: Sequence[str]) -> Config:
    # Another value is a problem that the reader has noted; which route stands in does not matter.
    route = ROUTES.get(reader.choice("publish-to"), NOWHERE)
    destinations = _destinations(reader)
    token = reader.secret("connection-token")
    only_connects = not route.publishes and bool(token)
    return Config(
        packages=_packages(reader, checkout, only_connects=only_connects),
        route=route,
        destination=destinations.get(route.name),
        feed=destinations[FEED.name],
        feed_credentials=_feed_credentials(reader),
        emulator_key=reader.emulator_key(),
        if_exists=cast(IfExists, reader.choice("if-exists")),
        match_tag=cast(Literal["auto", "always", "never"], reader.choice("match-tag")),
        workspaces=_workspaces(reader),
        connection=_connection(reader, token),
        environment=_environment(reader, checkout, secrets),
        sign_in=reader.sign_in(),
        http=reader.http(),
        artifact_name=reader.artifact_name(),
        verify=cast(Verify, reader.choice("verify")),
        check_public_name=reader.boolean("check-public-name"),
        dry_run=reader.boolean("dry-run"),
    )


def _destinations(reader: _Reader) -> dict[str, Any]:
    """Read the destinations of all routes, by their names. One that is not used must be valid too."""
    destinations = {}
    for route in ROUTES.values():
        if route.destination:
            name, parse = route.destination.input, route.destination.parse
            destinations[route.name] = reader.parsed(name, reader.text(name), parse)
    return destinations


def _feed_credentials(reader: _Reader) -> FeedCredentials:
    return FeedCredentials(
        username=reader.text("feed-username", _USERNAME, "a user name without a colon"),
        token=reader.secret("feed-token"),
        job_token=reader.job_token(),
    )


def _packages(reader: _Reader, checkout: Path, *, only_connects: bool) -> tuple[Path, ...]:
    patterns = reader.lines("package") or (() if only_connects else (".",))
    found = (
        reader.parsed("package", pattern, lambda value: find_sources(value, checkout))
        for pattern in patterns
    )
    # A link is not taken for the file that it leads to: it is refused later, with its name.
    return tuple({path.absolute(): path for paths in found for path in paths or ()}.values())


def _workspaces(reader: _Reader) -> tuple[WorkspaceId, ...]:
    found = (
        reader.parsed("workspace", line, parse_workspace) for line in reader.lines("workspace")
    )
    return tuple({workspace.path.lower(): workspace for workspace in found if workspace}.values())


def _connection(reader: _Reader, token: Secret) -> ConnectionConfig | None:
    settings = ConnectionConfig(
        name=reader.text(
            "connection", _CONNECTION_NAME, "a connection's name (3 to 33 letters, digits, - and _)"
        ),
        token=token,
        username=reader.text("connection-username", _USERNAME, "a user name without a colon"),
        target=reader.parsed("connection-target", reader.text("connection-target"), _target) or "",
        category=reader.choice("connection-category"),
    )
    return settings if token else None


def _target(value: str) -> str:
    check_address(value)
    if "?" in value or "#" in value:
        raise ValueError("the URL has a query or fragment. Give the plain base URL.")
    return value.rstrip("/")


def _environment(reader: _Reader, checkout: Path, secrets: Sequence[str]) -> EnvironmentConfig:
    def base(value: str) -> Base:
        forms = frozenset[str]().union(*map(derived_forms, secrets))
        return read_base(value, checkout, forms)

    return EnvironmentConfig(
        base=reader.parsed("environment-base", reader.text("environment-base"), base),
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
        directory=reader.parsed("environment-dir", reader.text("environment-dir"), check_directory)
        or "",
        python_version=reader.text(
            "python-version", _PYTHON_VERSION, "a Python version such as '3.11' (quoted in YAML)"
        ),
        index_mode=cast(IndexMode, reader.choice("index-mode")),
        register=reader.boolean("register-environment"),
    )


def _cloud(value: str) -> str:
    if "://" in value:
        check_address(value)
        return value
    for name in CLOUDS:
        if value.lower() == name.lower():
            return name
    raise ValueError(f"{quoted(value)} is none of {', '.join(CLOUDS)}, nor an ARM metadata URL.")
