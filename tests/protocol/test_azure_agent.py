"""The port of Azure's agent itself: where it is too lax, it would let everything pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.protocol.azure_agent import MOST_ISSUES, Agent, CommandError, Issue, read_log
from tests.protocol.azure_commands import Command, mask, parse_command


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("##vso[task.debug]text", Command("task.debug", "text")),
        ("words ##vso[Task.Debug]%AZP250A%0A", Command("task.debug", "%0A\n")),
        ("##VSO[a.b C=1;d=%3B%5D%0D;e=;=f;g]x;]y", Command("a.b", "x;]y", {"c": "1", "d": ";]\r"})),
        ("##vso[a.b c=d=e;;]%25", Command("a.b", "%25", {"c": "d=e"})),
        ("##vso[a..b]", Command("a.b")),
        ("#\u200d#vso[a.b]", None),
        ("##vso[a]x", None),
        ("##vso[a.b.c]x", None),
        ("##vso[a.b", None),
        ("# #vso[a.b]x", None),
        ("##[error]x", None),
        ("]##vso[", None),
    ],
)
def test_parser_of_lines(line: str, command: Command | None) -> None:
    if line.startswith("#\u200d"):  # one letter more inside the prefix is one letter less behind it
        assert parse_command(line) == Command("[a.b")
    else:
        assert parse_command(line) == command


def test_parser_of_logs() -> None:
    outcome = read_log("a\r##vso[task.setsecret]x1 y\r\n\n-x1 y-x1%20y-\n##vso[task.debug]no\nb")
    assert outcome.log == ["a", "", "-***-***-", "b"]
    assert [command.name for command in outcome.commands] == ["task.setsecret", "task.debug"]
    assert outcome.result == "Succeeded"
    assert read_log("##vso[task.debug]yes %AZP25", Agent(debug=True)).log == ["##[debug]yes %"]


@pytest.mark.parametrize(
    "line", ["x ##vso", "##vso[task]", "##vso[nothing.here]", "##vso[task.logissue]text"]
)
def test_what_is_no_command_is_warned_of(line: str) -> None:
    outcome = read_log(line)
    assert len(outcome.warnings) == 1
    assert [issue.type for issue in outcome.issues] == ["warning"]


@pytest.mark.parametrize(
    "line",
    [
        "##vso[task.nothing]",
        "##vso[task.logissue type=notice]x",
        "##vso[task.complete]",
        "##vso[task.complete result=Fine]",
        "##vso[task.setvariable]x",
        "##vso[task.setvariable variable=a;issecret=true]x%0Ay",
        "##vso[task.uploadsummary]",
        "##vso[task.uploadsummary]relative.md",
        "##vso[task.uploadsummary]/no such file.md",
        "##vso[artifact.upload]/tmp",
        "##vso[artifact.upload artifactname=a]/no such directory",
        "##vso[artifact.upload artifactname=a]relative",
    ],
)
def test_what_fails_fails_the_task(line: str) -> None:
    outcome = read_log(line)
    assert outcome.result == "Failed"
    assert [issue.type for issue in outcome.issues] == ["error", "error"]


def test_results_get_worse_only() -> None:
    lines = "##vso[task.complete result={};]\n"
    assert (
        read_log(lines.format("SucceededWithIssues") + lines.format("Succeeded")).result
        == "SucceededWithIssues"
    )
    assert read_log(lines.format("Failed") + lines.format("Succeeded")).result == "Failed"


def test_issues() -> None:
    outcome = read_log(
        "##vso[task.logissue type=Error;sourcepath=a.py;linenumber=3;code=C1]x\n##vso[task.issue type=warning]y"
    )
    assert outcome.issues == [
        Issue(type="error", message="a.py(3,): Error C1: x", code="C1", path="a.py", line="3"),
        Issue(type="warning", message="y"),
    ]
    many = read_log(
        "".join(
            f"##vso[task.logissue type={kind}]x\n"
            for kind in ("error", "warning")
            for _ in range(12)
        )
    )
    assert len(many.issues) == 2 * MOST_ISSUES


def test_restrictions() -> None:
    task = {"restrictions": {"settableVariables": {"allowed": ["Url", "out.*"]}}}
    outcome = read_log(
        "\n".join(f"##vso[task.setvariable variable={name}]1" for name in ("URL", "out.x", "PATH")),
        Agent(task),
    )
    assert set(outcome.variables) == {"URL", "out.x"}
    assert outcome.refused == ["PATH"]
    strict = Agent({"restrictions": {"commands": {"mode": "restricted"}}})
    assert read_log(
        "##vso[task.uploadsummary]/x\n##vso[task.setprogress value=7]", strict
    ).progress == [(7, "")]
    assert len(strict.outcome.warnings) == 1


def test_files_are_read_at_that_moment_and_have_to_stay(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    file.write_text("one")
    agent = Agent()
    agent.read(f"##vso[task.uploadsummary]{file}")
    file.write_text("two")
    assert agent.finish().summaries == [b"one"]
    file.unlink()
    with pytest.raises(CommandError):
        agent.finish()


@pytest.mark.parametrize("host_type", ["release", "deployment"])
def test_artifacts_outside_of_builds(tmp_path: Path, host_type: str) -> None:
    (tmp_path / "file").write_text("")
    outcome = read_log(
        f"##vso[artifact.upload artifactname=a]{tmp_path}", Agent(host_type=host_type)
    )
    assert (outcome.result, outcome.artifacts) == ("Failed", {})


def test_an_empty_directory_is_no_artifact(tmp_path: Path) -> None:
    outcome = read_log(f"##vso[artifact.upload artifactname=a]{tmp_path}")
    assert (outcome.result, outcome.artifacts, len(outcome.warnings)) == ("Succeeded", {}, 1)


@pytest.mark.parametrize(
    ("text", "secrets", "shown"),
    [
        ("a secret here", ["secret"], "a *** here"),
        ("abcdef", ["abc", "cde"], "***f"),
        ("abcdef", ["abc", "def"], "***"),
        ("abc-def", ["abc", "def"], "***-***"),
        ("https://user:pass@host/", [], "https://user:***@host/"),
        ("nothing", ["secret"], "nothing"),
    ],
)
def test_masks(text: str, secrets: list[str], shown: str) -> None:
    assert mask(text, secrets) == shown
