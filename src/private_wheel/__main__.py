"""The program: from the environment to an exit status. All errors are caught here."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from private_wheel.errors import Bug, Interrupted, MachineFailed, PrivateWheelError
from private_wheel.hosts import SECRET_VARIABLES, Host, detect_host
from private_wheel.hosts.base import HostHandler
from private_wheel.hosts.terminal import read_arguments
from private_wheel.system import signals

if TYPE_CHECKING:
    from private_wheel.run.record import Record
    from private_wheel.system.pip_configuration import PipConfiguration


def main(environ: Mapping[str, str], stdout: TextIO, arguments: Sequence[str] = ()) -> int:
    """Run once, with the inputs in `environ` and on the command line.

    Returns:
        The exit status, as docs/errors.md lists them.
    """
    environ = {**environ, **read_arguments(arguments)}
    # --help has ended by now, and starts without these.
    from private_wheel.inputs.secret_values import secret_values
    from private_wheel.system.pip_configuration import read_pip_configuration

    host = detect_host(environ, stdout)
    pip = read_pip_configuration(environ)
    secrets = secret_values(environ, pip, SECRET_VARIABLES)
    host.mask(secrets)
    logger, handler = logging.getLogger("private_wheel"), HostHandler(host)
    logger.addHandler(handler)
    logger.setLevel(handler.level)
    # Without a handler, Python prints warnings of libraries to standard error, past the redactor.
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
    from private_wheel.run.record import Record

    record, reporting = Record(), threading.Lock()
    scratch: list[tempfile.TemporaryDirectory[str]] = []

    def end_stuck_run() -> None:
        from private_wheel.system.children import Children

        Children.end_all()
        if reporting.acquire(blocking=False):
            _report(host, record, _cancelled())
        _remove(scratch)

    signals.set_last_resort(end_stuck_run)
    failure = _failure_of(host, lambda: _release(host, environ, pip, secrets, record, scratch))
    _remove(scratch)
    reporting.acquire()  # never released: if the other thread reports, it also ends the process
    return _report(host, record, failure)


def _report(host: Host, record: Record, failure: PrivateWheelError | None) -> int:
    """Show how the run ended, and return the exit status."""
    if failure:
        host.failure(failure)
    report_failure = _failure_of(host, lambda: _tell(host, record, failure))
    if report_failure:
        host.failure(report_failure)
    error = failure or report_failure
    return error.exit_status if error else 0


def _failure_of(host: Host, action: Callable[[], None]) -> PrivateWheelError | None:
    """Do `action` and return its failure; only a debug run shows a traceback."""
    try:
        action()
    except PrivateWheelError as error:
        return error
    except KeyboardInterrupt:
        return _cancelled()
    except Exception as error:
        if host.debug:
            host.line(traceback.format_exc())
        if isinstance(error, OSError) and error.filename:
            fix = "Free some disk space, or give this user permission to read and write it."
            return MachineFailed(f"{error.filename}: {error.strerror}.", fix=fix)
        return Bug(
            f"{type(error).__name__}: {error}",
            fix="Please report it, with the log of a debug run.",
        )
    return None


def _cancelled() -> Interrupted:
    return Interrupted("The run was cancelled.", fix="Run again; completed steps are skipped.")


def _release(
    host: Host,
    environ: Mapping[str, str],
    pip: PipConfiguration,
    secrets: Sequence[str],
    record: Record,
    scratch: list[tempfile.TemporaryDirectory[str]],
) -> None:
    """Do the work, in a new directory that is added to `scratch`."""
    with signals.interruptible():
        from private_wheel.inputs.reading import read_config

        config = record.config = read_config(environ, host.checkout, secrets)
        from private_wheel.run.preparation import set_up
        from private_wheel.run.release import release

        with signals.shielded():
            directory = tempfile.TemporaryDirectory(
                prefix="private-wheel-", ignore_cleanup_errors=True
            )
            scratch.append(directory)
        workshop = set_up(config, host, environ, pip, Path(directory.name))
        release(config, host, workshop, record)


def _remove(scratch: Iterable[tempfile.TemporaryDirectory[str]]) -> None:
    for directory in scratch:
        directory.cleanup()


def _tell(host: Host, record: Record, failure: PrivateWheelError | None) -> None:
    """Set the outputs and write the summary, after a failure too."""
    from private_wheel.run.outputs import outputs
    from private_wheel.run.summary import summary

    config = record.config
    if config and config.artifact_name and record.files:
        host.hand_over(config.artifact_name, Path(config.environment.directory))
    host.set_outputs(outputs(record))
    host.write_summary(summary(record, failure, host.redactor.clean))


def run() -> NoReturn:
    """Run with an environment that entrypoint.py sends as JSON on standard input.

    So it is neither in /proc/<pid>/environ nor in memory that a child can read.
    """
    import json
    import warnings

    from private_wheel.system.linux import hide_memory

    warnings.simplefilter("ignore")
    hide_memory()
    environ = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signals.listen(Interrupted.exit_status)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace", line_buffering=True)
    try:
        status = main(environ, sys.stdout, sys.argv[1:])
    except SystemExit as ended:  # after --help, or a wrong option
        status = ended.code if isinstance(ended.code, int) else 0
    # Finalizing the interpreter takes a tenth of a second, and nothing is left to be closed.
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main(os.environ, sys.stdout, sys.argv[1:]))
