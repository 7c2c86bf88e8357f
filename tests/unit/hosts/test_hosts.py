"""What each host reads from its variables, and what it shows of a failure."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import pytest

from private_wheel.errors import MachineFailed
from private_wheel.hosts import AzurePipelines, GitHub, Host, Terminal, detect_host

ON_GITHUB = {"GITHUB_ACTIONS": "true"}
ON_AZURE = {"TF_BUILD": "True"}
SECRET = "a-token-of-the-run"


def host_of(environ: Mapping[str, str]) -> Host:
    return detect_host(environ, io.StringIO())


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, Terminal),
        ({"CI": "true"}, Terminal),
        ({"GITHUB_ACTIONS": "false"}, Terminal),
        (ON_GITHUB, GitHub),
        (ON_AZURE, AzurePipelines),
        ({**ON_GITHUB, **ON_AZURE}, GitHub),
    ],
)
def test_the_host_is_known_by_its_variables(environ: dict[str, str], expected: type[Host]) -> None:
    assert type(host_of(environ)) is expected


@pytest.mark.parametrize(
    ("environ", "debug"),
    [
        ({}, False),
        ({"PRIVATE_WHEEL_DEBUG": "1"}, True),
        (ON_GITHUB, False),
        ({**ON_GITHUB, "RUNNER_DEBUG": "1"}, True),
        ({**ON_GITHUB, "SYSTEM_DEBUG": "true"}, False),
        (ON_AZURE, False),
        ({**ON_AZURE, "SYSTEM_DEBUG": "True"}, True),
        ({**ON_AZURE, "SYSTEM_DEBUG": "false"}, False),
    ],
)
def test_debug(environ: dict[str, str], debug: bool) -> None:
    assert host_of(environ).debug is debug


@pytest.mark.parametrize(
    ("environ", "tag"),
    [
        ({"GITHUB_REF": "refs/tags/v1"}, None),
        (ON_GITHUB, None),
        ({**ON_GITHUB, "GITHUB_REF": "refs/tags/v1.2.3"}, "v1.2.3"),
        ({**ON_GITHUB, "GITHUB_REF": "refs/tags/name/1.2.3"}, "name/1.2.3"),
        ({**ON_GITHUB, "GITHUB_REF": "refs/heads/refs/tags/v1"}, None),
        ({**ON_AZURE, "BUILD_SOURCEBRANCH": "refs/tags/v1.2.3"}, "v1.2.3"),
        ({**ON_AZURE, "BUILD_SOURCEBRANCH": "refs/heads/main"}, None),
    ],
)
def test_the_tag_that_was_pushed(environ: dict[str, str], tag: str | None) -> None:
    assert host_of(environ).tag == tag


@pytest.mark.parametrize(
    ("environ", "directory"),
    [
        (ON_GITHUB, "work"),
        ({**ON_GITHUB, "GITHUB_WORKSPACE": "repository"}, "work/repository"),
        (ON_AZURE, "work"),
        ({**ON_AZURE, "BUILD_SOURCESDIRECTORY": "s"}, "work/s"),
        ({**ON_AZURE, "SYSTEM_DEFAULTWORKINGDIRECTORY": "a"}, "work/a"),
        (
            {**ON_AZURE, "BUILD_SOURCESDIRECTORY": "s", "SYSTEM_DEFAULTWORKINGDIRECTORY": "a"},
            "work/s",
        ),
        ({}, "."),
    ],
)
def test_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], directory: str
) -> None:
    """The working directory is a directory of a repository."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert host_of(environ).checkout == tmp_path / directory


def test_a_terminal_outside_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert host_of({}).checkout == tmp_path


@pytest.mark.parametrize(
    ("environ", "shown"),
    [(ON_GITHUB, "file=***.toml,line=7"), (ON_AZURE, "sourcepath=***.toml;linenumber=7;")],
)
def test_no_secret_is_in_the_path_of_an_annotation(environ: dict[str, str], shown: str) -> None:
    stdout = io.StringIO()
    host = detect_host(environ, stdout)
    host.mask([SECRET])
    masks = stdout.getvalue()
    host.failure(MachineFailed("words", path=f"{SECRET}.toml", line=7))
    annotation = stdout.getvalue().removeprefix(masks)
    assert shown in annotation
    assert SECRET not in annotation


@pytest.mark.parametrize("environ", [ON_GITHUB, ON_AZURE])
def test_an_annotation_without_a_place_has_no_path(environ: dict[str, str]) -> None:
    stdout = io.StringIO()
    detect_host(environ, stdout).failure(MachineFailed("words"))
    assert "file=" not in stdout.getvalue()
    assert "sourcepath" not in stdout.getvalue()
    assert "line" not in stdout.getvalue()


def test_github_writes_the_files_of_the_step(tmp_path: Path) -> None:
    files = {
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }
    host = host_of({**ON_GITHUB, **files})
    host.mask([SECRET])
    for text in ("one", SECRET):
        host.set_outputs({"url": text})
        host.write_summary(f"{text}\n")
    assert (tmp_path / "summary").read_text() == "one\n***\n"
    output = (tmp_path / "output").read_text()
    assert "one" in output
    assert SECRET not in output


def test_without_files_of_the_step_nothing_is_written() -> None:
    host = host_of(ON_GITHUB)
    host.set_outputs({"url": "x"})
    host.write_summary("x")


def test_azure_writes_the_summary_for_its_agent(tmp_path: Path) -> None:
    stdout = io.StringIO()
    host = detect_host({**ON_AZURE, "AGENT_TEMPDIRECTORY": str(tmp_path)}, stdout)
    host.write_summary("# words\n")
    (file,) = tmp_path.iterdir()
    assert file.read_text() == "# words\n"
    assert f"##vso[task.uploadsummary]{file}" in stdout.getvalue()


def test_a_terminal_prints_the_outputs_for_people() -> None:
    stdout = io.StringIO()
    host = Terminal({}, stdout)
    host.set_outputs({"url": "https://x.invalid/", "connection": "", "packages-json": "[]"})
    assert stdout.getvalue() == "url: https://x.invalid/\n"
