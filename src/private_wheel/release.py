"""The story of a run: build beside preflight, plan, publish, verify, connect, describe."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from private_wheel.background import in_background
from private_wheel.build import Builder, Workshop
from private_wheel.config import Config
from private_wheel.connection import set_connection
from private_wheel.environment.files import write_environment
from private_wheel.environment.model import check_environment, environment_of
from private_wheel.errors import Interrupted, SeveralWheels
from private_wheel.hosts import Host
from private_wheel.publish import Plan, Result, Route
from private_wheel.report import Record
from private_wheel.secrets import derived_forms
from private_wheel.sources import is_wheel
from private_wheel.tag import check_tag
from private_wheel.wheel import Wheel, read_wheel

if TYPE_CHECKING:
    from private_wheel.services import Services

_LOG = logging.getLogger(__name__)
_UNPUBLISHED = "is built and not published"
# Seconds that a failed build waits for the preflight beside it, so that its connections end in order.
_PATIENCE = 2.0


def release(config: Config, host: Host, environ: Mapping[str, str], scratch: Path, record: Record) -> None:
    """Do all that `config` asks for, and note in `record` what is done. Before the plan stands, nothing changes.

    Raises:
        PrivateWheelError: of the step that failed; what was done before it is in `record`.
    """
    forms = frozenset[str]().union(*map(derived_forms, config.secrets))
    workshop = Workshop(scratch=scratch, environ=environ, secrets=forms, echo=host.foreign)
    builder = Builder(workshop)
    pending = in_background(lambda: _preflight(config, host, environ), on_failure=builder.cancel)
    try:
        wheels = _make_wheels(config, host, builder)
    except Interrupted:
        pending.result()  # raises what ended the build
        raise
    except BaseException:
        wait([pending], timeout=_PATIENCE)
        pending.add_done_callback(_close)
        raise
    with closing(pending.result()) as services:
        _warn(
            record, [*host.doubts(), *services.warnings, *(warning for wheel in wheels for warning in wheel.warnings)]
        )
        _plan(host, wheels, services, record)
        if config.dry_run:
            _describe_dry_run(record)
            return
        _publish(config, services.route, record)
        _connect(services, record)
        _describe(config, record)


def _preflight(config: Config, host: Host, environ: Mapping[str, str]) -> Services:
    """Its imports take as long as a build's start: they wait until the build is under way."""
    from private_wheel.services import open_services

    return open_services(config, environ, host.mask)


def _close(pending: Future[Services]) -> None:
    if not pending.exception():
        pending.result().close()


def _make_wheels(config: Config, host: Host, builder: Builder) -> list[Wheel]:
    """One wheel for each package, built or ready, and checked: its metadata, its tag, its Python."""
    wheels: list[Wheel] = []
    for source in config.packages:
        path = source
        if not is_wheel(source):
            with host.group(f"Build {source.resolve().name}"):
                path = builder.build(source)
        wheel = read_wheel(path)
        twin = next((other for other in wheels if other.file_name.lower() == wheel.file_name.lower()), None)
        if twin:
            raise SeveralWheels(
                f"Two packages give the file {wheel.file_name}.", input="package", fix="Name one of them."
            )
        check_tag(wheel, host.tag, config.match_tag)
        wheels.append(wheel)
    check_environment(config.environment, wheels)
    return wheels


def _plan(host: Host, wheels: Sequence[Wheel], services: Services, record: Record) -> None:
    """Decide about every wheel before the first one is sent, and print it."""
    route = services.route
    record.plans += [
        route.plan(wheel) if route else Plan(wheel=wheel, action="none", reason=_UNPUBLISHED, sha256=wheel.sha256)
        for wheel in wheels
    ]
    record.connection_plans += services.connection_plans
    with host.group("Plan"):
        for plan in record.plans:
            _LOG.info("%s %s: %s", plan.wheel.file_name, plan.reason, plan.action)
        for target in services.connection_plans:
            _LOG.info("connection %s in workspace %s: %s", target.name, target.workspace.name, target.action)


def _publish(config: Config, route: Route | None, record: Record) -> None:
    for plan in record.plans:
        if not route:
            record.add(Result(wheel=plan.wheel, outcome="built", sha256=plan.sha256))
            continue
        record.begun.append(plan.wheel.file_name)
        result = route.publish(plan)
        record.add(result)
        _LOG.info("%s: %s", plan.wheel.file_name, result.outcome)
    if route and config.verify != "none":
        for result in list(record.results.values()):
            seen = route.verify(result)
            record.add(seen)
            _LOG.info("%s is there: %s", seen.wheel.file_name, seen.url)


def _connect(services: Services, record: Record) -> None:
    for plan in services.connection_plans:
        if services.arm and services.connection:
            record.begun.append(plan.title)
            set_connection(services.arm, plan, services.connection)
            record.connections.append(plan)
            _LOG.info("connection %s of workspace %s is set", plan.name, plan.workspace.name)


def _describe(config: Config, record: Record) -> None:
    """The environment files, for packages that are in a feed or will be."""
    if not record.results or not config.feed:
        return
    wheels = [result.wheel for result in record.results.values()]
    environment = environment_of(config.environment, wheels, config.feed.index_url)
    directory = Path(config.environment.directory)
    record.files.update(write_environment(environment, config.environment.formats, directory))


def _describe_dry_run(record: Record) -> None:
    for plan in record.plans:
        record.add(Result(wheel=plan.wheel, outcome="dry-run", sha256=plan.sha256))
    _LOG.info("dry run: nothing was sent")


def _warn(record: Record, warnings: Sequence[str]) -> None:
    for warning in warnings:
        record.warnings.append(warning)
        _LOG.warning("%s", warning)
