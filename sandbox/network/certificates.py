"""A temporary certificate authority, and the CA file that makes a client trust it."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path

import certifi
import trustme

BUNDLE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")


class Authority:
    """Issues the one certificate of all servers of a sandbox."""

    def __init__(self, host_names: Iterable[str]) -> None:
        self._authority = trustme.CA(organization_name="PrivateWheel sandbox")
        self._certificate = self._authority.issue_cert(*host_names)

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._certificate.configure_cert(context)
        return context

    def write_server_files(self, directory: Path) -> tuple[Path, Path]:
        """Write the certificate with its chain, and its key, for a server in another process."""
        certificate, key = directory / "certificate.pem", directory / "key.pem"
        certificate.write_bytes(
            b"".join(part.bytes() for part in self._certificate.cert_chain_pems)
        )
        key.write_bytes(self._certificate.private_key_pem.bytes())
        return certificate, key

    def write_own(self, file: Path) -> Path:
        """Write this authority alone, which loads faster than the bundle."""
        file.write_bytes(self._authority.cert_pem.bytes())
        return file

    def write_bundle(self, file: Path, environ: Mapping[str, str]) -> Path:
        """Write what the machine trusts and this authority, as one PEM file."""
        parts = [source.read_bytes() for source in _trusted_files(environ)]
        parts.append(self._authority.cert_pem.bytes())
        file.write_bytes(b"\n".join(parts))
        return file


def _trusted_files(environ: Mapping[str, str]) -> list[Path]:
    named = [environ.get(variable) for variable in BUNDLE_VARIABLES]
    candidates = [*named, ssl.get_default_verify_paths().cafile, os.fspath(certifi.where())]
    files = dict.fromkeys(Path(candidate).resolve() for candidate in candidates if candidate)
    return [file for file in files if file.is_file()]
