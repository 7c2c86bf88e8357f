"""Repositories of Python packages on this machine, under the addresses of Git hosts elsewhere."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_IDENTITY = (
    "-c",
    "user.name=tests",
    "-c",
    "user.email=tests@localhost",
    "-c",
    "commit.gpgsign=false",
)
# The same content is the same commit then.
_MOMENT = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "2026-01-01T00:00:00Z")
_PROJECT = """\
[build-system]
requires = ["flit_core>=3.9"]
build-backend = "flit_core.buildapi"

[project]
name = "{name}"
version = "1.0"
description = "In Git."
"""


def git_host(directory: Path, tags: Mapping[str, str], *addresses: str) -> Path:
    """Make a repository for each package, with its one commit on `main` and tagged, and return the
    `.gitconfig` with which Git finds it below each of `addresses`, which end with a slash."""
    for name, tag in tags.items():
        source = directory / name
        source.mkdir(parents=True)
        (source / "pyproject.toml").write_text(_PROJECT.format(name=name), encoding="utf-8")
        (source / f"{name.replace('-', '_')}.py").write_text("", encoding="utf-8")
        _git("init", "--initial-branch=main", "--object-format=sha1", directory=source)
        for command in (["add", "."], ["commit", "--message=all"], ["tag", tag]):
            _git(*command, directory=source)
        _git("clone", "--bare", name, f"{name}.git", directory=directory)
    configuration = directory / ".gitconfig"
    found_at = "".join(f"insteadOf = {address}\n" for address in addresses)
    configuration.write_text(f'[url "{directory.as_uri()}/"]\n{found_at}', encoding="utf-8")
    return configuration


def _git(command: str, *arguments: str, directory: Path) -> None:
    quiet = [] if command in ("add", "tag") else ["--quiet"]
    git = ["git", *_IDENTITY, command, *quiet, *arguments]
    subprocess.run(git, cwd=directory, env={**os.environ, **_MOMENT}, check=True)
