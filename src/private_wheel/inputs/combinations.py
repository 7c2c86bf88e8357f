"""Inputs that are valid by themselves and invalid together."""

from __future__ import annotations

from collections.abc import Iterator, Set

from private_wheel.errors import Problem
from private_wheel.inputs.config import Config

# Formats that somebody has asked for: the others are the default.
_NOT_DEFAULT = frozenset({"azureml-v1", "requirements", "wheelhouse"})


def problems_together(config: Config, wrong: Set[str]) -> Iterator[Problem]:
    """Yield what is wrong with the inputs together.

    `wrong` are the inputs that could not be read: nothing more is said about them.
    """
    problems = [*_of_the_connection(config, wrong), *_of_the_environment(config)]
    if "publish-to" not in wrong:
        problems += _of_the_route(config)
    if bool(config.sign_in.client_id) != bool(config.sign_in.tenant_id):
        missing = "azure-tenant-id" if config.sign_in.client_id else "azure-client-id"
        fix = "azure-client-id and azure-tenant-id must be set together."
        problems.append(_missing(missing, fix))
    return (problem for problem in problems if problem.input not in wrong)


def _missing(name: str, fix: str) -> Problem:
    return Problem(input=name, what="is required.", fix=fix)


def _of_the_route(config: Config) -> Iterator[Problem]:
    route = config.route
    if route.destination and not config.destination:
        yield _missing(route.destination.input, route.destination.missing)
    if route.into_workspaces and not config.workspaces:
        yield _missing("workspace", "Specify the workspace to publish to.")
    if route.no_replacing and config.if_exists == "replace":
        what = f"'replace' is not possible: {route.no_replacing}"
        yield Problem(input="if-exists", what=what, fix="Increase the version.")
    only_index = config.environment.index_mode == "only"
    if only_index and not config.feed and not route.names_by_index:
        what = "'only' uses the index of a feed, and no feed is specified."
        fix = "Remove it, or specify the feed that the dependencies come from."
        yield Problem(input="index-mode", what=what, fix=fix)
    if not route.publishes:
        yield from _of_no_publishing(config)


def _of_the_environment(config: Config) -> Iterator[Problem]:
    if not config.environment.formats:
        yield Problem(input="environment-formats", what="contains no format.")
    if config.environment.register and not config.workspaces:
        yield _missing("workspace", "Specify the workspace to register the environment in.")


def _of_no_publishing(config: Config) -> Iterator[Problem]:
    """Yield what needs a published wheel; without an index there is no environment either."""
    environment = config.environment
    if environment.register:
        what = "'true' registers published packages, and publish-to is none."
        yield Problem(input="register-environment", what=what, fix="Publish, or remove it.")
    if config.feed:
        return
    needs_environment = {
        "environment-base": environment.base is not None,
        "environment-formats": not _NOT_DEFAULT.isdisjoint(environment.formats),
        "verify": config.verify in ("resolve", "install"),
    }
    for name, is_needed in needs_environment.items():
        if is_needed:
            what = "needs an environment, and without a feed and publishing there is none."
            yield Problem(input=name, what=what, fix="Specify the feed, or publish.")


def _of_the_connection(config: Config, wrong: Set[str]) -> Iterator[Problem]:
    connection = config.connection
    if not connection:
        return
    if not config.workspaces and not config.route.requires("workspace"):
        yield _missing("workspace", "Specify the workspace that connection-token is for.")
    feed_is_known = config.feed or config.route.requires("feed") or "feed" in wrong
    if not feed_is_known and not connection.target:
        fix = "Specify the feed, or the base URL that the connection serves."
        yield _missing("connection-target", fix)
    if connection.category == "Git" and not connection.target:
        yield _missing("connection-target", "Specify the base URL of the Git repository.")
