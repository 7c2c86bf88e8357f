"""What is in the packages that are published: all that runs, and nothing else."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from private_wheel import __version__
from scripts.metadata.names import Edition
from scripts.metadata.task_json import task_json
from scripts.set_up import ROOT

LARGEST = 400 * 1024  # bytes
# What the tool adds to every package.
OF_THE_FORMAT = {"[Content_Types].xml", "extension.vsixmanifest", "extension.vsomanifest"}
BESIDE_THE_TASK = {"icon.png", "overview.md"}
LOCKS = {"requirements/installer.txt", "requirements/runtime.txt"}
OF_THE_TASK = {"LICENSE", "entrypoint.py", "icon.png", "launch.js", "task.json", *LOCKS}
UNWANTED = re.compile(
    r"(^|/)(tests?|sandbox|bench|docs|examples|node_modules|__pycache__|\.[^/]*)(/|$)|\.(pyc|map)$",
    re.IGNORECASE,
)


@pytest.fixture(params=Edition, ids=lambda edition: str(edition.value))
def edition(request: pytest.FixtureRequest) -> Edition:
    chosen: Edition = request.param
    return chosen


@pytest.fixture
def files(packages: dict[Edition, Path], edition: Edition) -> dict[str, bytes]:
    with zipfile.ZipFile(packages[edition]) as package:
        assert package.testzip() is None
        return {
            member.filename: package.read(member)
            for member in package.infolist()
            if not member.is_dir()
        }


@pytest.fixture
def manifest(files: dict[str, bytes]) -> Any:
    """The one that the service reads; the tool makes it of vss-extension.json."""
    return json.loads(files["extension.vsomanifest"])


def test_size(packages: dict[Edition, Path], edition: Edition) -> None:
    assert packages[edition].stat().st_size < LARGEST


def test_nothing_but_what_runs(files: dict[str, bytes]) -> None:
    sources = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "src").rglob("*") if path.is_file()
    }
    sources = {name for name in sources if "__pycache__" not in name}
    assert all(name.endswith((".py", "py.typed")) for name in sources)
    task = {f"task/{name}" for name in OF_THE_TASK | sources}
    assert set(files) == OF_THE_FORMAT | BESIDE_THE_TASK | task
    unwanted = re.compile(
        r"(^|/)(tests?|sandbox|bench|docs|examples|node_modules|__pycache__|\.[^/]*)(/|$)|\.(pyc|map)$"
    )
    assert not [name for name in files if unwanted.search(name)]


def test_files_are_those_of_the_checkout(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        if name.startswith("task/") and name != "task/task.json":
            assert content == (ROOT / name.removeprefix("task/")).read_bytes()
    assert b"\r" not in files["task/launch.js"] + files["task/entrypoint.py"]


def test_the_task_is_that_of_the_edition(files: dict[str, bytes], edition: Edition) -> None:
    assert files["task/task.json"].decode() == task_json(edition)
    task = json.loads(files["task/task.json"])
    for handler in task["execution"].values():
        assert f"task/{handler['target']}" in files


def test_what_the_manifest_lists_is_there(files: dict[str, bytes], manifest: Any) -> None:
    (contribution,) = manifest["contributions"]
    folder = contribution["properties"]["name"]
    assert f"{folder}/task.json" in files
    listed = files["extension.vsixmanifest"].decode()
    paths = re.findall(r'<Asset [^>]*Path="([^"]+)"', listed)
    assert paths
    for path in paths:
        name = path.lstrip("/").replace("%20", " ")
        assert name in files or any(other.startswith(f"{name.rstrip('/')}/") for other in files), (
            path
        )


def test_versions_are_one(
    files: dict[str, bytes], packages: dict[Edition, Path], edition: Edition
) -> None:
    told = json.loads(files["task/task.json"])["version"]
    version = f"{told['Major']}.{told['Minor']}.{told['Patch']}"
    assert __version__.startswith(version)
    assert f'Version="{version}"' in files["extension.vsixmanifest"].decode()
    assert packages[edition].name == f"private-wheel.{edition.value}-{version}.vsix"


def test_pages_are_not_empty(files: dict[str, bytes]) -> None:
    """The Marketplace shows the overview alone."""
    assert len(files["overview.md"].decode()) > 1000
    links = re.findall(r"\]\(([^)]+)\)", files["overview.md"].decode())
    assert not [
        link for link in links if not re.match(r"https://|#", link)
    ]  # others lead nowhere there


def test_icons(files: dict[str, bytes]) -> None:
    for name, size in {"icon.png": 128, "task/icon.png": 32}.items():
        assert files[name].startswith(b"\x89PNG\r\n\x1a\n")
        width, height = (
            int.from_bytes(files[name][place : place + 4], "big") for place in (16, 20)
        )
        assert (width, height) == (size, size)


def test_the_real_one_is_public(manifest: Any, files: dict[str, bytes], edition: Edition) -> None:
    flags = re.search(
        r"<GalleryFlags>([^<]*)</GalleryFlags>", files["extension.vsixmanifest"].decode()
    )
    assert ("Public" in (flags[1].split() if flags else [])) == (edition is Edition.REAL)
