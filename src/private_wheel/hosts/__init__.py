"""The hosts that a run can be on: the only modules that know `::` and `##vso`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from private_wheel.hosts.azure_pipelines import AzurePipelines
from private_wheel.hosts.base import Host
from private_wheel.hosts.github import GitHub
from private_wheel.hosts.terminal import Terminal

__all__ = [
    "SECRET_VARIABLES",
    "AzurePipelines",
    "GitHub",
    "Host",
    "Terminal",
    "detect_host",
]

_CI_HOSTS = (GitHub, AzurePipelines)
# Of all hosts: a secret must not be shown because its host was not recognised.
SECRET_VARIABLES = tuple(host.secret_variables for host in _CI_HOSTS)


def detect_host(environ: Mapping[str, str], stdout: TextIO) -> Host:
    """Return the host that set `environ`; without a CI host it is a terminal."""
    for host in _CI_HOSTS:
        if host.is_current(environ):
            return host(environ, stdout)
    return Terminal(environ, stdout)
