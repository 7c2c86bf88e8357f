"""What must be masked before anything is printed: the secrets of the run, and those that the machine holds ready."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from private_wheel.azure.identity import read_system_token
from private_wheel.inputs.table import INPUTS, UNRESOLVED, Kind
from private_wheel.system.pip_configuration import PipConfiguration

_AMBIENT_SECRETS = (
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_STORAGE_KEY",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
)
# What Azure's agent gives a task of its service connections.
_AGENT_SECRET = re.compile(
    r"^ENDPOINT_AUTH_PARAMETER_.*_(SERVICEPRINCIPALKEY|SERVICEPRINCIPALCERTIFICATE|APITOKEN|IDTOKEN|ACCESSTOKEN)$"
    r"|^SYSTEM_ACCESSTOKEN$",
    re.IGNORECASE,
)
# A password, or a token that stands where the user name would; the signature of a SAS; a storage account's key.
_HELD_SECRET = re.compile(
    r"://(?:[^/@:\s]*:([^/@\s]+)|([^/@:\s]{16,}))@|[?&]sig=([^&#;\s]+)|AccountKey=([^;\s]+)",
    re.IGNORECASE,
)


def secret_values(environ: Mapping[str, str], pip: PipConfiguration) -> list[str]:
    """What must be masked before anything is printed: the secret inputs, the ambient sign-in's, and those that URLs
    and connection strings hold, also in pip's configuration, whose URLs uv repeats."""
    names = [*(row.variable for row in INPUTS if row.kind is Kind.SECRET), *_AMBIENT_SECRETS]
    names += [name for name in environ if _AGENT_SECRET.search(name)]
    values = [*(environ.get(name, "") for name in names), read_system_token(environ).value]
    for value in (*environ.values(), *pip.settings.values()):
        held = [part for parts in _HELD_SECRET.findall(value) for part in parts if part]
        values += [*held, *map(unquote, held)]
    # The name of a variable that does not exist is no secret, and the error has to name it.
    return [value for value in values if value.strip() and not UNRESOLVED.match(value.strip())]
