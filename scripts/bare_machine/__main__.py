"""`python -m scripts.bare_machine [MACHINE ...] [--run COMMAND ...]`, as root.

Without arguments it runs README's commands on every machine. The machines stay in .make/bare for
the next time; the user's home and the clone in it are fresh.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from scripts.bare_machine.machine import CannotRun, Machine, check_requirements, made, recipes
from scripts.bare_machine.registries import registries_of_this_machine
from scripts.set_up import ROOT

README_COMMANDS = ("make demo", "make test")
_LIMIT = 3600.0  # seconds, for a command that hangs


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one command on one machine."""

    title: str
    result: str
    seconds: float

    @property
    def passed(self) -> bool:
        return self.result == "passed"


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    # An exception ends the command that runs and takes the registries' credentials back.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    # A shell's background job ignores SIGINT, and so would all that the tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    outcomes = []
    try:
        check_requirements()
        _warn_of_changes()
        registries = registries_of_this_machine()
        for recipe in options.recipes:
            machine = made(recipe, registries)
            machine.check_out()
            outcomes += [_run(machine, command) for command in options.run or README_COMMANDS]
    except CannotRun as error:
        print(error, file=sys.stderr)
        return 1
    print()
    for outcome in outcomes:
        print(f"{outcome.title}: {outcome.result} after {outcome.seconds:.0f} s")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make test-bare", description=__doc__)
    parser.add_argument("machine", nargs="*", help="debian-12 or debian-13; both by default")
    parser.add_argument("--run", action="append", metavar="COMMAND", help="instead of README's")
    options = parser.parse_args(arguments)
    by_name = {recipe.name: recipe for recipe in recipes()}
    for name in options.machine:
        if name not in by_name:
            parser.error(f"unknown machine {name!r}. Choose {' or '.join(by_name)}.")
    options.recipes = [by_name[name] for name in options.machine or by_name]
    return options


def _warn_of_changes() -> None:
    status = ["git", "status", "--porcelain"]
    changes = subprocess.run(status, cwd=ROOT, capture_output=True, check=True).stdout  # noqa: S603  # fixed arguments
    if changes:
        print("Uncommitted changes are not tested: the machines get HEAD.", file=sys.stderr)


def _run(machine: Machine, command: str) -> Outcome:
    title = f"{machine.root.name}: {command}"
    print(f"\n== {title}", flush=True)
    start = time.monotonic()
    try:
        result = "passed" if machine.run(command, _LIMIT) else "failed"
    except subprocess.TimeoutExpired:
        result = "timed out"
    return Outcome(title=title, result=result, seconds=time.monotonic() - start)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
