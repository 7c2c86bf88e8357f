"""Which lines pip can read: checked with pip's own parser, and what a user is told about the
others."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pip._internal.exceptions import PipError
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import (
    OptionParsingError,
    ParsedLine,
    get_line_parser,
    handle_requirement_line,
    preprocess,
)

from private_wheel.environment.pip.lines import read_pip_line
from tests.unit.environment.extending import INDEX, LINE, Make, lines_of, refused

SHA = "sha256:" + "ab" * 32


@pytest.fixture(autouse=True)
def _nothing_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip looks whether a path is there, and logs what it thinks of a line."""
    monkeypatch.chdir(tmp_path)
    logging.getLogger("pip").setLevel(logging.CRITICAL)


def pip_reads(line: str) -> bool:
    try:
        words, options = get_line_parser(None)(line)
        parsed = ParsedLine("x", 1, words, options, False)
        if parsed.requirement is not None:
            install_req_from_parsed_requirement(handle_requirement_line(parsed))
    except (PipError, OptionParsingError, ValueError):
        return False
    return True


def problem_of(line: str) -> str:
    try:
        target = read_pip_line(line, 1).target
    except ValueError as error:
        return str(error)
    return target.problem if target else ""


GOOD = [
    "six",
    "six==1.17",
    "six == 1.17.*",
    "six>=1,<2,!=1.5",
    "six~=1.0",
    "six===1.0-odd",
    "six (>=1.0)",
    "six[a, b] >=1 ; python_version < '3' and extra == \"a\"",
    "six;python_version<'3'",
    "six ;",
    "s",
    "Six.Seven_8-9==1!2.0.post1+local.1",
    "six @ https://example.invalid/six-1.0-py3-none-any.whl",
    "six@https://example.invalid/a.zip",
    "six[a] @ git+ssh://git@example.invalid/six.git@v1#subdirectory=x ; python_version<'3'",
    "six @ git+https://example.invalid/a.git;python_version<'3'",
    "six @ git+ssh://git@example.invalid:acme/six.git",
    "https://example.invalid/six-1.0-py3-none-any.whl",
    "https://example.invalid/six-1.0-py3-none-any.whl#sha256=ab ; python_version<'3'",
    "https://example.invalid/six-1.0-1abc-cp39.cp310-abi3-linux_x86_64.whl?x=y",
    "https://example.invalid/six-1.0.tar.gz",
    "https://example.invalid/archive/main.zip#egg=six",
    "git+https://example.invalid/six.git@main",
    "git+https://example.invalid/six.git#egg=six&subdirectory=x",
    "svn+svn://example.invalid/six",
    "hg+static-http://example.invalid/six",
    "-e git+https://example.invalid/six.git#egg=six",
    "--editable=git+https://example.invalid/six.git#egg=six",
    "-e git://example.invalid/six.git#egg=six",
    "-e 'six @ git+https://example.invalid/six.git'",
    f"six==1.0 --hash={SHA} --hash {SHA}",
    "six --config-settings a=b -C c=d --config-setting=--e=f",
    "--pre --prefer-binary --no-index --require-hashes",
    "--pref",
    "-i https://example.invalid/simple/",
    "-ihttps://example.invalid/simple/ --extra https://b.invalid/",
    "--pypi-url=https://example.invalid/simple",
    "-f https://example.invalid:8443/links.html",
    "--find-links 'https://example.invalid/a b'",
    "--no-binary :all: --only-binary=six,seven --only-binary :none:",
    "--trusted-host example.invalid:80",
    "--use-feature fast-deps",
    "--pre -- --unknown",
    "--pre six",
    "-",
]  # fmt: skip


@pytest.mark.parametrize("line", GOOD)
def test_what_pip_reads_is_taken(line: str) -> None:
    assert (pip_reads(line), problem_of(line)) == (True, "")


FORMS = "Write NAME==VERSION or NAME @ URL."
BAD = {
    "this is not a requirement": f"pip cannot read 'this is not a requirement'. {FORMS}",
    "@EXPLICIT": (
        "pip cannot read '@EXPLICIT': it begins a list for conda. "
        "Use a requirements file or a conda file."
    ),
    "six=1.17": "this is conda's syntax. Write six==1.17.",
    "six = 1.17.*": "this is conda's syntax. Write six==1.17.*.",
    "six=1.17=py310_0": "this is conda's syntax. Write six==1.17.",
    "six 1.17": "this is conda's syntax. Write six==1.17.",
    "six[a]=1.17": "this is conda's syntax. Write six==1.17.",
    "six=>1": "pip cannot read 'six=>1'. Write NAME==VERSION or NAME @ URL.",
    "six==": "pip cannot read 'six=='. Write NAME==VERSION or NAME @ URL.",
    "six >= 1 < 2": "pip cannot read",
    "six[a": "pip cannot read",
    "six-": "pip cannot read",
    "\u00e4": "pip cannot read",
    "==1.0": "pip cannot read",
    "[a]": "pip cannot read",
    "six;python": "pip cannot read the marker 'python'. Write it as in python_version < \"3.12\".",
    "six ; python_version < 3": "pip cannot read the marker",
    "https://example.invalid/six.zip ; python": "pip cannot read the marker",
    "channel::six": "pip cannot read 'channel::six'",
    "azureml:six": "pip cannot read",
    "https://e.invalid/six.whl": (
        "'six.whl' is not the file name of a wheel: NAME-VERSION-PYTHON-ABI-PLATFORM.whl. "
        "Correct it."
    ),
    "https://e.invalid/a.zip#egg=a=1": (
        "pip cannot read the name after #egg=. Write the package name there."
    ),
    "https://[example/six.zip": "invalid URL 'https://[example/six.zip'. Correct it.",
    "git+https://[example/six.git": "invalid URL",
    "six @ https://[example/six.zip": "invalid URL",
    "-e six": "--editable requires a directory or a repository. Remove --editable.",
    "-e https://example.invalid/six.zip": "--editable requires a directory or a repository",
    "-e 'six @ https://example.invalid/six.zip'": "--editable requires a directory or a repository",
    "-e git+https://example.invalid/six.git": (
        "pip cannot tell the package name. Append #egg=NAME to the URL."
    ),
    "--extra-index-url": "--extra-index-url requires a URL. Write it after the option.",
    "-i": "-i requires a URL. Write it after the option.",
    "--no-binary": "--no-binary requires a value. Write it after the option.",
    "--no-binary --pre": "--no-binary requires a value. Write it after the option.",
    "six --hash": "--hash requires a value. Write it after the option.",
    "--unknown-option": "pip does not accept --unknown-option in a requirements file. Remove it.",
    "--unknown-option=https://u@example.invalid/": (
        "pip does not accept --unknown-option in a requirements file. Remove it."
    ),
    "-x y": "pip does not accept -x in a requirements file. Remove it.",
    "--upgrade": "pip does not accept --upgrade",
    "six --no-deps": "pip does not accept --no-deps",
    "--no": "pip does not accept --no in",
    "--pre=1": "--pre takes no value. Remove the = and what follows it.",
    "six --hash=md5:00": "pip cannot read the hash. Write --hash=sha256:… (or sha384, sha512).",
    "six --hash=00": "pip cannot read the hash.",
    "six -C a": "pip cannot read the setting. Write --config-settings=NAME=VALUE.",
    "--trusted-host 'a": "a quote in the options is not closed. Close or remove it.",
}


@pytest.mark.parametrize("line", BAD)
def test_what_pip_refuses_is_told(line: str) -> None:
    assert not pip_reads(line)
    assert problem_of(line).startswith(BAD[line])
    assert problem_of(line)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (
            "-i https://[broken/simple/",
            "invalid URL 'https://[broken/simple/'. Correct it.",
        ),
        ("-f https://bob@[broken/", "invalid URL 'https://…@[broken/'. Correct it."),
        (
            "-i https://example.invalid:port/simple/",
            "invalid URL 'https://example.invalid:port/simple/'.",
        ),
        ("-i https:///simple/", "invalid URL 'https:///simple/'. Correct it."),
        (
            "-i pypi.org/simple",
            "--index-url requires a URL, and 'pypi.org/simple' is not one. "
            "Write it in full, with https://.",
        ),
        ("-i ''", "-i requires a URL. Write it after the option."),
        ("-i --pre", "-i requires a URL. Write it after the option."),
    ],
)
def test_what_pip_would_only_notice_later(line: str, what: str) -> None:
    assert problem_of(line).startswith(what)


def test_a_line_that_pip_cannot_read_is_told_with_its_place(make: Make) -> None:
    for line in ("six=1.17", "this is no requirement", "--unknown"):
        assert refused(make, f"a\n\n{line}\n", "base.txt").line == 3
        assert refused(make, f"dependencies:\n- pip:\n  - a\n  - {line}\n").line == 4


def test_a_mention_is_replaced_however_it_is_written(make: Make) -> None:
    for line in (
        "acme-forecast=1.0",
        "acme_forecast 1.0",
        "acme-forecast=>1",
        "-e acme-forecast",
        "acme-forecast;python",
    ):
        assert lines_of(make(f"{line}\n", "base.txt")) == (INDEX, LINE)


def test_what_is_shown_of_a_line_is_harmless() -> None:
    for line in ("a b://bob@c", "ftps://bob@example.invalid/x"):
        assert "bob" not in problem_of(line)
    assert len(problem_of("a b" * 10_000)) < 250
    assert problem_of("a\x1b[31m b").isprintable()


names = st.sampled_from(
    ["six", "Six.2", "a", "a-b_c", "-a", "a.", "\u00e4", "git", "six.whl", "a b"]
)
versions = st.sampled_from(
    ["1", "1.0", "1.*", "1.0a1", "1!2", "1+x", "abc", "", "=1", "1.0=x", "1 2"]
)
operators = st.sampled_from(
    ["==", ">=", "<", "~=", "!=", "===", "=", "", " ", "=>", ">", "<=", "(", ",", "@", " @ "]
)
extras = st.sampled_from(["", "", "[a]", "[a,b]", "[]", "[a", "[a,]", " [a] "])
markers = st.sampled_from(
    [
        "",
        "",
        ";python_version<'3'",
        " ; extra == 'a'",
        ";",
        "; x",
        " ; (os_name=='a' or os_name=='b')",
        ";'a'=='b'",
    ]
)
urls = st.sampled_from(
    [
        "https://example.invalid/six-1.0-py3-none-any.whl",
        "https://example.invalid/six-1.0.tar.gz#sha256=00",
        "https://example.invalid/six.whl",
        "git+https://example.invalid/six.git@v1#egg=six",
        "git+https://example.invalid/six.git",
        "HTTP://example.invalid/a%20b.zip",
        "https://[x/y.zip",
        "ftp://example.invalid/a.zip",
        "https://example.invalid/a.zip#egg=a b",
    ]
)
options = st.sampled_from(
    ["", "", f" --hash={SHA}", " --hash x", " --pre", " --pref", " --no-such", " -C a=b", " -C a",
     " -e", " --", " -q", " --no-binary six", " -i https://example.invalid/", " --require-hashes",
     " --re", " --trusted-host x"]
)  # fmt: skip
specifiers = st.lists(st.builds("{}{}".format, operators, versions), max_size=2).map(",".join)
lines = st.one_of(
    st.builds("{}{}{}{}{}".format, names, extras, specifiers, markers, options),
    st.builds("{}{}{}".format, urls, markers, options),
    st.builds("{}{} @ {}{}{}".format, names, extras, urls, markers, options),
    st.builds("-e {}{}".format, urls, options),
    options.map(str.strip).filter(bool),
)


@settings(
    deadline=None, max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines, st.data())
def test_we_read_what_pip_reads(line: str, data: st.DataObject) -> None:
    """Paths and what looks like a login aside, which are refused, and what pip would notice later."""
    for _ in range(data.draw(st.integers(0, 2))):
        at = data.draw(st.integers(0, len(line)))
        line = line[:at] + data.draw(st.sampled_from(list("[](),;=<>!~@ ab1.-_'"))) + line[at:]
    line = "".join(text for _, text in preprocess(line))  # without what pip takes for a comment
    problem = problem_of(line)
    if (
        not line
        or is_path(line)
        or re.search(
            r"requires a (?:URL|value)|invalid URL|credential|cannot read '[A-Za-z][\w+.-]+:",
            problem,
        )
    ):
        return
    assert (problem == "") == pip_reads(line), problem


def is_path(line: str) -> bool:
    try:
        target = read_pip_line(line, 1).target
    except ValueError:
        return False
    return bool(target and target.path)
