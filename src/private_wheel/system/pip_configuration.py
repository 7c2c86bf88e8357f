"""pip's configuration on this machine, read once, and what it means for uv, which does not read it.

Files, their order and their sections: https://pip.pypa.io/en/stable/topics/configuration/
uv's variables: https://docs.astral.sh/uv/reference/environment/
Standard library only: the entrypoint needs this before anything is installed.
"""

from __future__ import annotations

import configparser
import locale
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

# Where pip and uv look unless they are told otherwise.
DEFAULT_INDEX = "https://pypi.org/simple/"
# Other spellings of an option that pip accepts.
_ALIASES = {"pypi-url": "index-url", "default-timeout": "timeout"}
# uv's older names for the same thing. Whoever set one of them has told uv what to do.
_OLDER_NAMES = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}
# Settings from outside that uv keeps when it installs a lock: where packages are and how to get
# there, no more.
_HARMLESS_FOR_A_LOCK = (
    "UV_CACHE_DIR",
    "UV_DEFAULT_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_HTTP_",
    "UV_INDEX",
    "UV_INSECURE_HOST",
    "UV_KEYRING_PROVIDER",
    "UV_NATIVE_TLS",
    "UV_OFFLINE",
    "UV_SYSTEM_CERTS",
)
_TRUE = {"y", "yes", "t", "true", "on", "1"}


@dataclass(frozen=True, kw_only=True)
class PipConfiguration:
    """How `pip install` is configured on this machine. Values may hold credentials.

    `files` are the options in configuration files by their long names, `variables` those in PIP_
    variables, which override the files. `uv_index` is the default index in uv's own variables.
    """

    files: Mapping[str, str] = field(repr=False)
    variables: Mapping[str, str] = field(repr=False)
    uv_index: str = field(default="", repr=False)

    @property
    def settings(self) -> dict[str, str]:
        """The options that are in effect, by their long names."""
        return {**self.files, **self.variables}

    @property
    def no_index(self) -> bool:
        """Whether pip uses no index at all."""
        return self.settings.get("no-index", "").lower() in _TRUE

    @property
    def default_index(self) -> str:
        """The URL of the index that installers on this machine use first."""
        return self.uv_index or self.settings.get("index-url") or DEFAULT_INDEX

    def without(self, secrets: Iterable[str]) -> PipConfiguration:
        """Return the configuration without the variables that contain one of `secrets`."""
        forms = tuple(secrets)
        kept = {}
        for name, value in self.variables.items():
            if not any(form in value for form in forms):
                kept[name] = value
        return replace(self, variables=kept)


def read_pip_configuration(environ: Mapping[str, str]) -> PipConfiguration:
    """Read the configuration files that pip would read, and the variables in `environ`."""
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}}
    for file in configuration_files(environ):
        parser = _read(file)
        for section in sections.keys() & set(parser.sections()):
            for name, value in parser.items(section):
                sections[section][_option(name)] = value
    variables = {}
    for name, value in environ.items():
        if name.startswith("PIP_"):
            variables[_option(name[4:])] = value
    return PipConfiguration(
        files={**_given(sections["global"]), **_given(sections["install"])},
        variables=_given(variables),
        uv_index=environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL") or "",
    )


def _given(layer: Mapping[str, str]) -> dict[str, str]:
    """Drop empty values: for pip they are not set, and do not hide those of an earlier layer."""
    return {name: value for name, value in layer.items() if value}


def uv_environ(configuration: PipConfiguration, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that make uv look where `pip install` looks on this machine.

    They may hold credentials, so they do not belong on a command line. Variables that `environ`
    sets for uv, TLS libraries or HTTP clients are neither repeated nor overridden.
    """
    variables = {**_index_variables(configuration), **_connection_variables(configuration)}
    return {name: value for name, value in variables.items() if not _is_set(name, environ)}


def locked_uv_environ(
    configuration: PipConfiguration, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the whole environment of a uv that installs from a lock.

    It knows where the indexes are and how to reach them, and nothing that loosens the lock.
    """
    kept = {}
    for name, value in environ.items():
        if not name.startswith("UV_") or name.startswith(_HARMLESS_FOR_A_LOCK):
            kept[name] = value
    # The hashes choose the files, whichever index has them.
    strategy = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    return {**strategy, **kept, **uv_environ(configuration, environ)}


def configuration_files(environ: Mapping[str, str], platform: str = sys.platform) -> Iterator[Path]:
    """Yield every file that pip would read; later ones override. They need not exist."""
    chosen = environ.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:
        return
    name = "pip.ini" if platform == "win32" else "pip.conf"
    yield from (directory / name for directory in _global_directories(environ, platform))
    # A chosen file replaces the user's own.
    if not (chosen and Path(chosen).exists()):
        yield from (directory / name for directory in _user_directories(environ, platform))
    yield _file_of_python(environ.get("VIRTUAL_ENV", ""), name)
    if chosen:
        yield Path(chosen)


def _file_of_python(virtual_environment: str, name: str) -> Path:
    """Return the file of the virtual environment, or else of the Python that runs the program."""
    prefixes = [sys.prefix, sys.base_prefix]
    if virtual_environment:
        prefixes.insert(0, virtual_environment)
    files = [Path(prefix, name) for prefix in prefixes]
    return next((file for file in files if file.exists()), files[0])


def _global_directories(environ: Mapping[str, str], platform: str) -> Iterator[Path]:
    if platform == "win32":
        yield Path(environ.get("PROGRAMDATA") or "C:/ProgramData", "pip")
    elif platform == "darwin":
        yield Path("/Library/Application Support/pip")
    else:
        directories = environ.get("XDG_CONFIG_DIRS", "").strip() or "/etc/xdg"
        for directory in directories.split(":"):
            yield Path(directory, "pip")
        yield Path("/etc")


def _user_directories(environ: Mapping[str, str], platform: str) -> Iterator[Path]:
    if platform == "win32":
        home = Path(environ.get("USERPROFILE") or Path.home())
        yield home / "pip"
        yield Path(environ.get("APPDATA") or home / "AppData" / "Roaming", "pip")
        return
    home = Path(environ.get("HOME") or Path.home())
    yield home / ".pip"
    if platform == "darwin":
        support = home / "Library" / "Application Support" / "pip"
        yield support if support.is_dir() else home / ".config" / "pip"
    else:
        yield Path(environ.get("XDG_CONFIG_HOME", "").strip() or home / ".config", "pip")


def _read(file: Path) -> configparser.RawConfigParser:
    """Read a file's sections; none if it is malformed, which pip itself reports."""
    parser = configparser.RawConfigParser()
    try:
        text = file.read_text(encoding=locale.getpreferredencoding(False), errors="surrogateescape")
        parser.read_string(text, source=str(file))
    except (OSError, configparser.Error):
        return configparser.RawConfigParser()
    return parser


def _option(name: str) -> str:
    option = name.lower().replace("_", "-").removeprefix("--")
    return _ALIASES.get(option, option)


def _index_variables(configuration: PipConfiguration) -> dict[str, str]:
    settings = configuration.settings
    links = [_find_link(link) for link in settings.get("find-links", "").split()]
    variables = {"UV_FIND_LINKS": ",".join(filter(None, links))}
    if configuration.no_index:
        # uv has an option for this but no variable. An index directory that does not exist holds no
        # package.
        variables["UV_DEFAULT_INDEX"] = Path(Path.cwd().anchor, "no-index").as_uri()
    else:
        variables["UV_DEFAULT_INDEX"] = settings.get("index-url", "")
        variables["UV_INDEX"] = " ".join(settings.get("extra-index-url", "").split())
    if variables.get("UV_INDEX"):
        # pip takes the best file from all indexes together. uv by default stops at the first index
        # that knows the name, and then fails where pip finds the requested version.
        variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if settings.get("keyring-provider") == "subprocess":
        variables["UV_KEYRING_PROVIDER"] = "subprocess"
    return {name: value for name, value in variables.items() if value}


def _connection_variables(configuration: PipConfiguration) -> dict[str, str]:
    settings = configuration.settings
    variables = {}
    if certificates := settings.get("cert"):
        path = Path(certificates).expanduser()
        variables["SSL_CERT_DIR" if path.is_dir() else "SSL_CERT_FILE"] = str(path)
    if client := settings.get("client-cert"):
        variables["SSL_CLIENT_CERT"] = str(Path(client).expanduser())
    if hosts := settings.get("trusted-host", "").split():
        variables["UV_INSECURE_HOST"] = " ".join(hosts)
    if proxy := settings.get("proxy"):
        variables.update(HTTP_PROXY=proxy, HTTPS_PROXY=proxy)
    if (timeout := _number(settings.get("timeout"))) is not None:
        # pip takes fractions, uv whole seconds.
        variables["UV_HTTP_TIMEOUT"] = str(max(1, round(timeout)))
    if (retries := _number(settings.get("retries"))) is not None:
        variables["UV_HTTP_RETRIES"] = str(round(retries))
    return variables


def _find_link(link: str) -> str | None:
    """Return a find-links value for uv, or None if pip would skip it as missing."""
    address = urlsplit(link)
    if address.scheme == "file":
        # Imported here, because it brings http and ssl with it, which few runs need.
        from urllib.request import url2pathname

        return link if Path(url2pathname(address.path)).exists() else None
    # A single letter is a Windows drive.
    if len(address.scheme) > 1:
        return link
    path = Path(link).expanduser()
    return str(path) if path.exists() else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < 1e6 else None


def _is_set(name: str, environ: Mapping[str, str]) -> bool:
    names = (name, _OLDER_NAMES.get(name, name), name.lower())
    return any(environ.get(name) for name in names)
