"""The story of a run: prepare, plan, publish, verify, connect, register, describe."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from private_wheel.azureml.connection import set_connection
from private_wheel.environment.model import Environment
from private_wheel.hosts import Host
from private_wheel.inputs.config import Config
from private_wheel.publish.route import Plan, Result, Route, result_of, unseen
from private_wheel.run.environments import (
    can_be_written,
    check,
    environments_of,
    plan_environments,
    public_names,
    register,
    write,
)
from private_wheel.run.preparation import prepare
from private_wheel.run.record import Record
from private_wheel.system.background import in_background, side_by_side
from private_wheel.system.signals import shielded
from private_wheel.wheels.build import Workshop
from private_wheel.wheels.wheel import Wheel, WheelFile

if TYPE_CHECKING:
    from private_wheel.run.services import Services

_LOG = logging.getLogger(__name__)


def release(config: Config, host: Host, workshop: Workshop, record: Record) -> None:
    """Do all that `config` asks for, and note in `record` what is done.

    Nothing is changed before everything is planned.

    Raises:
        PrivateWheelError: A step failed. What was done before it is in `record`.
    """
    wheels, services = prepare(config, host, workshop)
    with closing(services):
        warnings = [warning for wheel in wheels for warning in wheel.warnings]
        _warn(record, [*host.doubts, *services.warnings, *warnings])
        planned = _plan(config, workshop, wheels, services, record)
        with host.group("Plan"):
            _show(record)
        if config.dry_run:
            _describe_dry_run(config, record)
            return
        for route, plans in planned:
            _publish(config, route, plans, record)
        if config.verify != "none":
            for route, plans in planned:
                _verify(route, plans, record)
        _deliver(config, host, workshop, services, record)


def _plan(
    config: Config,
    workshop: Workshop,
    wheels: Sequence[Wheel],
    services: Services,
    record: Record,
) -> list[tuple[Route, list[Plan]]]:
    """Decide about every wheel and place, and about the environments, before anything is sent."""
    name_warnings = in_background(
        lambda: public_names(config, wheels, workshop.pip, services.http), on_failure=lambda: None
    )
    planned = [
        (route, side_by_side(route.plan, wheels, route.at_once)) for route in services.routes
    ]
    record.plans += [plan for _, plans in planned for plan in plans]
    record.connection_plans += services.connection_plans
    if record.plans:
        planned_environments = plan_environments(config, record.plans, services.arm, workshop)
        record.environments += planned_environments.environments
        record.registration_plans += planned_environments.registrations
        _warn(record, planned_environments.warnings)
    _warn(record, name_warnings.result())
    return planned


def _show(record: Record) -> None:
    for plan in record.plans:
        _LOG.info("%s %s: %s", plan.wheel.file_name, plan.reason, plan.action)
    for connection in record.connection_plans:
        _LOG.info("%s: %s", connection.title, connection.action)
    for environment in record.environments:
        content = environment.content
        _LOG.info(
            "%s: Python %s, image %s", environment.title, content.python_version, content.image
        )
        for change in environment.changes:
            _LOG.info("%s", change)
    for registration in record.registration_plans:
        _LOG.info("%s: %s", registration.title, registration.action)


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
            _LOG.info("%s is available at %s", result.title, result.url)

    side_by_side(route.verify, [record.results[plan.title] for plan in plans], route.at_once, note)


def _deliver(
    config: Config, host: Host, workshop: Workshop, services: Services, record: Record
) -> None:
    """Check the environments, set the connections, register the environments and write them."""
    environments: Mapping[str, Environment] = {}
    if can_be_written(config):
        environments = environments_of(config, record.listed, record.environments)
    dependencies: Mapping[str, Sequence[WheelFile]] = {}
    if environments and config.resolved_for:
        from private_wheel.proof.proof import Proof

        with host.group("Check the environment"):
            proof = Proof(
                workshop=workshop,
                index=services.index,
                index_url=config.index_url,
                asked_by=config.resolved_for,
            )
            dependencies = check(config, environments, proof, record)
    _connect(services, record)
    if services.arm:
        register(services.arm, config, environments, record)
    with shielded():  # the files of one environment belong together
        record.files = write(config, environments, dependencies)


def _connect(services: Services, record: Record) -> None:
    for plan in services.connection_plans:
        if services.arm and services.connection:
            record.begun.append(plan.title)
            set_connection(services.arm, plan, services.connection)
            record.connections.append(plan)
            _LOG.info("connection %s of workspace %s is set", plan.name, plan.workspace.name)


def _describe_dry_run(config: Config, record: Record) -> None:
    for plan in record.plans:
        requirement = plan.wheel.requirement if config.route.names_by_index else ""
        record.add(result_of(plan, outcome="dry-run", requirement=requirement))
    if config.resolved_for:
        _LOG.info(
            "dry run: nothing was sent, and the environment was not checked (verify: %s)",
            config.verify,
        )
    else:
        _LOG.info("dry run: nothing was sent")


def _warn(record: Record, warnings: Sequence[str]) -> None:
    for warning in warnings:
        record.warnings.append(warning)
        _LOG.warning("%s", warning)
