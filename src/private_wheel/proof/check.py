"""One check of a pip part by uv: what uv reads, and how uv and foreign code run."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from private_wheel.environment.pip.lines import PipLine, Target
from private_wheel.errors import DoesNotInstall, DoesNotResolve, Interrupted, ServiceUnreachable
from private_wheel.proof.index_server import IndexServer
from private_wheel.proof.uv_part import NotForUvError, UvPart, uv_part
from private_wheel.proof.uv_settings import UvSettings
from private_wheel.publish.route import Result
from private_wheel.secrets.child_environ import foreign_environ
from private_wheel.system.children import Children, Ended
from private_wheel.wheels.build import Workshop, own_uv

# How to do without the check, by the input that asks for it.
_WAYS_OUT = {
    "verify": "set verify: published",
    "environment-formats": "leave out the format wheelhouse",
}
# Seconds. uv may have to build large packages from source; an import has little to do.
_UV_LIMIT, _IMPORT_LIMIT = 30 * 60.0, 10 * 60.0


class Check:
    """A pip part as uv takes it, and what it is checked with.

    `part` is what uv is given, `file` its requirements file, and `directory` the check's own.
    """

    def __init__(
        self,
        pip_lines: Sequence[PipLine],
        results: Sequence[Result],
        *,
        workshop: Workshop,
        children: Children,
        server: IndexServer,
        directory: Path,
        asked_by: Sequence[str],
        failure: type[DoesNotInstall | DoesNotResolve],
    ) -> None:
        """Prepare the check.

        Args:
            pip_lines: The pip part.
            results: The packages of the run, whose wheels are read from this machine.
            workshop: The machine's configuration, and the secrets that no child may see.
            children: Runs uv and foreign code.
            server: Passes the private index on.
            directory: An empty directory.
            asked_by: The inputs that ask for the check.
            failure: Raised when a child takes too long.

        Raises:
            DoesNotResolve: uv cannot take a line, or a published file is not the run's wheel.
        """
        self._workshop = workshop
        self._children = children
        self._results = results
        self._asked_by = asked_by
        self._failure = failure
        self._settings = UvSettings(workshop)
        self._uv = own_uv(workshop.environ).get("UV", "uv")
        self.server = server
        self.directory = directory
        self.part = self._read(pip_lines)
        self.file = directory / "requirements.txt"
        self.file.write_text("\n".join(self.part.requirements), encoding="utf-8")

    @property
    def input(self) -> str:
        """The input that an error names."""
        return self._asked_by[0]

    @property
    def advice(self) -> str:
        """How to fix what does not resolve or install."""
        index = "A private package must be in the feed."
        if not self.part.of_machine:
            index = (
                "All packages must be in the indexes of the environment: a feed can pass public "
                "ones on from upstream sources."
            )
        return f"Correct these dependencies in the package or in environment-base. {index}"

    def uv(self, *arguments: str) -> Ended:
        """Run uv with the machine's indexes and proxies, and nothing else of its configuration."""
        command = [self._uv, *arguments, "--no-config"]
        environ = self._settings.environ(self.part, self.directory)
        return self._run("uv", command, environ, _UV_LIMIT)

    def uv_on_part(self, *arguments: str) -> Ended:
        """Run uv with the options of the pip part.

        Raises:
            ServiceUnreachable: An index or another server did not answer.
        """
        options = []
        if self.part.prereleases:
            options += ["--prerelease", "allow"]
        if not self.part.indexes:
            options += ["--no-index"]
        for link in self.part.find_links:
            options += ["--find-links", link]
        ended = self.uv(*arguments, *options)
        if ended.status and any("error sending request" in line for line in ended.last_lines):
            raise ServiceUnreachable(
                "A server that the environment needs cannot be reached.",
                input=self.input,
                fix=f"Correct its address in environment-base, or {self._way_out}.",
                said="\n".join(["", *ended.last_lines]),
            )
        return ended

    def foreign(self, title: str, *command: str) -> Ended:
        """Run foreign code. It needs no index, so the private one is not passed on any more."""
        self.server.close()
        environ = foreign_environ(self._workshop.environ, tuple(self._workshop.secrets))
        return self._run(title, command, environ, _IMPORT_LIMIT)

    @property
    def _way_out(self) -> str:
        return " and ".join(_WAYS_OUT[name] for name in self._asked_by)

    def _read(self, pip_lines: Sequence[PipLine]) -> UvPart:
        try:
            return uv_part(
                pip_lines,
                machine_indexes=self._settings.indexes(self.server),
                reachable_index=self.server.reachable,
                local_requirement=self._local_requirement,
            )
        except NotForUvError as error:
            raise DoesNotResolve(
                f"The pip part of the environment cannot be checked: {error}",
                input=self.input,
                fix=f"{error.fix}, or {self._way_out}.",
            ) from None

    def _local_requirement(self, requirement: str, line: PipLine) -> str:
        """Return the requirement with the address of this machine's wheel, if it means one.

        That is the URL of a published wheel, or the name of one that is built but not published.
        """
        for result in self._results:
            wheel, target = result.wheel, line.target
            if result.outcome == "built" and target and target.name == wheel.canonical_name:
                return self._built_requirement(result, target, is_hashed=line.is_hashed)
            if not result.url:
                continue
            url = re.search(rf"{re.escape(result.url)}(?=$|[#\s;])", requirement)
            if url:
                self._check_published(result)
                address = self.server.add(wheel.path, result.url)
                return requirement[: url.start()] + address + requirement[url.end() :]
        return requirement

    def _built_requirement(self, result: Result, target: Target, *, is_hashed: bool) -> str:
        extras = f"[{','.join(target.extras)}]" if target.extras else ""
        address = self.server.add(result.wheel.path, result.requirement)
        requirement = f"{target.name}{extras} @ {address}"
        if is_hashed:
            requirement += f"#sha256={result.wheel.sha256}"
        if target.marker:
            requirement += f" ; {target.marker}"
        return requirement

    def _check_published(self, result: Result) -> None:
        if result.sha256 != result.wheel.sha256:
            problem = f"The published {result.title} is not the file of this run"
            raise DoesNotResolve(
                f"{problem}, so the environment cannot be checked.",
                input=self.input,
                fix=f"Raise the version, or {self._way_out}.",
            )

    def _run(
        self, title: str, command: Sequence[str], environ: Mapping[str, str], limit: float
    ) -> Ended:
        """Run a child, and replace our addresses in what it printed last.

        An error of the private index is raised before the child's own: it is the cause.
        """
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self.directory))
        try:
            ended = self._children.run(
                command, {**environ, **temporary}, directory=self.directory, limit=limit
            )
        except subprocess.TimeoutExpired:
            raise self._failure(
                f"{title} did not end within {limit / 60:g} minutes.",
                input=self.input,
                fix=f"Check the log for what it waits for, or {self._way_out}.",
            ) from None
        except Interrupted:
            if self.server.failure:
                raise self.server.failure from None
            raise
        if self.server.failure:
            raise self.server.failure
        return replace(ended, last_lines=tuple(map(self.server.with_real_names, ended.last_lines)))
