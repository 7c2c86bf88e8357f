"""Ready wheels that nobody could install are found before they are sent."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from private_wheel.errors import BrokenWheel
from private_wheel.wheels.wheel import LARGEST_METADATA, read_wheel

Members = dict[str, bytes]
INFO = "acme_forecast-1.2.3.dist-info"


def change(
    path: Path, edit: Callable[[Members], Members], compression: int = zipfile.ZIP_STORED
) -> Path:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in edit(members).items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return path


def test_a_good_wheel(tiny_wheel: Callable[..., Path]) -> None:
    wheel = read_wheel(tiny_wheel())
    assert (wheel.requirement, wheel.canonical_name, wheel.warnings) == (
        "acme-forecast==1.2.3",
        "acme-forecast",
        (),
    )


def test_what_a_wheel_is_for_and_what_can_be_imported(tiny_wheel: Callable[..., Path]) -> None:
    names = (
        "single.py", "package/__init__.py", "spaces/inner/part.py", "fast.cpython-311-x86_64-linux-gnu.so",
        "stable.abi3.so", "windows.cp311-win_amd64.pyd", "acme_forecast-1.2.3.data/purelib/pure/part.py",
        "acme_forecast-1.2.3.data/platlib/plain.so",
        # None of these is a module.
        "acme_forecast-1.2.3.data/scripts/tool.py", "acme_forecast-1.2.3.data/data/share/x.py", "acme.libs/libgomp.so",
        "data/table.csv", "stubs/part.pyi", "2nd.py", "class.py", "linked/lib.so.1", f"{INFO}/extra.py",
    )  # fmt: skip
    path = change(
        tiny_wheel(tag="cp311-abi3-manylinux_2_17_x86_64.linux_x86_64"),
        lambda members: {**members, **dict.fromkeys(names, b"")},
    )
    wheel = read_wheel(path)
    assert wheel.modules == (
        "acme_forecast", "fast", "package", "plain", "pure", "single", "spaces", "stable", "windows",
    )  # fmt: skip
    assert {str(tag) for tag in wheel.tags} == {
        "cp311-abi3-manylinux_2_17_x86_64",
        "cp311-abi3-linux_x86_64",
    }


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda members: {**members, "../evil.py": b""}, "leaves the directory"),
        (lambda members: {**members, "..\\evil.py": b""}, "leaves the directory"),
        (lambda members: {**members, "/etc/evil": b""}, "leaves the directory"),
        (
            lambda members: {
                name: text for name, text in members.items() if not name.endswith("WHEEL")
            },
            "WHEEL is missing",
        ),
        (
            lambda members: {
                name: text for name, text in members.items() if not name.endswith("RECORD")
            },
            "RECORD is missing",
        ),
        (
            lambda members: {
                name: text for name, text in members.items() if not name.endswith("METADATA")
            },
            "METADATA",
        ),
        (
            lambda members: {name.replace("1.2.3", "9.9"): text for name, text in members.items()},
            "is not the directory of",
        ),
        (lambda members: {**members, "other-1.0.dist-info/METADATA": b""}, "2 METADATA files"),
        (
            lambda members: {**members, f"{INFO}/METADATA": b"\n" * (LARGEST_METADATA + 1)},
            "METADATA of",
        ),
        (
            lambda members: {**members, f"{INFO}/METADATA": b"Name: other\nVersion: 1.2.3\n"},
            "metadata",
        ),
    ],
)
def test_what_is_not_sent(
    tiny_wheel: Callable[..., Path], edit: Callable[[Members], Members], words: str
) -> None:
    path = change(tiny_wheel(), edit, zipfile.ZIP_DEFLATED)
    with pytest.raises(BrokenWheel) as caught:
        read_wheel(path)
    assert words in str(caught.value)


def test_a_corrupt_member(tiny_wheel: Callable[..., Path]) -> None:
    path = change(tiny_wheel(), lambda members: members, zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    start = content.index(f"{INFO}/METADATA".encode()) + len(f"{INFO}/METADATA")
    content[start : start + 20] = b"\xff" * 20
    path.write_bytes(content)
    with pytest.raises(BrokenWheel):
        read_wheel(path)


@pytest.mark.parametrize("content", [b"", b"not a zip file"])
def test_no_zip_at_all(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "acme_forecast-1.2.3-py3-none-any.whl"
    path.write_bytes(content)
    with pytest.raises(BrokenWheel):
        read_wheel(path)


@pytest.mark.parametrize(
    "name", ["acme.whl", "acme_forecast-1.2.3-py3-none-any .whl", "acme-1.0-py3-none-any\n.whl"]
)
def test_a_file_name_that_is_none(tiny_wheel: Callable[..., Path], name: str) -> None:
    path = tiny_wheel()
    with pytest.raises(BrokenWheel):
        read_wheel(path.rename(path.with_name(name)))


def test_a_link_is_not_followed(tiny_wheel: Callable[..., Path], tmp_path: Path) -> None:
    folder = tmp_path / "linked"
    folder.mkdir()
    link = folder / "acme_forecast-1.2.3-py3-none-any.whl"
    link.symlink_to(tiny_wheel())
    with pytest.raises(BrokenWheel, match="not a regular file"):
        read_wheel(link)
