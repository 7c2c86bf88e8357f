"""How the HTTP clients of a run are set up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HttpConfig:
    """What all HTTP clients of a run have in common.

    Attributes:
        ca_bundle: A file or directory of trusted certificates (PEM); if empty, certifi's.
    """

    ca_bundle: str = ""
