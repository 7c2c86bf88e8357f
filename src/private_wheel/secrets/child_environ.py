"""What a child process sees of the environment: no credentials, and no files of the host.

The entrypoint imports this module first, so it needs nothing but `re`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# Names under which CI hosts, Azure's tools and package tools carry credentials. A name that merely
# looks like one is dropped too: a build that misses a variable fails loudly, a leaked token does
# not.
_SECRET_NAME = re.compile(
    r"""
      ^(INPUT|ENDPOINT|SECRET|SECUREFILE|VSTS|ACTIONS|TWINE|UV_PUBLISH)_
    | ^(ARM_CLIENT|AZURE_CLIENT|AZURE_FEDERATED)_
    | (^|_)(AUTH|AUTHORIZATION|PAT|SAS|PASS|PASSWD)(_|$) | ^GIT_CONFIG_ | (?<!^)(?<!OLD)PWD$
    | (TOKENS?|SECRETS?|PASSWORDS?|PASSPHRASE|CREDENTIALS?)(_|$)
    | (ACCESS|API|ACCOUNT|STORAGE|PRIVATE|SIGNING|SERVICEPRINCIPAL)_?KEY
    | ACCESSTOKEN | SYSTEM_OIDC | CONNECTION_?STRING
    | ^AZURE_CONFIG_DIR$ | ^IDENTITY_HEADER$ | ^SSH_AUTH_SOCK$
    """,
    re.IGNORECASE | re.VERBOSE,
)
# The files by which a step talks to its host: whoever can write them can set outputs and PATH.
_HOST_FILE = re.compile(r"^GITHUB_(ENV|PATH|OUTPUT|STATE|STEP_SUMMARY|EVENT_PATH)$", re.IGNORECASE)
# Variables whose value is certainly a credential. A copy of it under another name is one too.
_SECRET_VALUE = re.compile(r"(TOKEN|SECRET|PASSWORD|PAT|STORAGE_KEY|ACCOUNT_KEY)$", re.IGNORECASE)
_ACCOUNT_KEY = re.compile(r"AccountKey=([^;\s]+)", re.IGNORECASE)
_SHORTEST_COPY = 8
# Our own sign-in reads these, in this process, before any child starts.
_KEPT_FOR_SIGN_IN = frozenset({"AZURE_CONFIG_DIR", "IDENTITY_HEADER"})
_INSTALLER = re.compile(r"^(PIP_|UV_(?!PUBLISH_))|_PROXY$", re.IGNORECASE)


def public_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for our own process, which a child could read in /proc.

    It lacks variables whose name is that of a credential, copies of their values, and the files of
    the host. URLs keep their logins: our own HTTP client needs that of a proxy.
    """
    copied = _certain_secrets(environ)
    public = {}
    for name, value in environ.items():
        is_private = _SECRET_NAME.search(name) or _HOST_FILE.search(name) or _holds(value, copied)
        if name in _KEPT_FOR_SIGN_IN or not is_private:
            public[name] = value
    return public


def foreign_environ(environ: Mapping[str, str], secrets: Iterable[str] = ()) -> dict[str, str]:
    """Return the environment for foreign code, in which no value holds a credential.

    Args:
        environ: The environment of the run.
        secrets: Its secrets in all their forms. A value that contains one is dropped.
    """
    # Imported here, because the entrypoint needs only `public_environ`, and needs it fast.
    from private_wheel.secrets.detection import holds_credential

    forms = tuple(secrets)
    foreign = {}
    for name, value in public_environ(environ).items():
        is_secret = name in _KEPT_FOR_SIGN_IN or holds_credential(value) or _holds(value, forms)
        if not is_secret:
            foreign[name] = value
    return foreign


def installer_environ(environ: Mapping[str, str], secrets: Iterable[str] = ()) -> dict[str, str]:
    """Return the environment for the installer of the build requirements.

    It is that of foreign code with the settings of package indexes and proxies. They may hold the
    machine's own credentials for reading packages, which an installer needs.
    """
    forms = tuple(secrets)
    visible = foreign_environ(environ, forms)
    for name, value in environ.items():
        if _INSTALLER.search(name) and not _holds(value, forms):
            visible[name] = value
    return visible


def _certain_secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    secrets = set()
    for name, value in environ.items():
        if _SECRET_VALUE.search(name):
            secrets.add(value.strip())
        secrets.update(_ACCOUNT_KEY.findall(value))
    return tuple(secret for secret in secrets if len(secret) >= _SHORTEST_COPY)


def _holds(value: str, secrets: Iterable[str]) -> bool:
    return any(secret in value for secret in secrets)
