"""The proof that an environment works: its pip part resolves, or installs, from the real indexes.

Both may run foreign code. `IndexServer` reads the private index for it, so that no child knows the
credential.
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
    """Checks the environments of one run."""

    def __init__(
        self,
        *,
        workshop: Workshop,
        index: SimpleIndex | None,
        index_url: str,
        asked_by: Sequence[str],
    ) -> None:
        """Prepare the checks.

        Args:
            workshop: What the children of the run share.
            index: Reads the private index, if there is one.
            index_url: The URL of the private index.
            asked_by: The inputs that ask for the checks.
        """
        self._workshop = workshop
        self._index = index
        self._index_url = index_url
        self._asked_by = asked_by
        self._server: IndexServer | None = None
        self._children = Children("check", self._echo)

    def resolve(
        self, pip_lines: Sequence[PipLine], python_version: str, results: Sequence[Result]
    ) -> Resolved:
        """Find a version of everything in the pip part, for this Python on Linux.

        Args:
            pip_lines: The pip part.
            python_version: X.Y or X.Y.Z.
            results: The packages of the run.

        Raises:
            DoesNotResolve: With uv's explanation.
            PrivateWheelError: The private index refused.
        """
        try:
            python = find_python(python_version, self._workshop)
        except MissingPython:
            python = Path(sys.executable)
        with self._check(pip_lines, results, DoesNotResolve) as check:
            return resolve(check, python, python_version)

    def install(
        self, pip_lines: Sequence[PipLine], python_version: str, results: Sequence[Result]
    ) -> None:
        """Install the pip part into an empty virtual environment, and import the run's packages.

        Args:
            pip_lines: The pip part.
            python_version: X.Y or X.Y.Z.
            results: The packages of the run.

        Raises:
            MissingPython: This Python is not installed here.
            DoesNotResolve: uv cannot take a line.
            DoesNotInstall: With the last lines of uv or of the import.
            PrivateWheelError: The private index refused.
        """
        python = find_python(python_version, self._workshop)
        wheels = {result.wheel.canonical_name: result.wheel for result in results}
        with self._check(pip_lines, results, DoesNotInstall) as check:
            install(check, python, list(wheels.values()))

    def private_wheels(
        self, resolved: Resolved, python_version: str, results: Sequence[Result]
    ) -> list[WheelFile]:
        """Download the wheels of the private packages that the run's packages need.

        Args:
            resolved: What `resolve` returned.
            python_version: X.Y or X.Y.Z.
            results: The packages of the run, which are left out.

        Returns:
            The wheels, in a directory of their own.

        Raises:
            DoesNotResolve: A package has no wheel for this Python on Linux.
            PrivateWheelError: The private index refused.
        """
        if not self._index:
            return []
        return download_private_dependencies(
            resolved,
            left_out={result.wheel.canonical_name for result in results},
            index=self._index,
            python_version=python_version,
            directory=Path(tempfile.mkdtemp(dir=self._workshop.scratch)),
        )

    @contextmanager
    def _check(
        self,
        pip_lines: Sequence[PipLine],
        results: Sequence[Result],
        failure: type[DoesNotInstall | DoesNotResolve],
    ) -> Iterator[Check]:
        scratch = tempfile.TemporaryDirectory(
            dir=self._workshop.scratch, ignore_cleanup_errors=True
        )
        server = IndexServer(self._index, self._index_url, self._children.cancel)
        with scratch as directory, server:
            self._server = server
            yield Check(
                pip_lines,
                results,
                workshop=self._workshop,
                children=self._children,
                server=server,
                directory=Path(directory),
                asked_by=self._asked_by,
                failure=failure,
            )

    def _echo(self, line: str) -> None:
        if self._server:
            line = self._server.with_real_names(line)
        self._workshop.echo(line)
