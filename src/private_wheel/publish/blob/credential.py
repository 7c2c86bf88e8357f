"""The credential for a container: the sign-in, or the key of an emulator."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from private_wheel.errors import InvalidInputs, Problem
from private_wheel.publish.blob.address import ContainerAddress
from private_wheel.secrets.redaction import Secret

if TYPE_CHECKING:
    from private_wheel.azure.sign_in import SignIn
    from private_wheel.publish.blob.storage import Credential

_LOG = logging.getLogger(__name__)


def storage_credential(container: ContainerAddress, sign_in: SignIn, key: Secret) -> Credential:
    """Return the credential for a container.

    A key is used for an emulator on this machine alone, never for an account in Azure.

    Raises:
        InvalidInputs: The token of the sign-in must not be sent to the container's host.
    """
    from private_wheel.azure.clouds import STORAGE_SCOPE
    from private_wheel.azure.sign_in import ScopedCredential

    if key and container.on_loopback:
        return {"account_name": container.account, "account_key": key.value}
    if key:
        _LOG.info(
            "The storage key in the environment is not used:"
            " PrivateWheel signs in with Microsoft Entra."
        )
    cloud = sign_in.cloud
    # The SDK sends no token over plain http, not even to this machine.
    if not cloud.has_storage(container.host) or container.account_url.startswith("http://"):
        hosts = " or ".join(f".blob.{suffix}" for suffix in cloud.storage_suffixes)
        fix = f"Correct the host or the input cloud. Blob hosts of {cloud.name} end with {hosts}."
        if container.on_loopback:
            fix = "For an emulator, set its AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_KEY."
        problem = Problem(
            input="container",
            what=f"{container.host} is not a blob host of {cloud.name},"
            " so the token of the sign-in must not be sent to it.",
            fix=fix,
        )
        raise InvalidInputs([problem])
    return ScopedCredential(sign_in, STORAGE_SCOPE)
