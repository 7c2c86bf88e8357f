"""The names of the public cloud as users write them, with nothing on loopback in any input: by a
proxy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox

from .conftest import Job


@pytest.fixture
def public_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_wheel: Callable[..., Path]
) -> Iterator[Job]:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    shutil.copy(tiny_wheel(), checkout)
    monkeypatch.chdir(checkout)
    with Sandbox(tmp_path / "sandbox", public_names=True) as sandbox:
        for name, value in sandbox.environ().items():
            monkeypatch.setenv(name, value)
        yield Job(sandbox, checkout)


@pytest.mark.parametrize("scope", ["acme", "acme/ml"])
@pytest.mark.parametrize("form", ["short", "url", "legacy"])
def test_the_three_ways_to_name_a_feed(public_job: Job, scope: str, form: str) -> None:
    organisation, _, project = scope.partition("/")
    feed = {
        "short": f"{scope}/python",
        "url": f"https://pkgs.dev.azure.com/{scope}/_packaging/python/pypi/upload/",
        "legacy": f"https://acme.pkgs.visualstudio.com/{project}/_packaging/python/pypi/simple/".replace(
            "com//", "com/"
        ),
    }[form]
    outcome = public_job.run(package="*.whl", feed=feed, **public_job.workspace_inputs())
    assert outcome.status == 0, outcome.log
    assert (
        outcome.outputs["index-url"]
        == f"https://pkgs.dev.azure.com/{scope}/_packaging/python/pypi/simple/"
    )
    stored = public_job.sandbox.workspace("acme-ml").connections[organisation]
    assert stored["target"] == "https://pkgs.dev.azure.com/acme"


def test_each_token_goes_to_its_own_host(public_job: Job) -> None:
    public_job.run(package="*.whl", feed="acme/python", **public_job.workspace_inputs())
    seen = {
        server: " ".join(
            str(request.headers)
            for request in public_job.sandbox.requests
            if request.server == server
        )
        for server in ("arm", "feed", "sign-in", "storage")
    }
    assert "Bearer " in seen["arm"]
    assert "Basic " in seen["feed"]
    assert "Basic " not in seen["arm"] + seen["sign-in"] + seen["storage"]
    assert "Bearer " not in seen["feed"] + seen["sign-in"] + seen["storage"]
