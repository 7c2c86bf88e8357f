"""uv's environment in a check: where packages are and how to get there, without any secret."""

from __future__ import annotations

from pathlib import Path

from private_wheel.proof.index_server import IndexServer
from private_wheel.proof.uv_part import UvPart
from private_wheel.secrets.child_environ import installer_environ
from private_wheel.system.pip_configuration import DEFAULT_INDEX, locked_uv_environ
from private_wheel.wheels.build import Workshop

_DEFAULT = ("UV_DEFAULT_INDEX", "UV_INDEX_URL")
_EXTRA = ("UV_INDEX", "UV_EXTRA_INDEX_URL")
# Variables that a check sets by itself.
_REPLACED = frozenset({*_DEFAULT, *_EXTRA, "UV_CACHE_DIR", "UV_FIND_LINKS"})
# Seconds. The private index may take nearly that long to answer us, with all repetitions.
_HTTP_TIMEOUT = "180"


class UvSettings:
    """uv's configuration on this machine, from its own variables and pip's configuration.

    uv starts foreign code, so no value that contains a secret of the run is passed on.
    """

    def __init__(self, workshop: Workshop) -> None:
        self._secrets = tuple(workshop.secrets)
        pip = workshop.pip.without(self._secrets)
        variables = locked_uv_environ(pip, installer_environ(workshop.environ, self._secrets))
        self._variables = {}
        for name, value in variables.items():
            # Of lists of addresses, only those with a secret are left out, one by one.
            if name.startswith("PIP_") or (name not in _REPLACED and self._has_secret(value)):
                continue
            self._variables[name] = value

    def indexes(self, server: IndexServer) -> list[str]:
        """Return the indexes of this machine in pip's order.

        The private one is left out: its link is in the pip part.
        """
        urls = [self._first(*_DEFAULT) or DEFAULT_INDEX]
        for name in _EXTRA:
            urls += self._variables.get(name, "").split()
        public = [url for url in urls if server.reachable(url) == url]
        return [url for url in public if not self._has_secret(url)]

    def environ(self, part: UvPart, directory: Path) -> dict[str, str]:
        """Return the environment in which uv checks `part` in `directory`."""
        *indexes, last_index = part.indexes or [""]
        own = {
            # Of equal versions uv takes that of the first index. The default index comes last.
            "UV_INDEX": " ".join(indexes),
            "UV_DEFAULT_INDEX": last_index,
            "UV_FIND_LINKS": self._find_links() if part.of_machine else "",
            # Packages that are built here could change what later runs find in a shared cache.
            "UV_CACHE_DIR": str(directory / "cache"),
            # Otherwise a lock file of uv stays in the user's home.
            "UV_CREDENTIALS_DIR": str(directory),
            # As pip, which takes the best file of all indexes.
            "UV_INDEX_STRATEGY": "unsafe-best-match",
            "UV_HTTP_TIMEOUT": self._first("UV_HTTP_TIMEOUT") or _HTTP_TIMEOUT,
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_NO_PROGRESS": "1",
            "NO_COLOR": "1",
        }
        environ = {name: value for name, value in self._variables.items() if name not in _REPLACED}
        no_proxy = f"{self._first('no_proxy', 'NO_PROXY')},127.0.0.1".lstrip(",")
        environ |= {"NO_PROXY": no_proxy, "no_proxy": no_proxy}
        return environ | {name: value for name, value in own.items() if value}

    def _find_links(self) -> str:
        links = self._variables.get("UV_FIND_LINKS", "").split(",")
        return ",".join(link for link in links if not self._has_secret(link))

    def _first(self, *names: str) -> str:
        """Return the value of the first variable that has one."""
        for name in names:
            if value := self._variables.get(name):
                return value
        return ""

    def _has_secret(self, value: str) -> bool:
        return any(form in value for form in self._secrets)
