"""The sandbox's workspace is as good as what SDK v1 can do with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sandbox import Sandbox

from .conftest import SdkV1

FOLDER = "Environment/azureml-private-packages"


def test_stores_a_wheel_in_the_workspace(
    sdk_v1: SdkV1, public_sandbox: Sandbox, tiny_wheel: Callable[..., Path]
) -> None:
    wheel = tiny_wheel()
    first, again = sdk_v1.add_private_pip_wheel(public_sandbox, wheel, wheel, exist_ok=True)
    expected = f"https://acmemlstore.blob.core.windows.net/azureml/{FOLDER}/{wheel.name}"
    assert (first.url, first.error) == (expected, "")
    assert again == first
    stored = public_sandbox.blobs("acmemlstore", "azureml").download_blob(f"{FOLDER}/{wheel.name}")
    assert stored.readall() == wheel.read_bytes()
    assert list(public_sandbox.workspace("acme-ml").artifacts) == [wheel.name]


def test_takes_a_name_only_once(
    sdk_v1: SdkV1, public_sandbox: Sandbox, tiny_wheel: Callable[..., Path]
) -> None:
    wheel = tiny_wheel()
    first, again = sdk_v1.add_private_pip_wheel(public_sandbox, wheel, wheel)
    assert first.url
    assert f"A wheel with the name {wheel.name} already exists." in again.error


def test_gives_the_url_of_bytes_that_never_arrived(
    sdk_v1: SdkV1, public_sandbox: Sandbox, tiny_wheel: Callable[..., Path]
) -> None:
    """The half of an upload that the SDK does not see again: what a better client has to repair."""
    wheel = tiny_wheel()
    public_sandbox.faults.add(server="blob", method="PUT", status=403)
    broken, again = sdk_v1.add_private_pip_wheel(public_sandbox, wheel, wheel, exist_ok=True)
    assert broken.error
    assert again.url.endswith(wheel.name)
    assert not list(public_sandbox.blobs("acmemlstore", "azureml").list_blobs())


def test_a_reader_may_not(
    sdk_v1: SdkV1, public_sandbox: Sandbox, tiny_wheel: Callable[..., Path]
) -> None:
    (refused,) = sdk_v1.add_private_pip_wheel(public_sandbox, tiny_wheel(), who="reader")
    assert "invalid status code 'Forbidden'" in refused.error
    assert not public_sandbox.workspace("acme-ml").artifacts
