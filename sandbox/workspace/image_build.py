"""What Azure ML's image build does with the pip section of an environment, on this machine."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from ruamel.yaml import YAML

from sandbox.workspace.workspace import Workspace

_INDEX_OPTION = re.compile(
    r"(?P<option>-i|--index-url|--extra-index-url)(?P<between>\s*=\s*|\s+)(?P<url>\S+)"
)
# A wheel by its URL, bare or after "name @"; what follows, such as "#sha256=…", is kept.
_WHEEL_URL = re.compile(r"^(?P<before>\s*|[^#]*?@\s*)(?P<url>https://[^\s?#]+\.whl)(?=[#\s;]|$)")
PAT_USER = "azureml"  # Azure Artifacts takes any user name with a token


class ImageBuildError(Exception):
    """The build failed; the text is what the build log would show."""


@dataclass(frozen=True, kw_only=True)
class BuiltImage:
    """The environment, and what the build printed."""

    python: Path  # of the virtual environment
    output: str


def build_image(
    conda_file: Path,
    workspace: Workspace,
    directory: Path,
    environ: Mapping[str, str],
    *,
    sign: Callable[[str], str] = lambda url: url,
) -> BuiltImage:
    """Install the file's pip section into a new virtual environment of the running Python.

    The conda packages are left out.
    Source: https://learn.microsoft.com/azure/machine-learning/v1/how-to-use-private-python-packages

    Args:
        conda_file: The environment file.
        workspace: Has the connections of the indexes.
        directory: The virtual environment.
        environ: Of the child. Credentials are added to it: they are in no argument and no file.
        sign: Returns the signed URL of a wheel in our storage, and any other URL as it is.

    Raises:
        ImageBuildError: The build failed.
    """
    requirements, credentials = _with_credentials(pip_section(conda_file), workspace.connections)
    requirements, links = _with_signed_urls(requirements, sign)
    credentials |= links
    with_pip = importlib.util.find_spec("pip") is None
    options = [] if with_pip else ["--without-pip"]
    make = [sys.executable, "-m", "venv", *options, os.fspath(directory)]
    _run(make, environ, conda_file.parent)
    python = directory / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [os.fspath(python), "-m", "pip"]
    if not with_pip:
        pip = [sys.executable, "-m", "pip", "--python", os.fspath(python)]
    # Not the developer's own credentials: an image build has none of them.
    child = {**environ, **credentials, "NETRC": os.devnull, "PIP_KEYRING_PROVIDER": "disabled"}
    child.pop("PIP_NO_INPUT", None)
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "requirements.txt"
        file.write_text("\n".join(requirements) + "\n", encoding="utf-8")
        install = [*pip, "install", "--disable-pip-version-check", "--requirement", str(file)]
        output = _run(install, child, conda_file.parent)
    return BuiltImage(python=python, output=output)


def pip_section(conda_file: Path) -> list[str]:
    """Return the lines that conda passes to pip as a requirements file."""
    content = YAML(typ="safe").load(conda_file)
    lines: list[str] = []
    for dependency in content["dependencies"]:
        if isinstance(dependency, dict):
            lines += map(str, dependency.get("pip", ()))
    return lines


def serving_connection(url: str, connections: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the name of the connection whose target is closest to the URL.

    Source: Azure/azure-sdk-for-python#22441

    Raises:
        ImageBuildError: Two have the same target (MicrosoftDocs/azure-docs#114975).
    """
    index = urlsplit(url)
    lengths = {
        name: len(_segments(urlsplit(stored["target"])))
        for name, stored in connections.items()
        if stored["category"] == "PythonFeed" and _covers(urlsplit(stored["target"]), index)
    }
    closest = [name for name, length in lengths.items() if length == max(lengths.values())]
    if len(closest) > 1:
        raise ImageBuildError("Unique workspace connection not available for specified target")
    return closest[0] if closest else None


def _covers(target: SplitResult, index: SplitResult) -> bool:
    same_host = (target.scheme, target.hostname, target.port) == (
        index.scheme,
        index.hostname,
        index.port,
    )
    prefix = _segments(target)
    return same_host and _segments(index)[: len(prefix)] == prefix


def _segments(url: SplitResult) -> list[str]:
    return [segment for segment in url.path.split("/") if segment]


def _with_credentials(
    lines: list[str], connections: Mapping[str, Mapping[str, Any]]
) -> tuple[list[str], dict[str, str]]:
    """Replace each served index URL by ${VARIABLE}; return the lines and the variables."""
    variables: dict[str, str] = {}

    def replaced(match: re.Match[str]) -> str:
        name = serving_connection(match["url"], connections)
        login = _login(connections[name]) if name else None
        if login is None:
            return match[0]
        variable = f"WORKSPACE_INDEX_{len(variables)}"
        variables[variable] = match["url"].replace("://", f"://{login}@", 1)
        return f"{match['option']}{match['between']}${{{variable}}}"

    return [_INDEX_OPTION.sub(replaced, line) for line in lines], variables


def _with_signed_urls(
    lines: list[str], sign: Callable[[str], str]
) -> tuple[list[str], dict[str, str]]:
    """Replace each URL that `sign` knows by ${VARIABLE}; return the lines and the variables."""
    variables: dict[str, str] = {}

    def replaced(match: re.Match[str]) -> str:
        signed = sign(match["url"])
        if signed == match["url"]:
            return match[0]
        variable = f"WORKSPACE_WHEEL_{len(variables)}"
        variables[variable] = signed
        return f"{match['before']}${{{variable}}}"

    return [_WHEEL_URL.sub(replaced, line) for line in lines], variables


def _login(stored: Mapping[str, Any]) -> str | None:
    credentials = stored.get("credentials") or {}
    if stored["authType"] == "PAT":
        return f"{PAT_USER}:{quote(credentials['pat'], safe='')}"
    if stored["authType"] == "UsernamePassword":
        return (
            f"{quote(credentials['username'], safe='')}:{quote(credentials['password'], safe='')}"
        )
    return None


def _run(command: list[str], environ: Mapping[str, str], directory: Path) -> str:
    ended = subprocess.run(  # noqa: S603  # no shell, and no argument from outside
        command,
        cwd=directory,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if ended.returncode != 0:
        raise ImageBuildError(ended.stdout)
    return ended.stdout
