"""Certificates with which applications sign in, and the check of what their keys have signed.

Source: https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone
from threading import Lock
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.x509.oid import NameOID

from sandbox.identity.accounts import Identity

_ALGORITHMS = ["RS256", "PS256"]


class ApplicationCertificates:
    """The certificates of all applications. Each is made when it is needed, which takes a while."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._registered: dict[str, list[x509.Certificate]] = {}  # client id -> its certificates

    def issue(self, identity: Identity, *, registered: bool = True) -> str:
        """Issue a certificate of the application and return it with its private key, as PEM.

        Entra knows it only if it is `registered`.
        """
        key = generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "acme-publisher")])
        now = datetime.now(timezone.utc)
        certificate = (
            x509.CertificateBuilder(
                issuer_name=name, subject_name=name, public_key=key.public_key()
            )
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=90))
            .sign(key, hashes.SHA256())
        )
        if registered:
            with self._lock:
                self._registered.setdefault(identity.client_id, []).append(certificate)
        plain = serialization.NoEncryption()
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain
        )
        return (certificate.public_bytes(serialization.Encoding.PEM) + private).decode("ascii")

    def claims(self, assertion: str, identity: Identity, audience: str) -> dict[str, Any]:
        """Return the claims of an assertion that is signed with a registered certificate.

        Raises:
            jwt.InvalidTokenError: The assertion is not valid.
        """
        header = jwt.get_unverified_header(assertion)
        with self._lock:
            registered = list(self._registered.get(identity.client_id, ()))
        known = [certificate for certificate in registered if _is_named(certificate, header)]
        if not known:
            raise jwt.InvalidSignatureError("The key was not found.")
        claims: dict[str, Any] = jwt.decode(
            assertion,
            known[0].public_key(),  # type: ignore[arg-type]  # an RSA key, as it was made above
            algorithms=_ALGORITHMS,
            audience=audience,
            issuer=identity.client_id,
            options={"require": ["exp", "iss", "sub", "aud", "jti"]},
        )
        if claims["sub"] != identity.client_id:
            raise jwt.InvalidIssuerError("The subject is not the application.")
        return claims


def _is_named(certificate: x509.Certificate, header: dict[str, Any]) -> bool:
    """Return whether the header has this certificate's thumbprint, in either of its forms."""
    algorithms: dict[str, hashes.HashAlgorithm] = {
        "x5t": hashes.SHA1(),  # noqa: S303  # RFC 7515
        "x5t#S256": hashes.SHA256(),
    }
    named = [name for name in algorithms if name in header]
    for name in named:
        thumbprint = base64.urlsafe_b64encode(certificate.fingerprint(algorithms[name])).decode()
        if thumbprint.rstrip("=") != header[name].rstrip("="):
            return False
    return bool(named)
