"""How this machine reaches the package registries, written down for another one.

It covers what leads to a registry: addresses, proxies, credentials and certificate authorities.
It leaves out package directories on this machine's own disk.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from private_wheel.system.pip_configuration import read_pip_configuration

_APT_OPTIONS = ("Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::Retries")
_PIP_SETTINGS = (
    "cert",
    "client-cert",
    "extra-index-url",
    "index-url",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
)
_NPM_SETTINGS = (
    "ca",
    "cafile",
    "https-proxy",
    "noproxy",
    "proxy",
    "registry",
    "strict-ssl",
)
_VARIABLES = (
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "node_extra_ca_certs",
    "ssl_cert_file",
    "uv_default_index",
    "uv_extra_index_url",
    "uv_index",
    "uv_index_url",
    "uv_insecure_host",
    "uv_native_tls",
    "uv_system_certs",
)
_NETWORK_FILES = ("/etc/hosts", "/etc/resolv.conf")
_NPMRC = "/etc/npmrc"


@dataclass(frozen=True, kw_only=True)
class Registries:
    """The registries' configuration in the forms that another machine needs.

    Attributes:
        debian_mirror: The address of Debian's packages; empty for debootstrap's own default.
        files: Content by absolute path on the other machine.
        variables: Environment variables for every command there.
    """

    debian_mirror: str
    files: Mapping[str, bytes]
    variables: Mapping[str, str]

    @contextmanager
    def written_to(self, root: Path) -> Iterator[None]:
        """Write the files below `root`, and undo it afterwards: they may hold credentials."""
        contents = {root / name.lstrip("/"): content for name, content in self.files.items()}
        earlier_contents = {path: path.read_bytes() for path in contents if path.is_file()}
        try:
            for path, content in contents.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)  # it may be a link that leads out of `root`
                path.write_bytes(content)
            yield
        finally:
            for path in contents:
                path.unlink(missing_ok=True)
                if path in earlier_contents:
                    path.write_bytes(earlier_contents[path])


def registries_of_this_machine() -> Registries:
    pip = pip_settings(read_pip_configuration(os.environ).settings)
    npm = npm_settings(_npm_configuration(), os.environ)
    variables = registry_variables(os.environ)
    files = {
        "/etc/apt/apt.conf.d/90registries": _apt_options(),
        "/etc/pip.conf": "\n".join(["[global]", *(f"{name} = {pip[name]}" for name in pip), ""]),
        _NPMRC: "\n".join([*(f"{name}={npm[name]}" for name in npm), ""]),
    }
    contents = {name: text.encode() for name, text in files.items()}
    for name in (*_NETWORK_FILES, *pip.values(), *npm.values(), *variables.values()):
        if name.startswith("/") and Path(name).is_file():  # a file of certificates
            contents[name] = Path(name).read_bytes()
    return Registries(
        debian_mirror=_debian_mirror(),
        files=contents,
        variables={**variables, "NPM_CONFIG_GLOBALCONFIG": _NPMRC},
    )


def pip_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """Return those of pip's settings that lead to an index on another machine."""
    kept = {}
    for name, value in settings.items():
        words = [word for word in value.split() if not word.startswith("file:")]
        if name in _PIP_SETTINGS and words:
            kept[name] = " ".join(words)
    return kept


def npm_settings(texts: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return npm's settings that lead to a registry, from its files' texts and variables.

    A later text overrides an earlier one, and a variable overrides them all.
    """
    settings = {}
    for line in "\n".join(texts).splitlines():
        name, equals, value = line.partition("=")
        name = name.strip()
        # `//host/:_authToken` and `@scope:registry` belong to registries too.
        if equals and (name in _NPM_SETTINGS or name.startswith(("//", "@"))):
            settings[name] = os.path.expandvars(value.strip())
    for variable, value in environ.items():
        name = variable.lower().removeprefix("npm_config_").replace("_", "-")
        if variable.lower().startswith("npm_config_") and name in _NPM_SETTINGS:
            settings[name] = value
    return settings


def registry_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that lead every tool to a registry, whatever the case of their names."""
    return {name: value for name, value in environ.items() if name.lower() in _VARIABLES}


def _npm_configuration() -> Iterator[str]:
    for kind in ("globalconfig", "userconfig"):
        file = Path(_output("npm", "config", "get", kind).strip())
        if file.is_file():
            yield file.read_text(encoding="utf-8")


def _apt_options() -> str:
    lines = _output("apt-config", "dump", "Acquire").splitlines()
    kept = [line for line in lines if line.startswith(_APT_OPTIONS)]
    return "\n".join([*kept, ""])


def _debian_mirror() -> str:
    """Return where apt gets Debian's own packages here; empty if this is no Debian."""
    form = "$(ORIGIN) $(LABEL) $(REPO_URI)"
    for line in _output("apt-get", "indextargets", "--format", form).splitlines():
        words = line.split()
        if words[:2] == ["Debian", "Debian"]:
            return words[2]
    return ""


def _output(*command: str) -> str:
    """Return what the program says; empty if this machine does not have it."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603  # fixed commands
    except FileNotFoundError:
        return ""
