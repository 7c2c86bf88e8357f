"""What every test may ask for."""

from __future__ import annotations

import base64
import hashlib
import signal
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.blob.accounts import new_accounts
from sandbox.blob.azurite import Azurite

# A shell ignores it for what it starts in the background, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
WheelMaker = Callable[..., Path]


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Blob storage for all sandboxes one after the other; it starts when one of them needs it."""
    azurite = Azurite(tmp_path_factory.mktemp("azurite"), new_accounts())
    yield azurite
    azurite.stop()


@pytest.fixture
def sandbox(tmp_path: Path, azurite: Azurite) -> Iterator[Sandbox]:
    """Azure on loopback, fresh for each test."""
    with Sandbox(tmp_path / "sandbox", azurite=azurite) as sandbox:
        yield sandbox


@pytest.fixture
def tiny_wheel(tmp_path: Path) -> WheelMaker:
    """`tiny_wheel(name, version, metadata_version=…, content=…, requires=…, tag=…)` writes a wheel
    of one module."""

    def make(
        name: str = "acme-forecast",
        version: str = "1.2.3",
        *,
        metadata_version: str = "2.1",
        content: str = "ANSWER = 42\n",
        requires: Sequence[str] = (),
        tag: str = "py3-none-any",
    ) -> Path:
        module = name.replace("-", "_")
        info = f"{module}-{version}.dist-info"
        metadata = f"Metadata-Version: {metadata_version}\nName: {name}\nVersion: {version}\n"
        files = {
            f"{module}.py": content,
            f"{info}/METADATA": metadata
            + "".join(f"Requires-Dist: {requirement}\n" for requirement in requires),
            f"{info}/WHEEL": WHEEL.replace("py3-none-any", tag),
        }
        lines = [f"{path},sha256={_record_hash(text)},{len(text)}" for path, text in files.items()]
        files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""])
        file = tmp_path / f"{module}-{version}-{tag}.whl"
        with zipfile.ZipFile(file, "w") as archive:
            for path, text in files.items():
                archive.writestr(zipfile.ZipInfo(path), text)
        return file

    return make


def _record_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
