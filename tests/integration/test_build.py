"""Building: any backend, the same bytes for the same commit, nothing left behind, and clear errors."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes import command_lines

from .conftest import Job, Outcome


def build(job: Job, package: str, **inputs: str) -> Outcome:
    return job.run(package=package, publish_to="none", **inputs)


@pytest.mark.parametrize(
    ("package", "requirement"),
    [
        ("setuptools-data", "with-data==2.0"),
        ("legacy-setup", "legacy==0.9"),
        ("flit", "flitted==3.1"),
    ],
)
def test_every_backend_builds_and_leaves_the_source_as_it_was(
    job: Job, package: str, requirement: str
) -> None:
    job.add_package(package)
    job.commit()
    outcome = build(job, package)
    assert outcome.status == 0, outcome.log
    assert outcome.outputs["requirement"] == requirement
    assert outcome.outputs["result"] == "built"
    status = subprocess.run(
        ["git", "status", "--porcelain", "--ignored"], capture_output=True, text=True, check=True
    )
    assert status.stdout == ""


def test_package_data_is_in_the_wheel_that_is_published(job: Job) -> None:
    job.add_package("setuptools-data")
    assert job.run(package="setuptools-data", **job.feed_inputs()).status == 0
    (wheel,) = (job.sandbox.directory / "feeds").rglob("*.whl")
    assert "with_data/table.csv" in zipfile.ZipFile(wheel).namelist()


@pytest.mark.parametrize("package", ["setuptools-data", "flit"])
def test_the_same_commit_gives_the_same_bytes(
    job: Job, package: str, request: pytest.FixtureRequest
) -> None:
    source = job.add_package(package)
    job.commit()
    first = build(job, package)
    usual = os.umask(0o077)
    request.addfinalizer(lambda: os.umask(usual))
    for file in source.rglob("*"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
    (source / "build").mkdir(exist_ok=True)
    shutil.rmtree(source / "build")
    second = build(job, package)
    assert first.outputs["sha256"] == second.outputs["sha256"]


def test_a_stale_build_directory_does_not_get_into_the_wheel(job: Job) -> None:
    source = job.add_package("setuptools-data")
    clean = build(job, "setuptools-data").outputs["sha256"]
    stale = source / "build" / "lib" / "removed_last_year.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    assert build(job, "setuptools-data").outputs["sha256"] == clean


@pytest.mark.parametrize(
    ("package", "code", "words"),
    [
        ("fails", "PW302", ("line 50", "the compiler is missing")),
        ("no-wheel", "PW303", ("no wheel",)),
        ("two-wheels", "PW304", ("one-1.0-py3-none-any.whl", "two-1.0-py3-none-any.whl")),
        ("broken-pyproject", "PW302", ("pyproject.toml",)),
        ("unknown-backend", "PW302", ("no_such_backend",)),
        ("unknown-requirement", "PW302", ("no such requirement",)),
    ],
)
def test_a_build_that_fails(job: Job, package: str, code: str, words: tuple[str, ...]) -> None:
    job.add_package(package)
    outcome = job.run(package=package, **job.feed_inputs())
    assert (outcome.status, len(outcome.errors)) == (3, 1), outcome.log
    assert all(word in outcome.errors[0] for word in (code, package, *words))
    assert job.sent() == []


def test_where_a_broken_project_file_is_broken(job: Job) -> None:
    job.add_package("broken-pyproject")
    assert (
        "file=broken-pyproject/pyproject.toml,line=1::" in build(job, "broken-pyproject").errors[0]
    )


def test_a_failing_backends_last_twenty_lines_are_in_the_error(job: Job) -> None:
    job.add_package("fails")
    error = build(job, "fails").errors[0]
    assert "line 50" in error
    assert "line 20%0A" not in error


def test_a_directory_without_a_project(job: Job) -> None:
    (job.checkout / "empty").mkdir()
    outcome = build(job, "empty")
    assert (outcome.status, len(outcome.errors)) == (3, 1)
    assert "PW301" in outcome.errors[0]
    assert "pyproject.toml" in outcome.errors[0]


def test_a_local_version_is_not_for_a_feed(job: Job) -> None:
    job.add_package("local-version")
    outcome = job.run(package="local-version", **job.feed_inputs())
    assert (outcome.status, len(outcome.errors)) == (3, 1)
    assert "PW306" in outcome.errors[0]
    assert "fetch-depth: 0" in outcome.errors[0]
    assert job.sent() == []
    assert build(job, "local-version").status == 0


@pytest.mark.parametrize(
    ("reference", "match_tag", "status"),
    [
        ("refs/tags/v1.2.3", "auto", 0),
        ("refs/tags/1.2.3.0", "auto", 0),
        ("refs/tags/acme_forecast-v1.2.3", "auto", 0),
        ("refs/tags/acme-forecast/1.2.3", "always", 0),
        ("refs/tags/v1.2.4", "auto", 3),
        ("refs/tags/other-v1.2.3", "auto", 3),
        ("refs/tags/release", "auto", 3),
        ("refs/tags/v1.2.4", "never", 0),
        ("refs/heads/main", "auto", 0),
        ("refs/heads/main", "always", 3),
    ],
)
def test_the_tag_and_the_version(
    wheel_job: Job, reference: str, match_tag: str, status: int
) -> None:
    outcome = wheel_job.run(
        {"GITHUB_REF": reference}, package="*.whl", match_tag=match_tag, **wheel_job.feed_inputs()
    )
    assert outcome.status == status, outcome.log
    if status:
        assert len(outcome.errors) == 1
        assert "PW305" in outcome.errors[0]
        assert wheel_job.sent() == []


def test_a_python_that_the_package_does_not_support(job: Job) -> None:
    job.add_package("setuptools-data")
    outcome = job.run(package="setuptools-data", python_version="3.9", **job.feed_inputs())
    assert (outcome.status, len(outcome.errors)) == (3, 1)
    assert all(word in outcome.errors[0] for word in ("PW307", "python-version", ">=3.10", "3.9"))
    assert job.sent() == []


def test_foreign_code_sees_no_credential_and_no_host_file(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.add_package("curious")
    for name, value in {
        "INPUT_UNKNOWN": "unknown-input",
        "AZURE_CLIENT_SECRET": "client-secret-value",
        "GITHUB_TOKEN": "github-token-value",
        "SYSTEM_ACCESSTOKEN": "system-token-value",
        "PIP_INDEX_URL_OF_OURS": "https://reader:index-password@localhost/simple/",
        "HIDDEN": f"prefix-{job.sandbox.tokens.write}-suffix",
        "WANTED_BY_THE_BUILD": "flag",
    }.items():
        monkeypatch.setenv(name, value)
    outcome = job.run(package="curious", **job.feed_inputs(), **job.workspace_inputs())
    assert outcome.status == 0, outcome.log
    seen = [line for line in outcome.log.splitlines() if "environ " in line]
    assert any("WANTED_BY_THE_BUILD=flag" in line for line in seen)
    assert any("SOURCE_DATE_EPOCH=" in line for line in seen)
    text = "\n".join(seen)
    for forbidden in (
        "unknown-input", "client-secret-value", "github-token-value", "system-token-value", "index-password",
        "HIDDEN", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "ACTIONS_ID_TOKEN", "INPUT_",
    ):  # fmt: skip
        assert forbidden not in text
    assert "input ''" in outcome.log


@pytest.mark.parametrize("variable", ["PIP_EXTRA_INDEX_URL", "UV_INDEX"])
def test_what_the_build_needs_may_come_from_a_closed_index(
    job: Job, tiny_wheel: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """The installer is given the machine's own index settings; the backend does not see them."""
    package = job.add_package("curious")
    backend = (package / "backend.py").read_text()
    (package / "backend.py").unlink()
    (package / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["closed-backend"]\nbuild-backend = "closed_backend"\n'
    )
    shutil.copy(
        tiny_wheel("closed-backend", "1.0", content=backend), job.sandbox.directory / "plain-index"
    )
    user, password = job.sandbox.plain_index_account
    url = job.sandbox.plain_index_url.replace("://", f"://{user}:{password}@")
    monkeypatch.setenv(variable, url)
    outcome = build(job, "curious")
    assert outcome.status == 0, outcome.log
    seen = [line for line in outcome.log.splitlines() if "environ " in line]
    assert not [line for line in seen if f"environ {variable}=" in line]
    assert password not in "".join(
        line for line in outcome.log.splitlines() if not line.startswith("::add-mask")
    )


def test_a_failing_preflight_ends_the_build(job: Job) -> None:
    """The error is the preflight's, not the cancelled build's, and no child is left."""
    package = job.add_package("curious")
    backend = package / "backend.py"
    backend.write_text(
        "import time\n\n\ndef build_wheel(*_):\n    print('building')\n    time.sleep(60)\n"
    )
    outcome = job.run(
        package="curious", **{**job.feed_inputs(), "feed_token": job.sandbox.tokens.expired}
    )
    assert (outcome.status, len(outcome.errors)) == (4, 1), outcome.log
    assert "PW402" in outcome.errors[0]
    assert str(package) not in command_lines()


def test_a_wheel_with_broken_metadata_is_not_sent(wheel_job: Job) -> None:
    path = next(wheel_job.checkout.glob("*.whl"))
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    metadata = "acme_forecast-1.2.3.dist-info/METADATA"
    members[metadata] += b"Requires-Dist: not a requirement !!\n"
    _write(path, members)
    outcome = wheel_job.run(package="*.whl", **wheel_job.feed_inputs())
    assert (outcome.status, len(outcome.errors)) == (3, 1)
    assert "PW308" in outcome.errors[0]
    assert "requires-dist" in outcome.errors[0].lower()
    assert wheel_job.sent() == []


def test_a_readme_that_does_not_render_is_a_warning(wheel_job: Job) -> None:
    path = next(wheel_job.checkout.glob("*.whl"))
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["acme_forecast-1.2.3.dist-info/METADATA"] += (
        b"Description-Content-Type: text/x-rst\n\nTitle\n=\n\n.. no-such-directive::\n\n`broken\n"
    )
    _write(path, members)
    outcome = wheel_job.run(package="*.whl", **wheel_job.feed_inputs())
    assert outcome.status == 0, outcome.log
    assert len(outcome.warnings) == 1
    assert "README" in outcome.warnings[0]


def _write(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
