"""Twenty files as users write them: what changes in each, and whether the tools that they are for
take the result."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

from entrypoint import executable
from private_wheel.environment.base import read_base
from private_wheel.environment.extension import Extended
from private_wheel.environment.text.definition import KEYS
from private_wheel.system.pip_configuration import read_pip_configuration, uv_environ
from sandbox import Sandbox
from scripts.set_up import VENV
from tests.contract.environment_bases import (
    CASES,
    DIRECTORY,
    INDEX,
    NAMES,
    SHA256,
    URL,
    base_of,
    extended,
    of_the_same_kind,
    pip_part,
)
from tests.git_host import git_host
from tests.sandbox.calls import upload

# The packages that the files take from repositories, each with its tag.
IN_GIT = {
    "tug-features": "v2.1.0",
    "tug-maps": "v1",
    "dredge-tools": "v1",
    "secret-soundings": "v3.2",
    "soundings-io": "3.0.1",
}
GIT_HOSTS = ("https://github.com/acme-harbour/", "ssh://git@github.com/acme-harbour/")
OFFICIAL_CLIENT = Path(__file__).with_name("ml_client_environments.py")
UV = executable(str(VENV), "uv")
PIP_READS = Path(__file__).with_name("pip_reads.py")
Case = tuple[str, str]
WheelMaker = Callable[..., Path]


def difference(before: str, after: str) -> str:
    """As `diff -U0` prints it, without the names of the files."""
    lines = list(difflib.unified_diff(before.splitlines(True), after.splitlines(True), n=0))[2:]
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def text_of(name: str) -> str:
    """The user's own file, as it is but for its line ends and its byte order mark."""
    return (DIRECTORY / name).read_bytes().decode("utf-8-sig").replace("\r\n", "\n")


def run(command: list[str | Path], **options: Any) -> str:
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, **options)
    assert ended.returncode == 0, ended.stderr
    return str(ended.stdout)


def test_there_are_twenty_and_what_is_expected_of_each() -> None:
    assert len(NAMES) == 20
    assert sorted(path.stem for path in (DIRECTORY / "expected").iterdir()) == [
        Path(name).stem for name in NAMES
    ]


@pytest.mark.parametrize("name", NAMES)
def test_what_changes(name: str) -> None:
    expected = (DIRECTORY / "expected" / f"{Path(name).stem}.diff").read_text(encoding="utf-8")
    assert difference(text_of(name), of_the_same_kind(name, extended(name))) == expected


@pytest.mark.parametrize(("name", "route"), CASES)
def test_a_second_time_changes_nothing(name: str, route: str, tmp_path: Path) -> None:
    once = extended(name, route)
    (tmp_path / name).write_text(of_the_same_kind(name, once), encoding="utf-8")
    assert extended(name, route, base=read_base(str(tmp_path / name), tmp_path)) == once


@dataclass(frozen=True, kw_only=True)
class Official:
    """The keys of azure-ai-ml's schema, what it makes of each definition, and what it gets back
    after sending it."""

    keys: list[str]
    cases: dict[Case, dict[str, Any]]


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Official:
    directory = tmp_path_factory.mktemp("definitions")
    files = {case: directory / f"{'-'.join(case)}.yml" for case in CASES}
    for case, file in files.items():
        file.write_text(extended(*case).definition, encoding="utf-8")
    with Sandbox(directory / "sandbox") as sandbox:
        sign_in = sandbox.service_principal_environ(sandbox.identities.contributor)
        names = sandbox.workspace("acme-ml").short.split("/")
        command: list[str | Path] = [
            sys.executable,
            "-W",
            "ignore",
            OFFICIAL_CLIENT,
            *names,
            *files.values(),
        ]
        found = json.loads(run(command, env={**os.environ, **sandbox.environ(), **sign_in}))
    return Official(keys=found["keys"], cases=dict(zip(files, found["files"], strict=True)))


def test_the_keys_are_those_of_the_official_client(official: Official) -> None:
    assert set(official.keys) == set(KEYS)


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_the_official_client_loads_and_registers_it(case: Case, official: Official) -> None:
    result, loaded, registered = (
        extended(*case),
        official.cases[case]["loaded"],
        official.cases[case]["registered"],
    )
    assert (loaded["name"], loaded["version"], loaded["image"]) == (
        result.name,
        "1.2.3",
        result.image,
    )
    assert loaded["conda_file"] == YAML(typ="safe").load(result.conda)
    theirs = YAML(typ="safe").load(text_of(case[0])) if base_of(case[0]).kind == "azureml" else {}
    own = {key: theirs[key] for key in ("description", "tags", "inference_config") if key in theirs}
    assert result.extra == own
    assert {
        key: loaded[key] for key in ("description", "tags", "inference_config") if loaded[key]
    } == own
    same = ("name", "image", "conda_file", "description", "tags", "inference_config")
    assert {key: registered[key] for key in same} == {key: loaded[key] for key in same}


@pytest.fixture(scope="module")
def understood(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[tuple[Case, str], list[dict[str, Any]]]:
    """What pip makes of the user's file, of requirements.txt, and of the pip part of conda.yml as
    conda gives it."""
    directory = tmp_path_factory.mktemp("requirements")
    texts = {}
    for case in CASES:
        result = extended(*case)
        texts[case, "before"] = pip_part(text_of(case[0]), base_of(case[0]).kind)
        texts[case, "requirements"] = result.requirements
        texts[case, "conda"] = pip_part(result.conda, "conda")
        texts[case, "lines"] = "\n".join(line.text for line in result.pip_lines)
    files = {key: directory / f"{number}.txt" for number, key in enumerate(texts)}
    for key, file in files.items():
        file.write_text(texts[key], encoding="utf-8")
    # In the directory of the files: one of them has "-e .".
    found = json.loads(run([sys.executable, PIP_READS, *files.values()], cwd=DIRECTORY))
    return dict(zip(files, found, strict=True))


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_pip_reads_ours_beside_what_was_there(
    case: Case, understood: dict[tuple[Case, str], list[dict[str, Any]]]
) -> None:
    after = understood[case, "requirements"]
    assert understood[case, "conda"] == understood[case, "lines"] == after
    (ours,) = [one for one in after if is_ours(one)]
    added = [one for one in after if one.get("options", {}).get("extra_index_urls") == [INDEX]]
    assert len(added) == (1 if case[1] == "feed" else 0)
    others = [one for one in understood[case, "before"] if not is_ours(one)]
    assert [one for one in after if one not in (ours, *added)] == others
    if case[1] == "feed":
        assert (ours["specifier"], ours["link"]) == ("==1.2.3", "")
    else:
        assert ours["link"] == (f"{URL}#sha256={SHA256}" if case[1] == "blob" else URL)
    with_hashes = any(one.get("hashes") for one in others) and case[1] != "blob"  # in its URL
    assert ours["hashes"] == ({"sha256": [SHA256]} if with_hashes else {})


def is_ours(one: dict[str, Any]) -> bool:
    by_name = canonicalize_name(one.get("name", "")) == "acme-forecast"
    return by_name or one.get("link", "").startswith(DIRECTORY.as_uri())


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A feed with acme-forecast 1.2.3: its index, the hash of the wheel, and the variables of a
    child that may read.

    `stand_ins` are addresses on this machine for those of hosts elsewhere.
    """

    index: str
    sha256: str
    environ: dict[str, str]
    stand_ins: dict[str, str]

    def requirements(self, result: Extended) -> str:
        """requirements.txt with the index by a variable that has the token, as an image build gets
        at it."""
        assert result.requirements.count(self.index) == 1
        text = result.requirements.replace(self.index, "${FEED}")
        for address, here in self.stand_ins.items():
            text = text.replace(address, here)
        return re.sub(
            r"^-e (?=git\+)", "", text, flags=re.MULTILINE
        )  # uv has no editable repositories


@pytest.fixture
def feed(sandbox: Sandbox, tiny_wheel: WheelMaker, tmp_path: Path) -> Feed:
    wheel = tiny_wheel()
    answer = upload(
        sandbox, wheel, sandbox.tokens.write, sandbox.feed_url("acme", "python", "ml", api="upload")
    )
    assert answer.status_code == 202
    index = sandbox.feed_url("acme", "python", "ml")
    with_token = index.replace("://", f"://any:{sandbox.tokens.read}@")
    environ = {
        **os.environ,
        **uv_environ(read_pip_configuration(os.environ), os.environ),
        **sandbox.environ(),
        "FEED": with_token,
    }
    git = {
        "GIT_CONFIG_GLOBAL": str(git_host(tmp_path / "git", IN_GIT, *GIT_HOSTS)),
        "UV_NO_GITHUB_FAST_PATH": "1",
    }
    return Feed(
        index=index,
        sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        environ={**environ, **git},
        stand_ins=stand_ins(sandbox),
    )


def stand_ins(sandbox: Sandbox) -> dict[str, str]:
    """The sandbox's public index passes on to the real one what a test has not put into it."""
    for name, version in (
        ("torch", "2.3.1+cu121"),
        ("torchvision", "0.18.1+cu121"),
        ("pyg-lib", "0.4.0"),
    ):
        sandbox.public_project(name, version)
    archive = sandbox.public_project("sounding-data", "1.0")
    public = sandbox.public_index_url
    return {
        "https://download.pytorch.org/whl/cu121": public,
        "https://pypi.acme.example/simple": public,
        "https://data.pyg.org/whl/torch-2.3.0+cpu.html": f"{public}pyg-lib/",
        "https://github.com/acme-harbour/sounding-data/archive/refs/tags/v1.tar.gz": (
            f"{sandbox.url('public-index')}/packages/{archive.name}"
        ),
    }


def test_the_pip_part_resolves(feed: Feed, tmp_path: Path) -> None:
    results = {name: extended(name, index_url=feed.index, sha256=feed.sha256) for name in NAMES}
    # No other Python is needed for it, and looking for one to download takes seconds. The address
    # of the feed may have been another sandbox's.
    options = [
        "--python",
        sys.executable,
        "--python-platform",
        "linux",
        "--refresh-package",
        "acme-forecast",
    ]
    command = [UV, "pip", "compile", "--quiet", "--no-header", "--no-annotate", *options]

    def resolve(name: str) -> str:
        file = tmp_path / f"{name}.txt"
        file.write_text(feed.requirements(results[name]), encoding="utf-8")
        return run(
            [*command, "--python-version", results[name].python_version, file], env=feed.environ
        )

    with ThreadPoolExecutor(max_workers=4) as pool:
        resolved = dict(zip(results, pool.map(resolve, results), strict=True))
    for name, lines in resolved.items():
        assert "acme-forecast==1.2.3" in lines.splitlines(), name


def test_pip_accepts_the_hash(feed: Feed, tmp_path: Path) -> None:
    """uv looks at no hash while it resolves; pip does, of every file that it would install."""
    result = extended("17-compiled-with-hashes.txt", index_url=feed.index, sha256=feed.sha256)
    file = tmp_path / "requirements.txt"
    file.write_text(feed.requirements(result), encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-cache-dir"]
    said = run([*pip, "--dry-run", "--ignore-installed", "--requirement", file], env=feed.environ)
    assert "Would install acme-forecast-1.2.3 attrs-23.2.0 idna-3.7 six-1.16.0" in said
