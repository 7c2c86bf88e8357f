"""The index in the pip part: which options name it, where it is added, and which are refused."""

from __future__ import annotations

import dataclasses

import pytest

from private_wheel.environment.pip.index import DEFAULT_INDEX, indexes_of, with_index, without_index
from private_wheel.environment.pip.lines import Entry, PipLine, read_pip_line
from private_wheel.environment.wrong_file import WrongFile
from tests.unit.environment.extending import ADDITION, INDEX, LINE, URL, Make, refused

PUBLIC = "https://pypi.org/simple"
OTHER_FEED = "acme/_packaging/other"
OTHER_SPELLINGS = [
    URL.replace("://", "://acme@"),
    URL.replace("://", "://${PAT}@"),
    URL.replace("://", "://build:${PAT}@"),
    URL.replace("://", "://$PAT@")[:-1],
    URL.replace("acme/_packaging/python", "Acme/_Packaging/Python"),
    URL.replace("https://pkgs.dev.azure.com/acme/", "https://acme.pkgs.visualstudio.com/"),
    URL.replace(
        "https://pkgs.dev.azure.com/acme/",
        "https://me@ACME.pkgs.visualstudio.com/DefaultCollection/",
    ),
]
LOGIN, OLDER = OTHER_SPELLINGS[0], OTHER_SPELLINGS[5]


def read(text: str) -> list[PipLine]:
    return [read_pip_line(line, number) for number, line in enumerate(text.splitlines(), start=1)]


def texts(lines: list[PipLine]) -> list[str]:
    return [line.text for line in lines]


def indexed(text: str, *, option: str = "--extra-index-url", url: str = URL) -> str:
    """Return the lines with the index; twice, for that is the same as once."""
    addition = dataclasses.replace(ADDITION, index_option=option, index_url=url)
    entries = [Entry(origin=place, line=line) for place, line in enumerate(read(text))]
    once = with_index(entries, addition, "base.txt")
    assert with_index(once, addition, "base.txt") == once
    return "".join(f"{entry.text}\n" for entry in once)


def problem(text: str, *, option: str = "--extra-index-url", url: str = URL) -> str:
    with pytest.raises(WrongFile) as caught:
        indexed(text, option=option, url=url)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("six\n", [DEFAULT_INDEX]),
        ("--pre\n--extra-index-url https://a/\n", [DEFAULT_INDEX, "https://a/"]),
        ("-i https://a/\n", ["https://a/"]),
        ("-i https://a/\n--extra-index-url https://b/\n", ["https://a/", "https://b/"]),
        ("--extra-index-url https://b/ -i https://a/\n", ["https://a/", "https://b/"]),
        ("--extra-index-url https://b/\n-i https://a/\n", ["https://a/"]),
        ("six -i https://a/\n", [DEFAULT_INDEX]),
        ("-i https://a/\n--no-index\n--extra-index-url https://b/\n", []),
    ],
)
def test_which_indexes_pip_reads(text: str, urls: list[str]) -> None:
    assert indexes_of(read(text)) == urls


@pytest.mark.parametrize(
    "option",
    [
        INDEX,
        f"--extra-index-url={URL}",
        f"--extra-index-url {URL[:-1]}",
        f"--extra-index-url '{URL}'",
        f'--extra-index-url="{URL}"',
        f"--extra-index {URL}",
        f"--extra-index-url {URL.replace('pkgs', 'PKGS')}",
        f"-i {URL}",
        f"-i{URL}",
        f"--index-url  {URL}",
        f"--extra-index-url https://a/ --extra-index-url {URL} --pre",
        f"{INDEX} -i {PUBLIC}",
        f"{INDEX}\n{INDEX}",
        f"-i {URL}\n{INDEX}",
        f"{INDEX} {INDEX[:-1]}",
    ],
)
def test_an_index_that_pip_reads_stays_as_it_is(option: str) -> None:
    assert indexed(f"a\n{option}\nb\n") == f"a\n{option}\nb\n"


@pytest.mark.parametrize(
    "text",
    [
        f"--extra-index-url {URL}x\n",
        f"--find-links {URL}\n",
        f"--extra-index-url https://a/?{URL}\n",
        f"-i {PUBLIC}\n",
        f"{INDEX}\n-i {PUBLIC}\n",  # pip forgets the index of the first line
        f"{INDEX}\n-i {PUBLIC}\n--extra-index-url https://a/\n",
    ],
)
def test_an_index_that_pip_does_not_read_is_added(text: str) -> None:
    assert "--find-links" in text or indexed(f"{text}b\n") == f"{text}{INDEX}\nb\n"
    assert f"{INDEX}\n" in indexed(f"{text}b\n").replace(text, "", 1)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a\nb\n", 0),
        ("", 0),
        ("--pre\n--prefer-binary\na\n--no-binary b\n", 2),
        ("--pre\n", 1),
        ("-i https://a/\na\n--extra-index-url https://b/\nb\n", 3),
        ("a\n-i https://a/ --pre\n--pre\nb\n", 2),
        (f"a {INDEX}\n", 0),
    ],
)
def test_where_the_index_is_added(text: str, place: int) -> None:
    lines = text.splitlines(keepends=True)
    assert indexed(text) == "".join([*lines[:place], f"{INDEX}\n", *lines[place:]])


@pytest.mark.parametrize("url", OTHER_SPELLINGS)
@pytest.mark.parametrize(
    ("option", "written"),
    [
        ("--extra-index-url {}", "--extra-index-url {}"),
        ("--extra-index-url={}", "--extra-index-url {}"),
        ("-i {}", "--index-url {}"),
        ("-i{}", "--index-url {}"),
        ("--index-url '{}'", "--index-url {}"),
        ('--extra-index "{}" --pre', "--extra-index-url {} --pre"),
        (
            "--extra-index-url {} --extra-index-url {}x",
            "--extra-index-url {} --extra-index-url {}x",
        ),
        ("--trusted-host 'a b' -i {}", "--trusted-host 'a b' --index-url {}"),
    ],
)
def test_another_spelling_becomes_the_plain_url(url: str, option: str, written: str) -> None:
    other = option.replace("{}x", "https://x/simple/").format(url)
    plain = written.replace("{}x", "https://x/simple/").format(URL)
    assert indexed(f"a\n{other}\nb\n") == f"a\n{plain}\nb\n"
    if "{}x" not in option:
        only = indexed(f"{other}\n", option="--index-url")
        assert only == f"{plain.replace('--extra-index-url', '--index-url')}\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (f"--extra-index-url {LOGIN}\n--extra-index-url {OLDER}\n", f"{INDEX}\n"),
        (f"--extra-index-url {LOGIN} --extra-index-url {OLDER}\n", f"{INDEX}\n"),
        (
            f"--extra-index-url {LOGIN}\nx\n--pre --extra-index-url {OLDER}\n",
            f"{INDEX}\nx\n--pre\n",
        ),
        (f"--extra-index-url {LOGIN}\n{INDEX}\n", f"{INDEX}\n"),
        (f"{INDEX}\n--extra-index-url {LOGIN}\n", f"{INDEX}\n"),
        (f"-i {URL}\n--extra-index-url {LOGIN}\n", f"-i {URL}\n"),
        (f"--extra-index-url {LOGIN} -i {OLDER}\n", f"--index-url {URL}\n"),
        # pip forgets the first line.
        (f"--extra-index-url {LOGIN}\n-i {OLDER}\n", f"--index-url {URL}\n"),
        (f"--extra-index-url {LOGIN}\n-i {PUBLIC}\n", f"-i {PUBLIC}\n{INDEX}\n"),
        (
            f"--extra-index-url {LOGIN}\n-i {PUBLIC}\n--extra-index-url {OLDER}\n",
            f"-i {PUBLIC}\n{INDEX}\n",
        ),
        # The plain form is the user's and stays, repeated or not.
        (f"-i {LOGIN}\n{INDEX}\n", f"--index-url {URL}\n{INDEX}\n"),
        (f"{INDEX}\n-i {LOGIN}\n", f"{INDEX}\n--index-url {URL}\n"),
        # On a package's line pip reads no index.
        (f"a --extra-index-url {LOGIN}\n", f"{INDEX}\na --extra-index-url {LOGIN}\n"),
    ],
)
def test_another_spelling_that_repeats_the_index_goes(text: str, written: str) -> None:
    assert indexed(text) == written


def test_a_login_in_the_url_of_another_kind_of_index() -> None:
    text = "-i https://bob@nexus.invalid/repository/ours/simple\n"
    url = "https://nexus.invalid/repository/ours/simple/"
    assert indexed(text, url=url) == f"--index-url {url}\n"
    assert indexed(text, url=url.replace("ours", "Ours")).startswith(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\n", f"--index-url {URL}\na\n"),
        (f"-i {URL}\na\n", f"-i {URL}\na\n"),
        (f"a\n--extra-index-url={URL}\n", f"a\n--index-url {URL}\n"),
        (
            f"--pre --extra-index-url {URL} --trusted-host 'a b'\n",
            f"--pre --index-url {URL} --trusted-host 'a b'\n",
        ),
        (f"-i {URL}\nx\n{INDEX}\n", f"-i {URL}\nx\n"),
        (f"{INDEX}\n-i {URL} --pre\n", f"--index-url {URL}\n--pre\n"),
        (f"-i {URL} {INDEX}\n", f"--index-url {URL}\n"),
        (f"{INDEX}\n--extra-index-url {LOGIN}\n", f"--index-url {URL}\n"),
    ],
)
def test_index_mode_only(text: str, written: str) -> None:
    assert indexed(text, option="--index-url") == written


def test_comments_stay_with_their_lines(make: Make) -> None:
    text = f"--extra-index-url {LOGIN}  # a\nx\n--pre --extra-index-url {OLDER}  # b\n"
    assert make(text, "base.txt").requirements == f"{INDEX}  # a\nx\n--pre  # b\n{LINE}\n"
    conda = make(f"dependencies:\n- pip:\n  - -i {LOGIN}  # a\n  - {INDEX}\n").conda
    assert f"  - --index-url {URL}  # a\n  - {INDEX}\n" in conda
    text = f"a\n--extra-index-url={URL} # ours\n# x\n{INDEX}\n"
    only = make(text, "base.txt", index_option="--index-url").requirements
    assert only == f"a\n--index-url {URL} # ours\n{LINE}\n# x\n"
    assert f"\n{INDEX}\n" in make(f"--pre # {INDEX}\nb\n", "base.txt").requirements


@pytest.mark.parametrize(
    ("text", "line", "where"),
    [
        ("-i https://a/\nsix\n--index-url=https://b/\n", 3, "in line 1 already"),
        ("-i https://a/\n--pypi-url https://a/\n", 2, "in line 1 already"),
        (f"-i {LOGIN}\n--index {URL}\n", 2, "in line 1 already"),
        ("\n--pre -i https://a/ --extra-index-url https://c/ -i https://b/\n", 2, "twice"),
        (f"six\n-i {URL} -i {URL}\n", 2, "twice"),
    ],
)
@pytest.mark.parametrize("option", ["--index-url", "--extra-index-url"])
def test_a_second_index_url_is_refused(text: str, line: int, where: str, option: str) -> None:
    sentence = (
        f"base.txt, line {line}: --index-url is set {where}, and pip uses only the last one. "
        "Keep one of them. Add further indexes with --extra-index-url."
    )
    assert problem(text, option=option) == problem(text, url="") == sentence


def test_a_second_index_url_is_refused_in_every_kind_of_file(make: Make) -> None:
    conda = "dependencies:\n- pip:\n  - -i https://a/\n  - six\n  - -i https://b/\n"
    error = refused(make, conda)
    assert (error.line, "in line 3 already" in str(error)) == (5, True)
    definition = "image: x\nconda_file:\n" + "".join(f"  {line}\n" for line in conda.splitlines())
    assert refused(make, definition).line == 7
    assert refused(make, "-i https://a/\n-i https://b/\n", "base.txt").line == 2
    # pip ignores the option on a package's line.
    text = "-i https://a/\nsix -i https://b/\n"
    assert make(text, "base.txt", index_url="").requirements == f"{text}{LINE}\n"


@pytest.mark.parametrize(
    ("option", "variable"),
    [
        ("-i https://${PAT}@example.invalid/simple/", "${PAT}"),
        (
            f"--extra-index-url https://me:${{PAT}}@pkgs.dev.azure.com/{OTHER_FEED}/pypi/simple/",
            "${PAT}",
        ),
        ("--extra-index-url https://me:$(PAT)@example.invalid/simple/", "$(PAT)"),
        (f"{INDEX} --extra-index-url https://$PAT@example.invalid/simple/", "$PAT"),
        ("--index-url ${PIP_INDEX_URL}", "${PIP_INDEX_URL}"),
        ("-f https://${PAT}@example.invalid/", "${PAT}"),
    ],
)
def test_a_variable_that_an_image_build_does_not_have(option: str, variable: str) -> None:
    for url in (URL, ""):
        assert problem(f"a\n{option}\n", url=url) == (
            f"base.txt, line 2: {variable} is a variable, and image builds do not have its value. "
            "Write the URL without it, and add a connection for it to the workspace."
        )


@pytest.mark.parametrize(
    "option",
    [
        "-f ./wheels",
        "--find-links=wheels",
        "-f file:///wheels",
        "-f C:\\wheels",
        "-i file:///index/simple",
    ],
)
def test_links_on_this_machine(make: Make, option: str) -> None:
    error = refused(make, f"a\n{option}\n".replace("\\", "\\\\"), "base.txt")
    assert error.line == 2
    assert "the image build cannot" in str(error)
    assert "\n-f https://a/\n" in make("a\n-f https://a/\n", "base.txt").requirements


@pytest.mark.parametrize(
    "option",
    [
        "-i https://a/",
        "--pypi-url https://a/",
        f"{INDEX} --extra-index-url https://a/",
        "-f https://a/",
        "--find-links=https://a/",
    ],
)
def test_another_index_with_index_mode_only(make: Make, option: str) -> None:
    assert problem(f"a\n\n{option}\n", option="--index-url") == (
        "base.txt, line 3: index-mode: only allows no other index. "
        "Remove the line, or set index-mode: extra."
    )
    assert option in indexed(f"a\n{option}\n", option="--index-url", url="")
    text = f"dependencies:\n- pip:\n  - a\n  - {option}\n"
    assert refused(make, text, index_option="--index-url").line == 4


def test_no_index() -> None:
    for option in ("--index-url", "--extra-index-url"):
        assert problem("a\n--pre --no-index\n", option=option) == (
            "base.txt, line 2: --no-index keeps pip from the index of the packages. Remove it."
        )
    assert indexed("--no-index\n", url="") == "--no-index\n"


@pytest.mark.parametrize(
    ("text", "options", "rest"),
    [
        (f"{INDEX}\na\n", [], ["a"]),
        (
            f"{INDEX}\n--extra-index-url https://a/ {INDEX} --pre\n",
            [],
            ["--extra-index-url https://a/ --pre"],
        ),
        (f"-i {URL}\na\n", ["--no-index"], ["a"]),
        (
            f"-i {URL}/ {INDEX}\n--pre --extra-index-url {LOGIN}\n",
            ["--no-index"],
            ["--pre"],
        ),
        (f"-i {URL}\n--extra-index-url {PUBLIC}\n", [f"--index-url {PUBLIC}"], []),
        (
            f"--extra-index-url {PUBLIC} -i {URL} --pre\na\n",
            [f"--index-url {PUBLIC}"],
            ["--pre", "a"],
        ),
        (
            f"-i {URL} --extra-index-url https://a/\n--extra-index-url https://b/\n",
            ["--index-url https://a/", "--extra-index-url https://b/"],
            [],
        ),
        # pip forgets the first line, here as there.
        (f"--extra-index-url https://a/\n-i {URL}\n", ["--no-index"], []),
        (f"{INDEX}\n-i {PUBLIC}\n{INDEX}\n", [], [f"-i {PUBLIC}"]),
        (f"-i {PUBLIC} {INDEX}\n", [], [f"--index-url {PUBLIC}"]),
        (f"-i {URL}\n-f https://a/\n", ["--no-index"], ["-f https://a/"]),
        # On a package's line pip reads no index.
        (f"a {INDEX}\n", [], [f"a {INDEX}"]),
        (f"a -i {URL}\n", [], [f"a -i {URL}"]),
    ],
)
def test_what_is_left_without_the_index(text: str, options: list[str], rest: list[str]) -> None:
    before, left = without_index(read(text), URL)
    assert (texts(before), texts(left)) == (options, rest)
