"""The options of a line: which words pip takes for one, and what their values are."""

from __future__ import annotations

import re

import pytest
from pip._internal.req.req_file import get_line_parser

from private_wheel.environment.pip.lines import Option, PipLine, option_line, read_pip_line
from private_wheel.environment.pip.options import read_options, url_problem

A = "https://a.invalid/simple/"


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ([], []),
        (["-i", A], [("--index-url", A)]),
        ([f"-i{A}"], [("--index-url", A)]),
        ([f"--index-url={A}"], [("--index-url", A)]),
        (["--pypi-url", A], [("--index-url", A)]),
        (["--ind", A], [("--index-url", A)]),
        (["--extra", A], [("--extra-index-url", A)]),
        (["-f", A, "--find-links", "b"], [("--find-links", A), ("--find-links", "b")]),
        (["--pre", "--no-index"], [("--pre", ""), ("--no-index", "")]),
        (["--hash=sha256:0a"], [("--hash", "sha256:0a")]),
        (["-C", "a=b"], [("--config-settings", "a=b")]),
        (["--config-setting=--c=d"], [("--config-settings", "--c=d")]),
        (["--no-binary", ":all:"], [("--no-binary", ":all:")]),
        (["-r", "a.txt", "-c", "b.txt"], [("--requirement", "a.txt"), ("--constraint", "b.txt")]),
        # Words that belong to no option, and those after --.
        (["--pre", "six", "-"], [("--pre", "")]),
        (["--pre", "--", "--no-index"], [("--pre", "")]),
    ],
)
def test_the_options_of_words(words: list[str], options: list[tuple[str, str]]) -> None:
    assert read_options(words) == options


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--unknown"], "pip does not accept --unknown in a requirements file. Remove it."),
        (["--no"], "pip does not accept --no in a requirements file. Remove it."),  # of several
        (["-q"], "pip does not accept -q in a requirements file. Remove it."),
        (["--pre=1"], "--pre takes no value. Remove the = and what follows it."),
        (["-i"], "-i requires a URL. Write it after the option."),
        (["--index-url", "--pre"], "--index-url requires a URL. Write it after the option."),
        (["--no-binary="], "--no-binary requires a value. Write it after the option."),
        (
            ["--hash", "md5:0"],
            "pip cannot read the hash. Write --hash=sha256:… (or sha384, sha512).",
        ),
        (["-C", "a"], "pip cannot read the setting. Write --config-settings=NAME=VALUE."),
        (
            ["-i", "a/simple"],
            "--index-url requires a URL, and 'a/simple' is not one. "
            "Write it in full, with https://.",
        ),
        (["-f", "https://[a/"], "invalid URL 'https://[a/'. Correct it."),
    ],
)
def test_what_pip_does_not_accept(words: list[str], problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(problem)}$"):
        read_options(words)


@pytest.mark.parametrize(
    ("url", "is_valid"),
    [
        (A, True),
        ("https://a:8443/x", True),
        ("http://user@a/", True),
        ("ssh://git@a:acme/x.git", True),  # a path in the port's place
        ("https://${HOST}:${PORT}/simple", True),
        ("https:///simple/", False),
        ("https://a:port/", False),
        ("https://a:0/", False),
        ("https://[a/", False),
        ("https://[$A/", False),
    ],
)
def test_urls(url: str, is_valid: bool) -> None:
    assert (url_problem(url) == "") == is_valid


@pytest.mark.parametrize(
    "value",
    [A, "a b", "it's", 'a"b', "a\\b", "a*b?c~d&e;f", "${PAT}", "é", "a\tb"],
)
def test_a_line_of_options_reads_as_what_it_was_made_of(value: str) -> None:
    line = option_line(Option("--pre"), Option("--trusted-host", value), Option("--no-index"))
    assert read_pip_line(line.text, 0) == line
    words, options = get_line_parser(None)(line.text)
    assert (words, options.pre, options.trusted_hosts, options.no_index) == (
        "",
        True,
        [value],
        True,
    )


def test_a_line_with_other_options() -> None:
    line = read_pip_line("--pre  -i 'https://a/'  # why", 3)
    assert line.with_options(line.options) is line
    changed = line.with_options([Option("--index-url", "https://b/"), Option("--pre")])
    assert changed == PipLine(
        text="--index-url https://b/ --pre",
        comment="  # why",
        line=3,
        options=(Option("--index-url", "https://b/"), Option("--pre")),
    )


def test_questions_to_a_line() -> None:
    line = read_pip_line("--extra-index-url https://a/ -i https://b/ --pre", 1)
    assert line.values("--index-url", "--extra-index-url") == ["https://a/", "https://b/"]
    assert line.values("--pre") == [""]
    assert line.values("--find-links") == []
    assert (line.has_option("--pre"), line.has_option("--no-index")) == (True, False)
    assert not line.is_hashed
    assert read_pip_line("--require-hashes", 1).is_hashed
    assert read_pip_line("six --hash=sha256:0a", 1).is_hashed
