"""The command line: flags are inputs, and secrets are not flags."""

from __future__ import annotations

import io

import pytest

from private_wheel.hosts.terminal import Terminal, read_arguments, unknown_variables
from private_wheel.inputs.table import INPUTS, Kind


def test_flags_become_inputs() -> None:
    arguments = [
        "--feed",
        "acme/python",
        "--package",
        "one",
        "--package",
        "two",
        "--dry-run",
        "--verify=none",
    ]
    assert read_arguments([*arguments, "--environment-formats", "conda"]) == {
        "INPUT_FEED": "acme/python",
        "INPUT_PACKAGE": "one\ntwo",
        "INPUT_DRYRUN": "true",
        "INPUT_VERIFY": "none",
        "INPUT_ENVIRONMENTFORMATS": "conda",
    }


@pytest.mark.parametrize(
    "flag", [["--feed-token", "the-secret"], ["--connection-token=the-secret"], ["the-secret"]]
)
def test_a_secret_has_no_option_and_is_not_repeated(
    flag: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        read_arguments(["--feed", "acme/python", *flag])
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert "INPUT_FEEDTOKEN" in said.err
    assert "the-secret" not in said.err + said.out


@pytest.mark.parametrize(
    ("flag", "words"),
    [("--fed", "Did you mean --feed?"), ("--dryrun", "--dry-run"), ("x", "unexpected argument")],
)
def test_an_unknown_flag_is_one_line(
    flag: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        read_arguments([flag])
    said = capsys.readouterr().err
    assert said.startswith("error: PW101: ")
    assert words in said
    assert said.count("\n") == 1


def test_a_slip_in_a_variables_name_is_told() -> None:
    (doubt,) = unknown_variables({"INPUT_FEED_TOKEN": "the-secret", "INPUT_FEED": "acme/python"})
    assert "INPUT_FEED_TOKEN" in doubt
    assert "INPUT_FEEDTOKEN" in doubt
    assert "the-secret" not in doubt


def test_help_tells_every_input(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_arguments(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for row in INPUTS:
        shown = row.kind is not Kind.SECRET and "terminal" in row.hosts
        assert (f"--{row.name} " in text) is shown


def test_text_cannot_move_the_cursor() -> None:
    stdout = io.StringIO()
    Terminal({}, stdout).line("\x1b[2J\x1b[31mred\x07\rover")
    assert stdout.getvalue() == "red\nover\n"
