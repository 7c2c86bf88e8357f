"""What a child process may see: the environment without credentials, and without the files of the host."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# Names under which CI hosts, Azure's tools and package tools carry credentials. A name that merely looks like one
# is dropped too: a build that misses a variable fails loudly, a leaked token does not.
_SECRET_NAME = re.compile(
    r"""
      ^(INPUT|ENDPOINT|SECRET|SECUREFILE|VSTS|ACTIONS|TWINE|UV_PUBLISH|ARM_CLIENT|AZURE_CLIENT|AZURE_FEDERATED)_
    | (^|_)(AUTH|AUTHORIZATION|PAT|SAS|PASS|PASSWD)(_|$) | ^GIT_CONFIG_ | (?<!^)(?<!OLD)PWD$
    | (TOKENS?|SECRETS?|PASSWORDS?|PASSPHRASE|CREDENTIALS?)(_|$)
    | (ACCESS|API|ACCOUNT|STORAGE|PRIVATE|SIGNING|SERVICEPRINCIPAL)_?KEY
    | ACCESSTOKEN | SYSTEM_OIDC | CONNECTION_?STRING | ^AZURE_CONFIG_DIR$ | ^IDENTITY_HEADER$ | ^SSH_AUTH_SOCK$
    """,
    re.IGNORECASE | re.VERBOSE,
)
# The files and pipes by which a step talks to its host: whoever can write them can set outputs and PATH.
_HOST_FILE = re.compile(r"^GITHUB_(ENV|PATH|OUTPUT|STATE|STEP_SUMMARY|EVENT_PATH)$", re.IGNORECASE)
# Variables whose value is a credential for certain; a copy of it under another name is one too.
_SECRET_VALUE = re.compile(r"(TOKEN|SECRET|PASSWORD|PAT|STORAGE_KEY|ACCOUNT_KEY)$", re.IGNORECASE)
_ACCOUNT_KEY = re.compile(r"AccountKey=([^;\s]+)", re.IGNORECASE)
_SHORTEST_COPY = 8
# Read by our own sign-in, in this process, before any child starts.
_KEPT_FOR_SIGN_IN = frozenset({"AZURE_CONFIG_DIR", "IDENTITY_HEADER"})


def public_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of our own process, which a child could read in /proc: neither what carries a credential by its
    name, nor a copy of such a one, nor the host's files."""
    secrets = {value.strip() for name, value in environ.items() if _SECRET_VALUE.search(name)}
    secrets |= {key for value in environ.values() for key in _ACCOUNT_KEY.findall(value)}
    secrets = {secret for secret in secrets if len(secret) >= _SHORTEST_COPY}
    return {
        name: value
        for name, value in environ.items()
        if name in _KEPT_FOR_SIGN_IN
        or not (
            _SECRET_NAME.search(name)
            or _HOST_FILE.search(name)
            or any(secret in value for secret in secrets)
        )
    }


def foreign_environ(environ: Mapping[str, str], secrets: Iterable[str] = ()) -> dict[str, str]:
    """The environment of foreign code: also without any value that holds a credential.

    `secrets` are the values, with their derived forms, that may not occur inside any value.
    """
    # Here, because the entrypoint needs only `public_environ`, and needs it fast.
    from private_wheel.secrets.detection import holds_credential

    forbidden = tuple(secrets)
    foreign = {}
    for name, value in public_environ(environ).items():
        is_secret = holds_credential(value) or any(form in value for form in forbidden)
        if name not in _KEPT_FOR_SIGN_IN and not is_secret:
            foreign[name] = value
    return foreign


_INSTALLER = re.compile(r"^(PIP_|UV_(?!PUBLISH_))|_PROXY$", re.IGNORECASE)


def installer_environ(environ: Mapping[str, str], secrets: Iterable[str] = ()) -> dict[str, str]:
    """The environment of the build's installer: that of foreign code, and the settings of package indexes and proxies.

    Those may hold the machine's own credentials for reading packages, which an installer cannot do without.
    """
    forbidden = tuple(secrets)
    settings = {
        name: value
        for name, value in environ.items()
        if _INSTALLER.search(name) and not any(form in value for form in forbidden)
    }
    return {**foreign_environ(environ, forbidden), **settings}
