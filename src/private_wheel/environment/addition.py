"""What is put into an environment: the packages that were published, and the index with them."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What Azure Resource Manager accepts:
# azure-rest-api-specs, machinelearningservices, stable/2024-10-01.
ENVIRONMENT_NAME = re.compile(
    r"^(?!microsoft|azureml)[A-Za-z0-9][A-Za-z0-9_-]{0,254}\Z", re.IGNORECASE
)
# Without a login: an `@` only before a digest. https://pkg.go.dev/github.com/distribution/reference
IMAGE = re.compile(r"^[a-z0-9][A-Za-z0-9._/:-]*(?:@sha256:[0-9a-f]{64})?\Z")
# Dated: with a moving tag, later builds would use another image.
DEFAULT_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:20251130.v1"


@dataclass(frozen=True, kw_only=True)
class Package:
    """One published package.

    `line` is what pip reads: `name==version`, `name @ URL#sha256=…`, or a bare URL. `sha256` are
    the hashes of its files, for an environment whose lines have hashes. `directories` are the
    absolute paths that it was built from, because a local path in your file may mean them.
    """

    name: str
    line: str
    sha256: tuple[str, ...]
    directories: tuple[str, ...] = ()

    @property
    def canonical_name(self) -> str:
        """The name as PEP 503 normalises it."""
        from packaging.utils import canonicalize_name

        return canonicalize_name(self.name)


@dataclass(frozen=True, kw_only=True)
class Addition:
    """The packages, the index option with its URL (empty for none), and what the user asked for.

    An empty `name` or `image` leaves what your environment YAML says, an empty `python_version`
    what your file says. If that says nothing, the environment gets the first package's name,
    `DEFAULT_IMAGE` and `default_python`.
    """

    name: str
    version: str
    image: str
    python_version: str
    default_python: str
    index_option: str
    index_url: str
    packages: tuple[Package, ...]
