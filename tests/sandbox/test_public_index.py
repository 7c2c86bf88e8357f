"""The sandbox's public index: what a test puts there, nothing of ours, and the real index behind
it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox import Sandbox
from sandbox.index.public_index import index_variables, upstream_url
from tests.sandbox.calls import call

TOOLS = {
    "pip": [sys.executable, "-m", "pip", "install", "--no-cache-dir"],
    "uv": [str(Path(sys.executable).parent / "uv"), "pip", "install", "--no-cache", "--no-config"],
}


@pytest.fixture(params=TOOLS)
def tool(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def install(
    sandbox: Sandbox, tool: str, name: str, target: Path
) -> subprocess.CompletedProcess[str]:
    """With no index but the sandbox's public one, and no directory of wheels that a machine may
    have."""
    environ = {**os.environ, **sandbox.environ(), "UV_DEFAULT_INDEX": sandbox.public_index_url}
    kept = {
        key: value
        for key, value in environ.items()
        if not key.endswith(("_FIND_LINKS", "_EXTRA_INDEX_URL"))
    }
    return subprocess.run(
        [*TOOLS[tool], "--target", str(target), name],
        env={**kept, "PIP_CONFIG_FILE": os.devnull},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_a_project_of_the_test(sandbox: Sandbox, tool: str, tmp_path: Path) -> None:
    sandbox.public_project("acme-forecast", "99.0")
    ended = install(sandbox, tool, "acme.Forecast", tmp_path / "target")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (tmp_path / "target" / "acme_forecast-99.0.dist-info").is_dir()


def test_other_projects_come_from_the_real_index(
    sandbox: Sandbox, tool: str, tmp_path: Path
) -> None:
    ended = install(sandbox, tool, "six", tmp_path / "target")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (tmp_path / "target" / "six.py").is_file()
    assert [(one.path, one.status) for one in sandbox.requests] == [("/simple/six/", 302)]


@pytest.mark.parametrize("name", ["acme-forecast", "acme-2", "withheld"])
def test_names_of_ours_go_nowhere(sandbox: Sandbox, tool: str, tmp_path: Path, name: str) -> None:
    sandbox.public_index.withheld.add("withheld")
    assert install(sandbox, tool, name, tmp_path / "target").returncode != 0
    assert {(one.path, one.status) for one in sandbox.requests} == {(f"/simple/{name}/", 404)}


def test_a_project_of_the_test_hides_the_real_one(
    sandbox: Sandbox, tool: str, tmp_path: Path
) -> None:
    sandbox.public_project("six", "0.1")
    assert install(sandbox, tool, "six", tmp_path / "target").returncode == 0
    assert (tmp_path / "target" / "six-0.1.dist-info").is_dir()


def test_nobody_uploads(sandbox: Sandbox) -> None:
    assert call(sandbox, "POST", sandbox.public_index_url).status_code == 405


def test_under_public_names_it_is_pypi_and_nothing_is_behind_it(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox", public_names=True) as sandbox:
        assert sandbox.public_index_url == "https://pypi.org/simple/"
        assert urlsplit(sandbox.environ()["PIP_INDEX_URL"]).hostname == "pypi.org"
        proxies = {"https": sandbox.environ()["HTTPS_PROXY"]}
        assert (
            call(sandbox, "GET", f"{sandbox.public_index_url}six/", proxies=proxies).status_code
            == 404
        )
        sandbox.public_project("six", "0.1")
        assert (
            call(sandbox, "GET", f"{sandbox.public_index_url}six/", proxies=proxies).status_code
            == 200
        )


@pytest.mark.parametrize(
    ("environ", "upstream"),
    [
        ({}, "https://pypi.org/simple/"),
        ({"PIP_INDEX_URL": "https://mirror.invalid/simple"}, "https://mirror.invalid/simple/"),
        (
            {"UV_INDEX_URL": "https://uv.invalid/simple/", "PIP_INDEX_URL": "x"},
            "https://uv.invalid/simple/",
        ),
        ({"PIP_NO_INDEX": "1"}, ""),
        ({"PIP_INDEX_URL": "file:///srv/simple"}, ""),
    ],
)
def test_the_real_index_is_the_machines(
    environ: Mapping[str, str], upstream: str, tmp_path: Path
) -> None:
    assert (
        upstream_url({"PIP_CONFIG_FILE": os.devnull, "HOME": str(tmp_path), **environ}) == upstream
    )


@pytest.mark.parametrize("told", [[], ["UV_INDEX_URL"], ["UV_DEFAULT_INDEX", "UV_INDEX_URL"]])
def test_uv_is_told_where_it_was_told_before(told: list[str]) -> None:
    environ = dict.fromkeys(told, "https://uv.invalid/simple/")
    assert index_variables("https://here.invalid/", environ).keys() == {"PIP_INDEX_URL", *told}
