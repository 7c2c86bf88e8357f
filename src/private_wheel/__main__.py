"""The program: from the environment to an exit status. The only place that catches."""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from private_wheel.errors import Bug, Interrupted, MachineFailed, PrivateWheelError
from private_wheel.hosts import Host, detect_host
from private_wheel.hosts.base import HostHandler
from private_wheel.hosts.terminal import read_arguments
from private_wheel.inputs.secret_values import secret_values
from private_wheel.system.linux import hide_memory
from private_wheel.system.pip_configuration import PipConfiguration, read_pip_configuration

if TYPE_CHECKING:
    from private_wheel.run.report import Record

# SIGHUP is not everywhere.
_ENDING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


def main(environ: Mapping[str, str], stdout: TextIO, arguments: Sequence[str] = ()) -> int:
    """Run once, as `environ` and the command line say, and return the exit status (see docs/errors.md)."""
    environ = {**environ, **read_arguments(arguments)}
    host = detect_host(environ, stdout)
    pip = read_pip_configuration(environ)
    secrets = secret_values(environ, pip)
    host.mask(secrets)
    logger, handler = logging.getLogger("private_wheel"), HostHandler(host)
    logger.addHandler(handler)
    logger.setLevel(handler.level)
    # Without a handler, Python prints what libraries warn of to standard error, past the redactor.
    libraries = logging.NullHandler()
    logging.getLogger().addHandler(libraries)
    try:
        return _run(host, environ, pip, secrets)
    finally:
        logging.getLogger().removeHandler(libraries)
        logger.removeHandler(handler)


def _run(
    host: Host, environ: Mapping[str, str], pip: PipConfiguration, secrets: Sequence[str]
) -> int:
    from private_wheel.run.report import Record

    record = Record()
    failure = _attempt(host, lambda: _release(host, environ, pip, secrets, record))
    untold = _attempt(host, lambda: _tell(host, record, failure))
    ended = failure or untold
    return ended.exit_status if ended else 0


def _attempt(host: Host, action: Callable[[], None]) -> PrivateWheelError | None:
    """Do `action`; show and return what went wrong. Whatever it is, the user gets one line and no traceback."""
    failure: PrivateWheelError
    try:
        action()
    except PrivateWheelError as error:
        failure = error
    except KeyboardInterrupt:
        failure = Interrupted("The run was cancelled.", fix="Run it again: what was done is kept.")
    except Exception as error:
        if host.debug:
            host.line(traceback.format_exc())
        if isinstance(error, OSError) and error.filename:
            fix = "Make room there, or let this user read and write it."
            failure = MachineFailed(f"{error.filename}: {error.strerror}.", fix=fix)
        else:
            failure = Bug(
                f"{type(error).__name__}: {error}",
                fix="Please report it, with the log of a debug run.",
            )
    else:
        return None
    host.failure(failure)
    return failure


def _release(
    host: Host,
    environ: Mapping[str, str],
    pip: PipConfiguration,
    secrets: Sequence[str],
    record: Record,
) -> None:
    from private_wheel.inputs.reading import read_config

    config = record.config = read_config(environ, host.checkout, secrets)
    from private_wheel.run.preparation import set_up
    from private_wheel.run.release import release

    with tempfile.TemporaryDirectory(
        prefix="private-wheel-", ignore_cleanup_errors=True
    ) as scratch:
        workshop = set_up(config, host, environ, pip, Path(scratch))
        release(config, host, workshop, record)


def _tell(host: Host, record: Record, failure: PrivateWheelError | None) -> None:
    """Outputs and summary, after a failure too."""
    from private_wheel.run.report import outputs, summary

    config = record.config
    if config and config.artifact_name and record.files:
        host.hand_over(config.artifact_name, Path(config.environment.directory))
    host.set_outputs(outputs(record))
    host.write_summary(summary(record, failure, host.redactor.clean))


def _interrupt_once(*_: object) -> None:
    """Hosts send SIGINT and then SIGTERM: the second one must not break off the report about the first."""
    for number in _ENDING:
        # Not SIG_IGN: Python complains of one that has come already and is ignored from then on.
        signal.signal(number, lambda *_: None)
    raise KeyboardInterrupt


def run() -> NoReturn:
    """How entrypoint.py starts the program: the environment comes as JSON on standard input.

    So it is in no process environment, which a child could read in /proc/<pid>/environ, nor in memory that it can read.
    """
    import json
    import warnings

    warnings.simplefilter("ignore")
    hide_memory()
    environ = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number in _ENDING:
        signal.signal(number, _interrupt_once)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace", line_buffering=True)
    try:
        status = main(environ, sys.stdout, sys.argv[1:])
    except KeyboardInterrupt:  # before anything had begun, or after all was told
        status = Interrupted.exit_status
    except SystemExit as ended:  # help, or a wrong flag
        status = ended.code if isinstance(ended.code, int) else 0
    # Taking the interpreter apart would cost a tenth of a second, and nothing is left to be closed.
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main(os.environ, sys.stdout, sys.argv[1:]))
