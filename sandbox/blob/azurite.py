"""Azurite, Microsoft's emulator of blob storage, as a process that ends together with this one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from sandbox.network.certificates import Authority

if TYPE_CHECKING:
    from azure.storage.blob import BlobServiceClient

HOST = "127.0.0.1"
SECONDS_TO_START = 60.0
_PROGRAM = Path(__file__).with_name("azurite") / "start.js"
_PACKAGE = _PROGRAM.with_name("node_modules") / "azurite"
_LISTENS = re.compile(r"successfully listens on https://[^:]+:(\d+)")


class AzuriteError(Exception):
    """Azurite is not installed, or did not start."""


class Azurite:
    """Blob storage alone, over https on loopback. It starts when it is first needed.

    Args:
        directory: For its certificate and its log.
        accounts: Names with their keys in base64.
        in_memory: If False, blobs are in files below `directory`, for large ones.
    """

    def __init__(
        self, directory: Path, accounts: Mapping[str, str], *, in_memory: bool = True
    ) -> None:
        self.accounts = dict(accounts)
        self.authority_file = directory / "azurite-authority.pem"
        self._directory = directory
        self._in_memory = in_memory
        self._lock = RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def port(self) -> int:
        self.start()
        return self._port

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers.

        Raises:
            AzuriteError: It is not installed, or does not start.
        """
        with self._lock:
            if self._process is None:
                self._process = self._spawn()
                try:
                    self._port = self._wait_for_port(self._process)
                except BaseException:
                    self.stop()
                    raise

    def stop(self) -> None:
        with self._lock:
            process, self._process = self._process, None
            if process is None:
                return
            if process.stdin is not None:
                process.stdin.close()  # start.js ends with it
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def reset(self) -> None:
        """Delete all containers of all accounts."""
        for account in self.accounts:
            with self.service(account) as service:
                for container in service.list_containers():
                    service.delete_container(container)

    def service(self, account: str) -> BlobServiceClient:
        """Open an account with its key, ignoring the environment's proxy and CA file."""
        from azure.storage.blob import BlobServiceClient  # takes a quarter of a second

        return BlobServiceClient(
            f"https://{HOST}:{self.port}/{account}",
            credential={"account_name": account, "account_key": self.accounts[account]},
            connection_verify=str(self.authority_file),
            use_env_settings=False,
        )

    def _spawn(self) -> subprocess.Popen[bytes]:
        node = shutil.which("node")
        if node is None or not _PACKAGE.is_dir():
            raise AzuriteError("Azurite is not installed. Run make tools.")
        self._directory.mkdir(parents=True, exist_ok=True)
        authority = Authority([HOST, "localhost"])
        authority.write_own(self.authority_file)
        certificate, key = authority.write_server_files(self._directory)
        persistence = ["--inMemoryPersistence"]
        if not self._in_memory:
            persistence = ["--location", os.fspath(self._directory)]
        identity = ["--cert", os.fspath(certificate), "--key", os.fspath(key)]
        options = ["--oauth", "basic", "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
        accounts = ";".join(f"{name}:{value}" for name, value in self.accounts.items())
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith("AZURITE_")
        }
        with self._log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603  # no shell, and no argument from outside
                [
                    node,
                    _PROGRAM,
                    "--blobHost",
                    HOST,
                    "--blobPort",
                    "0",
                    *options,
                    *persistence,
                    *identity,
                ],
                cwd=self._directory,
                env={**kept, "AZURITE_ACCOUNTS": accounts},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _wait_for_port(self, process: subprocess.Popen[bytes]) -> int:
        end = time.monotonic() + SECONDS_TO_START
        while process.poll() is None and time.monotonic() < end:
            if match := _LISTENS.search(self._log.read_text(encoding="utf-8", errors="replace")):
                return int(match[1])
            time.sleep(0.02)
        raise AzuriteError(
            f"Azurite did not start:\n{self._log.read_text(encoding='utf-8', errors='replace')}"
        )

    @property
    def _log(self) -> Path:
        return self._directory / "azurite.log"
