"""The wheels and the services of a run: the packages are built while the services are asked who we are to them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, wait
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from private_wheel.errors import Interrupted, SeveralWheels
from private_wheel.hosts import Host
from private_wheel.inputs.config import Config
from private_wheel.secrets.redaction import derived_forms
from private_wheel.system.background import in_background
from private_wheel.system.pip_configuration import PipConfiguration
from private_wheel.wheels.build import Builder, Workshop
from private_wheel.wheels.sources import is_wheel
from private_wheel.wheels.tag import check_tag
from private_wheel.wheels.wheel import Wheel, read_wheel

if TYPE_CHECKING:
    from private_wheel.run.services import Services

# Seconds that a failed build waits for the preflight beside it, so that its connections end in order.
_PATIENCE = 2.0


def set_up(
    config: Config, host: Host, environ: Mapping[str, str], pip: PipConfiguration, scratch: Path
) -> Workshop:
    """Return what the children of this run work with: they see no secret of `config`."""
    forms = frozenset[str]().union(*map(derived_forms, config.secrets))
    return Workshop(scratch=scratch, environ=environ, secrets=forms, pip=pip, echo=host.foreign)


def prepare(config: Config, host: Host, workshop: Workshop) -> tuple[list[Wheel], Services]:
    """One wheel for each package, and the open services. Changes nothing anywhere.

    Raises:
        PrivateWheelError: of the one that failed first; the other is ended.
    """
    builder = Builder(workshop)
    pending = in_background(lambda: _preflight(config, host), on_failure=builder.cancel)
    try:
        wheels = _make_wheels(config, host, builder)
    except Interrupted:
        pending.result()  # raises what ended the build
        raise
    except BaseException:
        wait([pending], timeout=_PATIENCE)
        pending.add_done_callback(_close)
        raise
    return wheels, pending.result()


def _preflight(config: Config, host: Host) -> Services:
    """Its imports take as long as a build's start: they wait until the build is under way."""
    from private_wheel.run.services import open_services

    return open_services(config, host.mask)


def _close(pending: Future[Services]) -> None:
    if not pending.exception():
        pending.result().close()


def _make_wheels(config: Config, host: Host, builder: Builder) -> list[Wheel]:
    """Built or ready, and checked: its metadata and its tag."""
    wheels: list[Wheel] = []
    for source in config.packages:
        if is_wheel(source):
            wheel = read_wheel(source)
        else:
            with host.group(f"Build {source.resolve().name}"):
                wheel = replace(read_wheel(builder.build(source)), source=source)
        twin = next(
            (other for other in wheels if other.file_name.lower() == wheel.file_name.lower()), None
        )
        if twin:
            raise SeveralWheels(
                f"Two packages give the file {wheel.file_name}.",
                input="package",
                fix="Name one of them.",
            )
        check_tag(wheel, host.tag, config.match_tag)
        wheels.append(wheel)
    return wheels
