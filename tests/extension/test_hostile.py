"""Foreign text in all that the task prints: the agent takes none of it for a command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from private_wheel.inputs.table import OUTPUTS
from tests.extension.task import Run, Task
from tests.protocol import github_runner

OURS = {
    "task.setsecret",
    "task.logissue",
    "task.setvariable",
    "task.uploadsummary",
    "task.complete",
    "artifact.upload",
}
COMMANDS = (
    "##vso[task.setvariable variable=PATH]/stolen",
    "##vso[task.setvariable variable=result;isOutput=true]stolen",
    "##vso[task.complete result=Failed;]stolen",
    "##vso[task.complete result=Succeeded;done=true;]stolen",
    "##vso[task.prependpath]/stolen",
    "##vso[task.logissue type=error]stolen",
    "##vso[task.uploadsummary]/etc/passwd",
    f"##vso[artifact.upload artifactname=stolen]{Path(__file__).parent}",
    "##vso[build.addbuildtag]stolen",
    "##VSO[TASK.COMPLETE RESULT=FAILED;]stolen",
    "##vso no command",
    "##[error]stolen",
    "##[section]stolen",
    "::error::stolen",
)
INPUTS = ("package", "feed", "workspace", "environmentName", "container", "connection", "cloud")
# How a tool may bring such a line.
FORMS: dict[str, Callable[[str], str]] = {
    "alone": lambda line: line,
    "in the middle": lambda line: f"building 10% {line} more",
    "after a carriage return": lambda line: f"10%\r{line}\r20%",
    "in colour": lambda line: f"\x1b[31m{line}\x1b[0m",
    "split by a zero": lambda line: line.replace("##", "#\0#"),
    "split by an escape": lambda line: line.replace("##", "#\x1b[0m#"),
    "split by a bell": lambda line: line.replace("##vso", "##\x07vso"),
    "split by a delete": lambda line: line.replace("vso[", "vso\x7f["),
    "split in C1": lambda line: line.replace("##", "#\x85#") + line.replace("##vso", "##\x9bvso"),
    "after more of them": lambda line: f"#{line}##vso[{line}",
    "after a wide blank": lambda line: f"\u2003\u3000{line}",
    "with other line ends": lambda line: f"a\x0b{line}\x0cb\x1c{line}\u2028{line}\u2029",
    "escaped": lambda line: line.replace("#", "%23").replace("]", "%5D%0A" + line + "%0D"),
    "in a long line": lambda line: "x" * 70000 + line,
}
BACKEND = """
import json, os, sys, zipfile

LINES = json.loads({lines!r})


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    for stream in (sys.stdout, sys.stderr):
        for line in LINES:
            stream.buffer.write(line.encode() + b"\\n")
            stream.flush()
    os.write(2, b"invalid \\xff\\xfe ##vso[task.complete result=Failed;] without an end")
    {end}
    name = "hostile-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        for member, text in {{
            "hostile.py": "",
            "hostile-1.2.3.dist-info/METADATA": {metadata!r},
            "hostile-1.2.3.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
            "hostile-1.2.3.dist-info/RECORD": "",
        }}.items():
            wheel.writestr(zipfile.ZipInfo(member), text)
    return name
"""
PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
METADATA = "Metadata-Version: 2.1\nName: hostile\nVersion: 1.2.3\n"
TEXT = "\n".join(form(command) for form in FORMS.values() for command in COMMANDS)


def add_backend(
    task: Task, lines: list[str], *, end: str = "pass", metadata: str = METADATA
) -> None:
    package = task.checkout / "package"
    package.mkdir()
    (package / "pyproject.toml").write_text(PROJECT)
    source = BACKEND.format(lines=json.dumps(lines), end=end, metadata=metadata)
    (package / "backend.py").write_text(source, encoding="utf-8")


def check_commands(run: Run, *, succeeds: bool) -> None:
    """The port saw no command that is not ours, and every one of ours once."""
    outcome = run.outcome
    assert outcome.warnings == []
    assert outcome.refused == []
    names = [command.name for command in outcome.commands]
    assert set(names) <= OURS
    told = [name for name in names if name != "task.setsecret"]
    issues = [command for command in outcome.commands if command.name == "task.logissue"]
    outputs = [
        command.properties["variable"]
        for command in outcome.commands
        if command.name == "task.setvariable"
    ]
    assert outputs in ([], [output.camel_case for output in OUTPUTS])
    assert told.count("task.uploadsummary") == 1
    assert run.status == 0
    if succeeds:
        assert (outcome.result, issues) == ("Succeeded", []), str(run)
        assert told.count("task.complete") == 0
    else:
        assert (outcome.result, len(issues), told.count("task.complete")) == ("Failed", 1, 1), str(
            run
        )
    assert not any("stolen" in value for value in outcome.outputs.values())
    ours = ("##vso[", "##[group]", "##[endgroup]")
    shown = [
        line.removeprefix("##[group]") for line in outcome.output if not line.startswith(ours[:1])
    ]
    assert not [
        line
        for line in shown
        if "##[" in line.replace("##[endgroup]", "") or "##vso" in line.lower()
    ]
    runner = github_runner.read_log("\n".join(outcome.output))
    assert {command.name for command in runner.commands} <= {"group", "endgroup"}


@pytest.mark.parametrize("name", FORMS)
def test_a_build_backend_gives_no_command(task: Task, name: str) -> None:
    add_backend(task, [FORMS[name](command) for command in COMMANDS])
    run = task.run(inputs={**task.feed_inputs(), "checkPublicName": "false", "package": "package"})
    check_commands(run, succeeds=True)
    if name != "in a long line":  # that one is cut
        assert run.log.count("stolen") >= 10  # they did arrive


def test_a_build_backend_that_fails_gives_no_command(task: Task) -> None:
    """Its last lines are in the error."""
    add_backend(task, [*TEXT.split("\n")[:300], *COMMANDS], end="raise SystemExit(LINES[2])")
    run = task.run(inputs={**task.feed_inputs(), "checkPublicName": "false", "package": "package"})
    check_commands(run, succeeds=False)
    assert "could not be built" in run.error


@pytest.mark.parametrize("form", ["alone", "after a carriage return", "split by an escape"])
def test_a_readme_and_metadata_give_no_command(task: Task, form: str) -> None:
    lines = [FORMS[form](command) for command in COMMANDS]
    readme = "\n".join(lines)
    (task.checkout / "README.md").write_text(readme, encoding="utf-8", newline="")
    summary = lines[0].replace("\r", " ")
    add_backend(
        task, lines[:1], metadata=f"{METADATA}Summary: {summary}\nAuthor: {summary}\n\n{readme}"
    )
    check_commands(
        task.run(inputs={**task.feed_inputs(), "checkPublicName": "false", "package": "package"}),
        succeeds=True,
    )


@pytest.mark.parametrize("field", ["Name", "Version", "Requires-Python", "Metadata-Version"])
def test_metadata_that_is_refused_gives_no_command(task: Task, field: str) -> None:
    known = {"Metadata-Version": "2.1", "Name": "hostile", "Version": "1.2.3"}
    metadata = "".join(
        f"{name}: {value}\n" for name, value in {**known, field: COMMANDS[2]}.items()
    )
    add_backend(task, [], metadata=metadata)
    check_commands(
        task.run(inputs={**task.feed_inputs(), "checkPublicName": "false", "package": "package"}),
        succeeds=False,
    )


def test_names_of_files_give_no_command(task: Task) -> None:
    for name in (
        "##vso[task.complete result=Succeeded;].whl",
        "a\n##vso[task.prependpath]stolen\n.whl",
    ):
        (task.checkout / name).write_bytes(b"no wheel")
    check_commands(task.run(inputs={**task.feed_inputs(), "package": "*.whl"}), succeeds=False)


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize(
    "text", ["##vso[task.complete result=Succeeded;]stolen", "x\n##vso[task.prependpath]stolen"]
)
def test_inputs_give_no_command(wheel_task: Task, name: str, text: str) -> None:
    """They may come from a pull request's title."""
    inputs = {
        **wheel_task.feed_inputs(),
        **wheel_task.workspace_inputs(),
        "package": "*.whl",
        name: text,
    }
    check_commands(wheel_task.run(inputs=inputs, connection="workload"), succeeds=False)


FAULTS: dict[str, dict[str, Any]] = {
    "feed refuses": {"server": "feed", "method": "POST", "status": 400, "skip": 1},
    "feed forbids": {"server": "feed", "method": "POST", "status": 403},
    "index is broken": {"server": "feed", "method": "GET", "status": 418},
    "reason phrase": {
        "server": "feed",
        "method": "POST",
        "status": 400,
        "skip": 1,
        "reason": COMMANDS[2],
    },
    "ARM refuses": {"server": "arm", "status": 400, "path": "*/connections*"},
    "Entra refuses": {"server": "sign-in", "method": "POST", "status": 400},
    "the issuer refuses": {"server": "azure-pipelines", "status": 400},
}


@pytest.mark.parametrize("kind", ["text", "json", "html"])
@pytest.mark.parametrize("name", FAULTS)
def test_servers_give_no_command(wheel_task: Task, name: str, kind: str) -> None:
    content = {
        "text": ("text/plain", TEXT),
        "json": (
            "application/json",
            json.dumps({"error": COMMANDS[2], "error_description": TEXT, "message": TEXT}),
        ),
        "html": ("text/html", f"<html><title>{TEXT}</title><h1>{TEXT}</h1></html>"),
    }
    content_type, body = content[kind]
    wheel_task.sandbox.faults.add(
        **{"times": None, "content_type": content_type, "body": body, **FAULTS[name]}
    )
    inputs = {**wheel_task.feed_inputs(), **wheel_task.workspace_inputs(), "package": "*.whl"}
    check_commands(wheel_task.run(inputs=inputs, connection="workload"), succeeds=False)


@pytest.mark.parametrize(
    ("server", "kind"), [("blob", "application/xml"), ("artifact-service", "application/json")]
)
def test_servers_of_the_other_routes_give_no_command(
    wheel_task: Task, server: str, kind: str
) -> None:
    body = {
        "blob": f"<?xml version='1.0'?><Error><Code>{COMMANDS[2]}</Code><Message>a\n{COMMANDS[2]}</Message></Error>",
        "artifact-service": json.dumps(
            {"error": {"code": COMMANDS[0], "message": f"a\n{COMMANDS[2]}"}}
        ),
    }[server]
    headers = {"x-ms-error-code": COMMANDS[2]} if server == "blob" else {}
    wheel_task.sandbox.faults.add(
        server=server, status=400, times=None, body=body, content_type=kind, headers=headers
    )
    routes = {"blob": wheel_task.blob_inputs(), "artifact-service": {"publishTo": "workspace"}}
    workspace = {"workspace": wheel_task.sandbox.workspace("acme-ml").short}
    inputs = {**workspace, **routes[server], "package": "*.whl"}
    check_commands(wheel_task.run(inputs=inputs, connection="workload"), succeeds=False)


def test_the_port_would_see_them(tmp_path: Path) -> None:
    """The tests above would be worth nothing if it did not."""
    from tests.protocol.azure_agent import read_log

    outcome = read_log(TEXT)
    assert len(outcome.commands) > 80
    assert outcome.result == "Failed"
    assert {"PATH", "result"} <= set(outcome.variables)
