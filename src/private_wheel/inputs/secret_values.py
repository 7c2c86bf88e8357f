"""The texts to mask before anything is printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from private_wheel.inputs.ambient import read_system_token
from private_wheel.inputs.table import INPUTS, UNRESOLVED, Kind
from private_wheel.secrets.detection import find_credentials
from private_wheel.system.pip_configuration import PipConfiguration

_AMBIENT_SECRETS = (
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_STORAGE_KEY",
)


def secret_values(
    environ: Mapping[str, str],
    pip: PipConfiguration,
    host_variables: Iterable[re.Pattern[str]],
) -> list[str]:
    """Return the secrets of the run and those that this machine holds ready.

    These are the secret inputs, the credentials of an ambient sign-in, the variables in which CI
    hosts pass secrets, and every credential within another variable or in pip's configuration,
    whose URLs uv repeats.
    """
    names = [row.variable for row in INPUTS if row.kind is Kind.SECRET]
    names += _AMBIENT_SECRETS
    for pattern in host_variables:
        names += [name for name in environ if pattern.search(name)]
    values = [environ.get(name, "") for name in names]
    values.append(read_system_token(environ).value)
    for text in (*environ.values(), *pip.settings.values()):
        values += credentials_in(text)
    # The name of a variable that does not exist is no secret, and the error has to name it.
    return [value for value in values if value.strip() and not UNRESOLVED.match(value.strip())]


def credentials_in(text: str) -> list[str]:
    """Return the credentials within a text, as they are written there and as they are used."""
    values = []
    for credential in find_credentials(text):
        unquoted = unquote(credential.secret)
        values += [credential.secret, unquoted, unquote(unquoted)]
        # A private key in one line.
        values.append(credential.secret.replace("\\n", "\n"))
    return list(dict.fromkeys(value for value in values if value))
