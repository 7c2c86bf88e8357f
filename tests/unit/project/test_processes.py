"""What tests ask to see that nothing is left running shows what runs."""

from __future__ import annotations

import subprocess
import sys

from tests.processes import command_lines


def test_a_process_is_shown_while_it_runs() -> None:
    mark = "a-mark-of-this-test"
    command = [sys.executable, "-c", "input()", mark]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert mark in command_lines()
        process.communicate(b"\n")
    assert mark not in command_lines()
