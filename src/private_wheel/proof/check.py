"""One check of a pip part by uv: what uv is given, where it may look, and what is left of it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from private_wheel.environment.pip.lines import PipLine
from private_wheel.errors import DoesNotInstall, DoesNotResolve, Interrupted, ServiceUnreachable
from private_wheel.proof.index_server import IndexServer
from private_wheel.proof.uv_part import NotForUvError, UvPart, uv_part
from private_wheel.publish.route import Result
from private_wheel.secrets.child_environ import foreign_environ, installer_environ
from private_wheel.system.children import Children, Ended
from private_wheel.system.pip_configuration import DEFAULT_INDEX, locked_uv_environ
from private_wheel.wheels.build import Workshop, own_uv

_DEFAULT = ("UV_DEFAULT_INDEX", "UV_INDEX_URL")
_EXTRA = ("UV_INDEX", "UV_EXTRA_INDEX_URL")
# How to go without the check, by the input that asks for it.
_WAYS_OUT = {
    "verify": "set verify: published",
    "environment-formats": "leave out the format wheelhouse",
}
_REPLACED = frozenset({*_DEFAULT, *_EXTRA, "UV_CACHE_DIR", "UV_FIND_LINKS"})
# Seconds. uv may have to build large packages from source; an import does no work that anybody waits for.
_UV_LIMIT, _IMPORT_LIMIT = 30 * 60.0, 10 * 60.0


class Check:
    """What a check works with. `directory` is its own; `asked_by` are the inputs that ask for it; `failure` is how it
    fails when a child takes too long."""

    def __init__(
        self,
        workshop: Workshop,
        children: Children,
        server: IndexServer,
        directory: Path,
        *,
        asked_by: Sequence[str],
        failure: type[DoesNotInstall | DoesNotResolve],
    ) -> None:
        self._workshop, self._children, self._asked_by, self._failure = (
            workshop,
            children,
            asked_by,
            failure,
        )
        self.server, self.directory = server, directory
        self._found = _uv_settings(workshop)
        self._uv = own_uv(workshop.environ).get("UV", "uv")
        self._temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(directory))
        self.part: UvPart
        self.file = directory / "requirements.txt"

    def read(self, pip_lines: Sequence[PipLine], results: Sequence[Result]) -> None:
        """Raises:
        DoesNotResolve: uv cannot take a line, or a wheel of ours is not the file that was published.
        """
        try:
            self.part = uv_part(
                pip_lines,
                _machine_indexes(self._found, self.server, self._workshop.secrets),
                self.server.reachable,
                lambda text, line: self._with_local_files(text, line, results),
            )
        except NotForUvError as error:
            raise DoesNotResolve(
                f"The environment's pip part cannot be checked: {error}",
                input=self.input,
                fix=f"{error.fix}, or {self._way_out}.",
            ) from None
        self.file.write_text("\n".join(self.part.requirements), encoding="utf-8")

    @property
    def advice(self) -> str:
        """How to mend what does not resolve or install."""
        index = "A private one must be in the feed."
        if not self.part.of_machine:
            index = "All must be in the indexes that it names; a feed has public ones by upstream sources."
        return f"Correct the dependencies that are named, in the package or in environment-base. {index}"

    @property
    def input(self) -> str:
        """The one that an error names."""
        return self._asked_by[0]

    @property
    def _way_out(self) -> str:
        return " and ".join(_WAYS_OUT[name] for name in self._asked_by)

    def uv(self, *arguments: str) -> Ended:
        """Run uv with nothing of the machine's configuration but where packages are and how to get there."""
        return self._run("uv", [self._uv, *arguments, "--no-config"], self._uv_environ(), _UV_LIMIT)

    def uv_on_part(self, *arguments: str) -> Ended:
        """Run uv on the pip part.

        Raises:
            ServiceUnreachable: an index or another address did not answer.
        """
        options = ["--prerelease", "allow"] if self.part.prereleases else []
        options += ["--no-index"] if not self.part.indexes else []
        for place in self.part.find_links:
            options += ["--find-links", place]
        ended = self.uv(*arguments, *options)
        if ended.status and any("error sending request" in line for line in ended.last_lines):
            raise ServiceUnreachable(
                "An address that the environment needs cannot be reached.",
                input=self.input,
                fix=f"Correct it in environment-base, or {self._way_out}.",
                said="\n".join(["", *ended.last_lines]),
            )
        return ended

    def foreign(self, what: str, *command: str) -> Ended:
        """Run code of others, which needs nothing of ours, nor the index: it is not passed on any more."""
        self.server.close()
        environ = foreign_environ(self._workshop.environ, tuple(self._workshop.secrets))
        return self._run(what, command, environ, _IMPORT_LIMIT)

    def _uv_environ(self) -> dict[str, str]:
        *first, last = self.part.indexes or [""]
        settings = {
            # Of equal versions uv takes the one of the index that comes first; the default index comes last.
            "UV_INDEX": " ".join(first),
            "UV_DEFAULT_INDEX": last,
            "UV_FIND_LINKS": self._machine_links() if self.part.of_machine else "",
            # Of its own: packages that are built here could change what later runs find in a shared one.
            "UV_CACHE_DIR": str(self.directory / "cache"),
            "UV_CREDENTIALS_DIR": str(
                self.directory
            ),  # else a lock file of uv's stays in the user's home
            "UV_INDEX_STRATEGY": "unsafe-best-match",  # as pip takes the best file of all indexes
            # Longer than the private index may take to answer us, repetitions and all but the last.
            "UV_HTTP_TIMEOUT": self._found.get("UV_HTTP_TIMEOUT", "180"),  # seconds
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_NO_PROGRESS": "1",
            "NO_COLOR": "1",
        }
        kept = {name: value for name, value in self._found.items() if name not in _REPLACED}
        without = dict.fromkeys(
            ("NO_PROXY", "no_proxy"), f"{_no_proxy(kept)},127.0.0.1".lstrip(",")
        )
        return {**kept, **without, **{name: value for name, value in settings.items() if value}}

    def _machine_links(self) -> str:
        places = self._found.get("UV_FIND_LINKS", "").split(",")
        return ",".join(
            place for place in places if not any(form in place for form in self._workshop.secrets)
        )

    def _with_local_files(self, text: str, line: PipLine, results: Sequence[Result]) -> str:
        """The text with the URL of a wheel of ours, or the name of one that is not published, replaced by an address at
        which this machine's wheel is."""
        target = line.target
        for result in results:
            if result.outcome == "built" and target and target.name == result.wheel.canonical_name:
                extras = f"[{','.join(target.extras)}]" if target.extras else ""
                address = self.server.add(result.wheel.path, result.requirement)
                address += f"#sha256={result.wheel.sha256}" if line.is_hashed else ""
                return f"{target.name}{extras} @ {address}" + (
                    f" ; {target.marker}" if target.marker else ""
                )
            place = re.search(rf"{re.escape(result.url)}(?=$|[#\s;])", text) if result.url else None
            if not place:
                continue
            if result.sha256 != result.wheel.sha256:
                raise DoesNotResolve(
                    f"The environment cannot be checked: {result.title} is not the file that this run has.",
                    input=self.input,
                    fix=f"Raise the version, or {self._way_out}.",
                )
            return (
                text[: place.start()]
                + self.server.add(result.wheel.path, result.url)
                + text[place.end() :]
            )
        return text

    def _run(
        self, what: str, command: Sequence[str], environ: Mapping[str, str], limit: float
    ) -> Ended:
        try:
            environ = {**environ, **self._temporary}
            ended = self._children.run(command, environ, directory=self.directory, limit=limit)
        except subprocess.TimeoutExpired:
            raise self._failure(
                f"{what} did not end within {limit / 60:g} minutes.",
                input=self.input,
                fix=f"See in the log what it waits for, or {self._way_out}.",
            ) from None
        except Interrupted:
            if self.server.failure:
                raise self.server.failure from None
            raise
        if self.server.failure:
            raise self.server.failure
        return replace(ended, last_lines=tuple(map(self.server.with_real_names, ended.last_lines)))


def _uv_settings(workshop: Workshop) -> dict[str, str]:
    """The environment of uv, whose children are foreign: no value that holds a secret of the run."""
    secrets = tuple(workshop.secrets)
    environ = installer_environ(workshop.environ, secrets)
    found = locked_uv_environ(workshop.pip.without(secrets), environ)
    return {
        name: value
        for name, value in found.items()
        if not name.startswith("PIP_")
        and (name in _REPLACED or not any(form in value for form in secrets))
    }


def _machine_indexes(
    found: Mapping[str, str], server: IndexServer, secrets: Iterable[str]
) -> list[str]:
    """Those of this machine, as pip would order them; the private one has its place in the pip part."""
    forms = tuple(secrets)
    default = next((found[name] for name in _DEFAULT if found.get(name)), DEFAULT_INDEX)
    urls = [default, *(url for name in _EXTRA for url in found.get(name, "").split())]
    return [
        url
        for url in urls
        if server.reachable(url) == url and not any(form in url for form in forms)
    ]


def _no_proxy(environ: Mapping[str, str]) -> str:
    return environ.get("no_proxy") or environ.get("NO_PROXY") or ""
