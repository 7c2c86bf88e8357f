"""Inputs that are right each for itself and wrong beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Set

from private_wheel.errors import Problem
from private_wheel.inputs.config import Config


def problems_together(config: Config, wrong: Set[str]) -> Iterator[Problem]:
    """What is wrong with the inputs together. `wrong` are those that could not be read: they are not missing."""
    found = [*_of_the_connection(config, wrong), *_of_the_environment(config)]
    if "publish-to" not in wrong:
        found += _of_the_route(config)
    if bool(config.sign_in.client_id) != bool(config.sign_in.tenant_id):
        missing = "azure-tenant-id" if config.sign_in.client_id else "azure-client-id"
        found.append(_missing(missing, "azure-client-id and azure-tenant-id go together."))
    return (problem for problem in found if problem.input not in wrong)


def _missing(name: str, fix: str) -> Problem:
    return Problem(input=name, what="is missing.", fix=fix)


def _of_the_route(config: Config) -> Iterator[Problem]:
    route = config.route
    if route.destination and not config.destination:
        yield _missing(route.destination.input, route.destination.missing)
    if route.into_workspaces and not config.workspaces:
        yield _missing("workspace", "Name the workspace to publish to.")
    if route.no_replacing and config.if_exists == "replace":
        what = f"'replace' is not possible: {route.no_replacing}"
        yield Problem(input="if-exists", what=what, fix="Raise the version.")
    only_index = config.environment.index_mode == "only"
    if only_index and not config.feed and not route.names_by_index:
        what = "'only' is for a feed's index, and no feed is given."
        fix = "Leave it out, or name the feed that the dependencies come from."
        yield Problem(input="index-mode", what=what, fix=fix)
    if not route.publishes:
        yield from _of_no_publishing(config)


def _of_the_environment(config: Config) -> Iterator[Problem]:
    if not config.environment.formats:
        yield Problem(input="environment-formats", what="names no format.")
    if config.environment.register and not config.workspaces:
        yield _missing("workspace", "Name the workspace to register the environment in.")


def _of_no_publishing(config: Config) -> Iterator[Problem]:
    """Without publishing nothing can be registered, and without an index there is no environment at all."""
    environment = config.environment
    if environment.register:
        what = "'true' registers what was published, and publish-to is none."
        yield Problem(input="register-environment", what=what, fix="Publish, or leave it out.")
    if config.feed:
        return
    asked = {
        "environment-base": environment.base is not None,
        "environment-formats": bool(
            {"azureml-v1", "requirements", "wheelhouse"} & set(environment.formats)
        ),
        "verify": config.verify in ("resolve", "install"),
    }
    for name in (name for name, is_asked in asked.items() if is_asked):
        what = "nothing is published and no feed is named, so there is no environment."
        yield Problem(input=name, what=what, fix="Name the feed, or publish.")


def _of_the_connection(config: Config, wrong: Set[str]) -> Iterator[Problem]:
    connection = config.connection
    if not connection:
        return
    if not config.workspaces and not config.route.requires("workspace"):
        yield _missing("workspace", "Name the workspace that connection-token is for.")
    feed_is_known = config.feed or config.route.requires("feed") or "feed" in wrong
    if not feed_is_known and not connection.target:
        yield _missing(
            "connection-target", "Name the feed, or the base URL that the connection serves."
        )
    if connection.category == "Git" and not connection.target:
        yield _missing("connection-target", "Name the base URL of the Git repository.")
