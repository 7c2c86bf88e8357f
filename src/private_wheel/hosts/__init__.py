"""The hosts a run can be on: the only place that knows `::` and `##vso`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from private_wheel.hosts.azure_pipelines import AzurePipelines
from private_wheel.hosts.base import Host
from private_wheel.hosts.github import GitHub
from private_wheel.hosts.terminal import Terminal

__all__ = ["AzurePipelines", "GitHub", "Host", "Terminal", "detect_host"]


def detect_host(environ: Mapping[str, str], stdout: TextIO) -> Host:
    """The host that set `environ`."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return GitHub(environ, stdout)
    if environ.get("TF_BUILD"):
        return AzurePipelines(environ, stdout)
    return Terminal(environ, stdout)
