"""How the run's HTTP clients are set up, read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HttpConfig:
    """What all HTTP clients of a run have in common.

    Attributes:
        ca_bundle: A file or directory of trusted certificates (PEM); if empty, certifi's.
    """

    ca_bundle: str = ""


def read_http_config(environ: Mapping[str, str]) -> HttpConfig:
    """Read the variables that requests and curl read."""
    ca_bundle = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE") or ""
    return HttpConfig(ca_bundle=ca_bundle)
