"""The hosts a run can be on: the only place that knows `::` and `##vso`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from private_wheel.errors import HostNotSupported
from private_wheel.hosts.base import Host
from private_wheel.hosts.github import GitHub
from private_wheel.hosts.terminal import Terminal

__all__ = ["GitHub", "Host", "Terminal", "detect_host"]


def detect_host(environ: Mapping[str, str], stdout: TextIO) -> Host:
    """The host that set `environ`.

    Raises:
        HostNotSupported: on Azure Pipelines, whose task is not built yet.
    """
    if environ.get("GITHUB_ACTIONS") == "true":
        return GitHub(environ, stdout)
    if environ.get("TF_BUILD"):
        raise HostNotSupported(
            "Azure Pipelines is not there yet in this version.",
            fix="Run the GitHub Action, or the command in a terminal.",
        )
    return Terminal(environ, stdout)
