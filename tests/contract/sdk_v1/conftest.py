"""SDK v1, ready to be called as its users call it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.blob.azurite import Azurite

from .environment import Unavailable, sdk_python

CLIENT = Path(__file__).with_name("client.py")


@dataclass(frozen=True, kw_only=True)
class Added:
    """What came of one call: the wheel's URL, or the error with its kind."""

    url: str
    error: str


@dataclass(frozen=True, kw_only=True)
class SdkV1:
    """`Environment.add_private_pip_wheel` in a process of its own, through the sandbox's proxy."""

    python: Path
    home: Path

    def add_private_pip_wheel(
        self,
        sandbox: Sandbox,
        *wheels: Path,
        exist_ok: bool = False,
        who: str = "contributor",
        workspace: str = "acme-ml",
    ) -> list[Added]:
        """One call for each wheel, one after the other."""
        token = sandbox.access_tokens.issue(getattr(sandbox.identities, who), sandbox.url("arm"))
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AZUREML_", "PYTHON"))
        }
        # It writes the services that it discovered into a file there, and remembers them for later
        # runs.
        homes = dict.fromkeys(("HOME", "USERPROFILE"), str(self.home))
        names = sandbox.workspace(workspace).short.split("/")
        done = subprocess.run(
            [self.python, "-W", "ignore", CLIENT, *names, "exist_ok" if exist_ok else "", *wheels],
            cwd=self.home,
            env={**kept, **sandbox.environ(), **homes, "AZUREML_TOKEN": token},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [Added(**result) for result in json.loads(done.stdout)]


@pytest.fixture
def sdk_v1(tmp_path: Path) -> SdkV1:
    home = tmp_path / "home"
    home.mkdir()
    try:
        return SdkV1(python=sdk_python(), home=home)
    except Unavailable as reason:
        pytest.skip(f"SDK v1 cannot be installed here: {reason}")


@pytest.fixture
def public_sandbox(tmp_path: Path, azurite: Azurite) -> Iterator[Sandbox]:
    """Under the names of the public cloud: the SDK takes a storage account's name from its host."""
    with Sandbox(tmp_path / "sandbox", public_names=True, azurite=azurite) as sandbox:
        yield sandbox
