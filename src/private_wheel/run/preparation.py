"""The wheels and the services of a run: packages are built while the services are checked."""

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

# Seconds that a failed build waits for the preflight, so that its connections are closed.
_PATIENCE = 2.0


def set_up(
    config: Config, host: Host, environ: Mapping[str, str], pip: PipConfiguration, scratch: Path
) -> Workshop:
    """Return what the children of the run work with, which includes no secret of `config`."""
    forms = frozenset[str]().union(*map(derived_forms, config.secrets))
    return Workshop(scratch=scratch, environ=environ, secrets=forms, pip=pip, echo=host.foreign)


def prepare(config: Config, host: Host, workshop: Workshop) -> tuple[list[Wheel], Services]:
    """Return a wheel for each package, and the open services. Nothing is changed.

    Raises:
        PrivateWheelError: A build or the preflight failed. The one that was still running is ended.
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
    # These imports take as long as the start of a build, so they wait until it is running.
    from private_wheel.run.services import open_services

    return open_services(config, host.mask)


def _close(pending: Future[Services]) -> None:
    if not pending.exception():
        pending.result().close()


def _make_wheels(config: Config, host: Host, builder: Builder) -> list[Wheel]:
    """Build the packages or take the ready wheels, and check their metadata and the tag."""
    wheels: list[Wheel] = []
    for source in config.packages:
        if is_wheel(source):
            wheel = read_wheel(source)
        else:
            with host.group(f"Build {source.resolve().name}"):
                wheel = replace(read_wheel(builder.build(source)), source=source)
        if any(other.file_name.lower() == wheel.file_name.lower() for other in wheels):
            raise SeveralWheels(
                f"Two packages result in the file {wheel.file_name}.",
                input="package",
                fix="Specify only one of them.",
            )
        check_tag(wheel, host.tag, config.match_tag)
        wheels.append(wheel)
    return wheels
