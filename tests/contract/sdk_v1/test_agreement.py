"""SDK v1 and we put the same wheel into the same place, and each takes the other's for its own."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from private_wheel.__main__ import main
from sandbox import Sandbox

from .conftest import SdkV1

BLOB = "Environment/azureml-private-packages"
WheelMaker = Callable[..., Path]


class Ours:
    """Our program as a command in a terminal. `publish` gives its outputs as the terminal shows
    them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def publish(self, wheel: Path, **inputs: str) -> dict[str, str]:
        environ = {
            **os.environ,
            **self._sandbox.service_principal_environ(self._sandbox.identities.contributor),
            "INPUT_PUBLISHTO": "workspace",
            "INPUT_WORKSPACE": self._sandbox.workspace("acme-ml").short,
            "INPUT_PACKAGE": str(wheel),
            **inputs,
        }
        stdout = io.StringIO()
        assert main(environ, stdout) == 0, stdout.getvalue()
        pairs = (line.partition(": ") for line in stdout.getvalue().splitlines())
        return {name: value for name, _, value in pairs}


@pytest.fixture
def ours(public_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ours:
    monkeypatch.chdir(tmp_path)
    for name, value in public_sandbox.environ().items():
        monkeypatch.setenv(name, value)
    return Ours(public_sandbox)


@pytest.mark.parametrize("version", ["1.2.3", "1.2.3+gpu"])
def test_it_gives_our_url_for_our_wheel(
    sdk_v1: SdkV1, public_sandbox: Sandbox, ours: Ours, tiny_wheel: WheelMaker, version: str
) -> None:
    wheel = tiny_wheel(version=version)
    outputs = ours.publish(wheel)
    assert outputs["result"] == "published"
    (theirs,) = sdk_v1.add_private_pip_wheel(public_sandbox, wheel, exist_ok=True)
    assert (theirs.url, theirs.error) == (outputs["url"], "")


def test_we_recognise_its_wheel(
    sdk_v1: SdkV1, public_sandbox: Sandbox, ours: Ours, tiny_wheel: WheelMaker
) -> None:
    wheel = tiny_wheel()
    (theirs,) = sdk_v1.add_private_pip_wheel(public_sandbox, wheel)
    outputs = ours.publish(wheel)
    assert (outputs["result"], outputs["url"]) == ("identical", theirs.url)


def test_we_repair_what_it_left_behind(
    sdk_v1: SdkV1, public_sandbox: Sandbox, ours: Ours, tiny_wheel: WheelMaker
) -> None:
    wheel = tiny_wheel()
    public_sandbox.faults.add(server="blob", method="PUT", status=403)
    (broken,) = sdk_v1.add_private_pip_wheel(public_sandbox, wheel)
    assert broken.error
    outputs = ours.publish(wheel)
    stored = public_sandbox.blobs("acmemlstore", "azureml").download_blob(f"{BLOB}/{wheel.name}")
    assert stored.readall() == wheel.read_bytes()
    (theirs,) = sdk_v1.add_private_pip_wheel(public_sandbox, wheel, exist_ok=True)
    assert theirs.url == outputs["url"]
