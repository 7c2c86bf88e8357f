"""The story of a run: build beside preflight, plan, publish, verify, connect, describe."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from private_wheel.background import in_background, side_by_side
from private_wheel.build import Builder, Workshop
from private_wheel.config import Config
from private_wheel.connection import set_connection
from private_wheel.environment.files import write_environment
from private_wheel.environment.model import check_environment, environment_of
from private_wheel.errors import Interrupted, SeveralWheels
from private_wheel.hosts import Host
from private_wheel.publish import Plan, Result, Route, result_of, unseen
from private_wheel.report import Record
from private_wheel.secrets import derived_forms
from private_wheel.sources import is_wheel
from private_wheel.tag import check_tag
from private_wheel.wheel import Wheel, read_wheel

if TYPE_CHECKING:
    from private_wheel.services import Services

_LOG = logging.getLogger(__name__)
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
        planned = _plan(host, wheels, services, record)
        if config.dry_run:
            _describe_dry_run(config, record)
            return
        for route, plans in planned:
            _publish(config, route, plans, record)
        if config.verify != "none":
            for route, plans in planned:
                _verify(route, plans, record)
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
    check_environment(config.environment, wheels, by_url=config.publish_to in ("blob", "workspace"))
    return wheels


def _plan(host: Host, wheels: Sequence[Wheel], services: Services, record: Record) -> list[tuple[Route, list[Plan]]]:
    """Decide about every wheel in every place before the first one is sent, and print it."""
    planned = [(route, side_by_side(route.plan, wheels, route.at_once)) for route in services.routes]
    record.plans += [plan for _, plans in planned for plan in plans]
    record.connection_plans += services.connection_plans
    with host.group("Plan"):
        for plan in record.plans:
            _LOG.info("%s %s: %s", plan.wheel.file_name, plan.reason, plan.action)
        for target in services.connection_plans:
            _LOG.info("connection %s in workspace %s: %s", target.name, target.workspace.name, target.action)
    return planned


def _publish(config: Config, route: Route, plans: Sequence[Plan], record: Record) -> None:
    def publish(plan: Plan) -> Result:
        record.begun.append(plan.title)
        return route.publish(plan)

    def note(result: Result) -> None:
        record.add(result if config.verify == "none" else unseen(result))
        _LOG.info("%s: %s", result.title, result.outcome)

    side_by_side(publish, plans, route.at_once, note)


def _verify(route: Route, plans: Sequence[Plan], record: Record) -> None:
    def note(result: Result) -> None:
        record.add(result)
        if result.url:
            _LOG.info("%s is there: %s", result.title, result.url)

    side_by_side(route.verify, [record.results[plan.title] for plan in plans], route.at_once, note)


def _connect(services: Services, record: Record) -> None:
    for plan in services.connection_plans:
        if services.arm and services.connection:
            record.begun.append(plan.title)
            set_connection(services.arm, plan, services.connection)
            record.connections.append(plan)
            _LOG.info("connection %s of workspace %s is set", plan.name, plan.workspace.name)


def _describe(config: Config, record: Record) -> None:
    """The environment files, for packages that an environment can install from where they are. Each workspace has
    URLs of its own: several get a directory each."""
    index_url = config.feed.index_url if config.feed else ""
    results = [result for result in record.listed if result.url or index_url]
    places = list(dict.fromkeys(result.place for result in results))
    for place in places:
        there = [result for result in results if result.place == place]
        environment = environment_of(config.environment, there, index_url)
        directory = Path(config.environment.directory) / (place if len(places) > 1 else "")
        record.files[place] = write_environment(environment, config.environment.formats, directory)


def _describe_dry_run(config: Config, record: Record) -> None:
    indexed = config.publish_to in ("feed", "none")
    for plan in record.plans:
        record.add(result_of(plan, outcome="dry-run", requirement=plan.wheel.requirement if indexed else ""))
    _LOG.info("dry run: nothing was sent")


def _warn(record: Record, warnings: Sequence[str]) -> None:
    for warning in warnings:
        record.warnings.append(warning)
        _LOG.warning("%s", warning)
