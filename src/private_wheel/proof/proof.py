"""The proof that an environment works: its pip part resolves, or installs, against the real indexes.

Foreign code may run in both. The private index is read through `IndexServer`, so that no child knows the credential.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from private_wheel.environment.pip.lines import PipLine
from private_wheel.errors import DoesNotInstall, DoesNotResolve, MissingPython
from private_wheel.proof.check import Check
from private_wheel.proof.index_server import IndexServer
from private_wheel.proof.install import find_python, install
from private_wheel.proof.private_dependencies import download_private_dependencies
from private_wheel.proof.resolve import Resolved, resolve
from private_wheel.publish.feed.index import SimpleIndex
from private_wheel.publish.route import Result
from private_wheel.system.children import Children
from private_wheel.wheels.build import Workshop
from private_wheel.wheels.wheel import WheelFile


class Proof:
    """Checks the environments of one run.

    `index` reads the private index at `index_url`, if there is one; `asked_by` are the inputs that ask for the
    checks.
    """

    def __init__(
        self,
        workshop: Workshop,
        *,
        index: SimpleIndex | None,
        index_url: str,
        asked_by: Sequence[str],
    ) -> None:
        self._workshop, self._index, self._index_url, self._asked_by = (
            workshop,
            index,
            index_url,
            asked_by,
        )
        self._server: IndexServer | None = None
        self._children = Children("check", self._echo)

    def resolve(
        self, pip_lines: Sequence[PipLine], python_version: str, results: Sequence[Result]
    ) -> Resolved:
        """Find a version of everything in the pip part, for this Python on Linux.

        Raises:
            DoesNotResolve: with uv's explanation.
            PrivateWheelError: what the private index refused with.
        """
        try:
            python = find_python(python_version, self._workshop)
        except MissingPython:
            python = Path(sys.executable)
        with self._check(pip_lines, results, DoesNotResolve) as check:
            resolved = resolve(check, python, python_version)
        return resolved

    def install(
        self, pip_lines: Sequence[PipLine], python_version: str, results: Sequence[Result]
    ) -> None:
        """Install the pip part into an empty virtual environment of this machine, and import the packages of the run.

        Raises:
            MissingPython: see `find_python`, which tells before anything is sent.
            DoesNotResolve: uv cannot know a line.
            DoesNotInstall: with the last 20 lines.
            PrivateWheelError: what the private index refused with.
        """
        python = find_python(python_version, self._workshop)
        with self._check(pip_lines, results, DoesNotInstall) as check:
            install(
                check,
                python,
                list({result.wheel.canonical_name: result.wheel for result in results}.values()),
            )

    def private_wheels(
        self, resolved: Resolved, python_version: str, results: Sequence[Result]
    ) -> list[WheelFile]:
        """The wheels of the private packages that were resolved besides those of the run, in a directory of their own.

        Raises as `download_private_dependencies`.
        """
        if not self._index:
            return []
        directory = Path(tempfile.mkdtemp(dir=self._workshop.scratch))
        ours = [result.wheel.canonical_name for result in results]
        return download_private_dependencies(resolved, ours, self._index, python_version, directory)

    @contextmanager
    def _check(
        self,
        pip_lines: Sequence[PipLine],
        results: Sequence[Result],
        failure: type[DoesNotInstall | DoesNotResolve],
    ) -> Iterator[Check]:
        with (
            tempfile.TemporaryDirectory(
                dir=self._workshop.scratch, ignore_cleanup_errors=True
            ) as directory,
            IndexServer(self._index, self._index_url, self._children.cancel) as server,
        ):
            self._server = server
            parts = (self._workshop, self._children, server, Path(directory))
            check = Check(*parts, asked_by=self._asked_by, failure=failure)
            check.read(pip_lines, results)
            yield check

    def _echo(self, line: str) -> None:
        self._workshop.echo(self._server.with_real_names(line) if self._server else line)
