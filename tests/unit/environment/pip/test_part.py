"""The lines for pip: which of them are mentions of a package, where the index goes, and what has to
go."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from private_wheel.environment.addition import Package
from private_wheel.environment.pip.index import without_index
from private_wheel.environment.pip.lines import read_pip_line
from tests.unit.environment.extending import (
    INDEX,
    LINE,
    PACKAGE,
    SHA,
    URL,
    WHEEL,
    Make,
    lines_of,
    refused,
)

MENTIONS = {
    "acme-forecast": LINE,
    "Acme.Forecast>=1,<2": LINE,
    "acme-forecast (>=1)": LINE,
    "acme-forecast=1.0": LINE,
    "acme-forecast=1.0 ; no marker": LINE,
    "acme_forecast[plot, x]~=1.0": "acme-forecast[plot,x]==1.2.3",
    "acme-forecast>=1 ; python_version<'3.12'": f"{LINE} ; python_version<'3.12'",
    'acme-forecast[a];extra == "b"': 'acme-forecast[a]==1.2.3 ; extra == "b"',
    "acme-forecast @ https://example.invalid/x.zip ; sys_platform=='linux'": f"{LINE} ; sys_platform=='linux'",
    "acme-forecast[a] @ git+ssh://git@example.invalid/x.git@v1": "acme-forecast[a]==1.2.3",
    "acme-forecast @ file:///somewhere/x.whl": LINE,
    "git+https://example.invalid/x.git@v1#egg=acme_forecast[a]&subdirectory=b": "acme-forecast[a]==1.2.3",
    "-e git+https://example.invalid/x.git#subdirectory=b&egg=acme-forecast": LINE,
    "--editable=git+https://example.invalid/x.git#egg=acme-forecast": LINE,
    WHEEL.replace("1.2.3", "1.0"): LINE,
    WHEEL.replace("1.2.3", "1.0")
    + "#sha256="
    + "cd" * 32
    + " ; python_version<'4'": f"{LINE} ; python_version<'4'",
    "https://example.invalid/acme-forecast-1.0.tar.gz": LINE,
    "./dist/acme_forecast-1.0-py3-none-any.whl": LINE,
    "file:dist/acme_forecast-1.0-py3-none-any.whl": LINE,
    "acme_forecast-1.0-py3-none-any.whl": LINE,
    "-e .": LINE,
    ".": LINE,
    "./": LINE,
    "-e .[plot]": "acme-forecast[plot]==1.2.3",
    "../checkout[plot]": "acme-forecast[plot]==1.2.3",
    "-e file:.": LINE,
}


@pytest.mark.parametrize("mention", MENTIONS)
def test_every_mention_is_replaced(make: Make, checkout: Path, mention: str) -> None:
    packages = (dataclasses.replace(PACKAGE, directories=("/elsewhere", str(checkout))),)
    text = f"a\n  {mention}   # ours\nb\n"
    assert (
        make(text, "base.txt", packages=packages).requirements
        == f"{INDEX}\na\n  {MENTIONS[mention]}   # ours\nb\n"
    )
    quoted = mention.replace("'", "''")
    conda = make(f"dependencies:\n- pip:\n  - a\n  - '{quoted}'   # ours\n", packages=packages)
    assert lines_of(conda) == (INDEX, "a", MENTIONS[mention])


@pytest.mark.parametrize(
    "line",
    [
        "acme",
        "acme-forecast-extra",
        "forecast",
        "acme-forecaster[acme-forecast]",
        "x ; extra == 'acme-forecast'",
    ],
)
def test_other_packages_are_left(make: Make, line: str) -> None:
    assert make(f"{line}\n", "base.txt").requirements == f"{INDEX}\n{line}\n{LINE}\n"


HASHED_URL = f"acme-forecast @ {WHEEL}#sha256={SHA}"
LINES = {
    ("acme-forecast", WHEEL): WHEEL,
    ("acme-forecast[a]", WHEEL): f"acme-forecast[a] @ {WHEEL}",
    ("acme-forecast;extra=='a'", WHEEL): f"acme-forecast @ {WHEEL} ; extra=='a'",
    ("acme-forecast[a]", HASHED_URL): f"acme-forecast[a] @ {WHEEL}#sha256={SHA}",
    (
        "acme-forecast;extra=='a'",
        f"Acme_Forecast @ {WHEEL}",
    ): f"Acme_Forecast @ {WHEEL} ; extra=='a'",
    ("acme-forecast --hash=sha256:00", LINE): f"{LINE} --hash=sha256:{SHA}",
    (
        "acme-forecast ; extra=='a' --hash sha256:00",
        LINE,
    ): f"{LINE} ; extra=='a' --hash=sha256:{SHA}",
    ("acme-forecast --hash=sha256:00", WHEEL): f"{WHEEL} --hash=sha256:{SHA}",
    (
        "acme-forecast --hash=sha256:00",
        f"acme-forecast @ {WHEEL}#sha256={SHA}",
    ): f"acme-forecast @ {WHEEL}#sha256={SHA}",
    ("--require-hashes", LINE): f"--require-hashes\n{LINE} --hash=sha256:{SHA}",
    ("x --hash=sha256:00", LINE): f"x --hash=sha256:00\n{LINE} --hash=sha256:{SHA}",
}


@pytest.mark.parametrize("case", LINES)
def test_each_form_of_our_line(make: Make, case: tuple[str, str]) -> None:
    assert (
        make(f"{case[0]}\n", "base.txt", line=case[1], index_url="").requirements
        == f"{LINES[case]}\n"
    )


def test_markers_stay_if_all_mentions_have_the_same(make: Make) -> None:
    def of(*markers: str) -> str:
        return make(
            "".join(f"acme-forecast{marker}\n" for marker in markers), "base.txt", index_url=""
        ).requirements

    assert of(";extra=='a'", " ; extra=='a'") == f"{LINE} ; extra=='a'\n"
    assert (
        of(";extra=='a'", ";extra=='b'")
        == of(";extra=='a'", "")
        == of("", ";extra=='a'")
        == f"{LINE}\n"
    )


def test_several_packages_and_all_their_hashes(make: Make) -> None:
    other = Package(name="Other", line="Other==2", sha256=("01", "02"))
    packages = (PACKAGE, other, dataclasses.replace(PACKAGE, sha256=("zz",)))
    text = "other --hash=sha256:00\nx --hash=sha256:01\n"
    assert make(text, "base.txt", index_url="", packages=packages).requirements == (
        f"Other==2 --hash=sha256:01 --hash=sha256:02\nx --hash=sha256:01\n{LINE} --hash=sha256:{SHA}\n"
    )


REQUIREMENTS = {
    "# only\n": f"# only\n{INDEX}\n{LINE}\n",
    "# Header\n#\n\n# numpy\nnumpy\n": f"# Header\n#\n\n{INDEX}\n# numpy\nnumpy\n{LINE}\n",
    "# numpy\nnumpy": f"{INDEX}\n# numpy\nnumpy\n{LINE}\n",
    "\n\nnumpy\n\n# end\n": f"{INDEX}\n\n\nnumpy\n{LINE}\n\n# end\n",
    "--pre\n# x\n--prefer-binary\nnumpy\n--no-binary y\n": (
        f"--pre\n# x\n--prefer-binary\n{INDEX}\nnumpy\n--no-binary y\n{LINE}\n"
    ),
    "-i https://a/\nnumpy\n--extra-index-url https://b/ # b\nx\n": (
        f"-i https://a/\nnumpy\n--extra-index-url https://b/ # b\n{INDEX}\nx\n{LINE}\n"
    ),
    "a==1 \\\n  --hash=sha256:00\n    # via b\nacme-forecast==1 \\\n  --hash=sha256:02\n    # via c\nz\n": (
        f"{INDEX}\na==1 \\\n  --hash=sha256:00\n    # via b\n{LINE} --hash=sha256:{SHA}\n    # via c\nz\n"
    ),
    "acme-forecast\nacme-forecast \\\n  >=1 # why\n    # via c\nz\n    # via d\n": (
        f"{INDEX}\n{LINE}\nz\n    # via d\n"
    ),
    "a\n    # via b\n": f"{INDEX}\na\n    # via b\n{LINE}\n",
}


@pytest.mark.parametrize("text", REQUIREMENTS)
def test_requirements_files(make: Make, text: str) -> None:
    assert make(text, "base.txt").requirements == REQUIREMENTS[text]


def test_a_requirements_file_as_conda_file(make: Make) -> None:
    text = "# Header\n\nnumpy \\\n  >=1  # fast\n    # via a\nx ; extra == 'a: b' #c\n# end\n"
    extended = make(text, "base.txt", name="e", python_version="3.9")
    assert extended.conda == (
        "name: e\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.9\n  - pip=25.2\n  - pip:\n      # Header\n"
        f"      - {INDEX}\n      - numpy   >=1  # fast\n      # via a\n      - \"x ; extra == 'a: b'\"  #c\n"
        f"      - {LINE}\n      # end\n"
    )
    assert (extended.name, extended.python_version) == ("e", "3.9")


SAME = [
    INDEX,
    f"--extra-index-url={URL}",
    f"--extra-index-url {URL[:-1]}",
    f"--extra-index-url '{URL}'",
    f'--extra-index-url="{URL}"',
    f"--extra-index {URL}",
    f"--extra-index-url {URL.replace('pkgs', 'PKGS')}",
    f"-i {URL}",
    f"-i{URL}",
    f"--index-url {URL}  # ours",
    f"--extra-index-url https://a/ --extra-index-url {URL} --pre",
]


@pytest.mark.parametrize("option", SAME)
def test_an_index_that_is_there_stays_as_it_is(make: Make, option: str) -> None:
    assert make(f"a\n{option}\nb\n", "base.txt").requirements == f"a\n{option}\nb\n{LINE}\n"


@pytest.mark.parametrize(
    "option",
    [
        f"--extra-index-url {URL}x",
        f"# {INDEX}",
        f"--find-links {URL}",
        f"a {INDEX}",
        "--pre # " + URL,
    ],
)
def test_what_only_resembles_the_index(make: Make, option: str) -> None:
    assert f"\n{INDEX}\n" in "\n" + make(f"{option}\nb\n", "base.txt").requirements


ELSEWHERE = [
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


@pytest.mark.parametrize("url", ELSEWHERE)
@pytest.mark.parametrize(
    "option",
    ["--extra-index-url {}", "--extra-index-url={}", "-i {}", "-i{}", "--index-url '{}'", '--extra-index "{}" --pre',
     "--extra-index-url {} --extra-index-url {}x", "--trusted-host 'a b' -i {} # ours"],
)  # fmt: skip
def test_an_index_that_no_connection_is_found_for(make: Make, url: str, option: str) -> None:
    other = option.replace("{}x", "https://x/simple/")
    written = make(f"a\n{other.format(url)}\nb\n", "base.txt").requirements
    assert written == f"a\n{other.format(URL)}\nb\n{LINE}\n"
    conda = make(f"dependencies:\n- pip:\n  - >-\n    {other.partition(' #')[0].format(url)}\n")
    assert lines_of(conda) == (other.partition(" #")[0].format(URL), LINE)
    if "{}x" not in option:
        only = lines_of(make(f"{option.format(url)}\n", "base.txt", index_option="--index-url"))
        assert only[0].count(URL) == 1
        assert "extra" not in only[0]


PUBLIC = "https://pypi.org/simple"
DISCARDED = {
    f"{INDEX}\n--index-url {PUBLIC}\nnumpy\n": f"{INDEX}\n--index-url {PUBLIC}\n{INDEX}\nnumpy\n{LINE}\n",
    f"-i {URL} -i {PUBLIC}\nnumpy\n": f"-i {URL} -i {PUBLIC}\n{INDEX}\nnumpy\n{LINE}\n",
    f"-i {URL}\n-i {PUBLIC}  # why\n--pre\n": f"-i {URL}\n-i {PUBLIC}  # why\n{INDEX}\n--pre\n{LINE}\n",
    f"{INDEX}\n-i {PUBLIC}\n--extra-index-url https://a/\n": (
        f"{INDEX}\n-i {PUBLIC}\n--extra-index-url https://a/\n{INDEX}\n{LINE}\n"
    ),
    # As pip reads them, these are not discarded.
    f"{INDEX} -i {PUBLIC}\n": f"{INDEX} -i {PUBLIC}\n{LINE}\n",
    f"-i {PUBLIC} -i {URL}\n": f"-i {PUBLIC} -i {URL}\n{LINE}\n",
    f"{INDEX}\nnumpy -i {PUBLIC}\n": f"{INDEX}\nnumpy -i {PUBLIC}\n{LINE}\n",
}


@pytest.mark.parametrize("text", DISCARDED)
def test_an_index_that_pip_discards_is_not_there(make: Make, text: str) -> None:
    assert make(text, "base.txt").requirements == DISCARDED[text]
    conda = make(
        "".join(["dependencies:\n- pip:\n", *(f"  - {line}\n" for line in text.splitlines())])
    )
    assert lines_of(conda) == tuple(
        line.partition("  #")[0] for line in DISCARDED[text].splitlines()
    )


LOGIN, OLDER = ELSEWHERE[0], ELSEWHERE[5]
REPEATED = {
    f"--extra-index-url {LOGIN}\n--extra-index-url {OLDER}\n": f"{INDEX}\n",
    f"--extra-index-url {LOGIN} --extra-index-url {OLDER}\n": f"{INDEX}\n",
    f"--extra-index-url {LOGIN}  # a\nx\n--pre --extra-index-url {OLDER}  # b\n": f"{INDEX}  # a\nx\n--pre  # b\n",
    f"-i {LOGIN}\n-i {OLDER}\n": f"-i {URL}\n",
    # The user's own spelling stays, unless the other one keeps pip from its default.
    f"--extra-index-url {LOGIN}\n{INDEX}\n": f"{INDEX}\n",
    f"{INDEX}  # ours\n--extra-index-url {LOGIN}\n": f"{INDEX}  # ours\n",
    f"-i {LOGIN}\n{INDEX}\n": f"-i {URL}\n",
    f"{INDEX}\n-i {LOGIN}\n": f"-i {URL}\n",
    f"-i {URL}\n--extra-index-url {LOGIN}\n": f"-i {URL}\n",
    f"-i {LOGIN}\n--extra-index-url {PUBLIC}\n-i {OLDER}\n": f"--extra-index-url {PUBLIC}\n-i {URL}\n",
    f"--extra-index-url {LOGIN}\n-i {PUBLIC}\n": f"-i {PUBLIC}\n{INDEX}\n",
    f"--extra-index-url {LOGIN}\n-i {PUBLIC}\n--extra-index-url {OLDER}\n": f"-i {PUBLIC}\n{INDEX}\n",
    # No other spelling: the user's, as it is.
    f"{INDEX}\n{INDEX}\n": f"{INDEX}\n{INDEX}\n",
    f"-i {URL}\n{INDEX}\n": f"-i {URL}\n{INDEX}\n",
    f"{INDEX} {INDEX[:-1]}\n": f"{INDEX} {INDEX[:-1]}\n",
}


@pytest.mark.parametrize("text", REPEATED)
def test_other_spellings_become_one_index(make: Make, text: str) -> None:
    assert make(text, "base.txt").requirements == f"{REPEATED[text]}{LINE}\n"


# What is put before the lines of a wheelhouse, and what is left of the lines themselves.
WITHOUT = {
    f"{INDEX}\na\n": ([], ["a"]),
    f"{INDEX}\n--extra-index-url https://a/ {INDEX} --pre\n": (
        [],
        ["--extra-index-url https://a/ --pre"],
    ),
    f"-i {URL}\na\n": (["--no-index"], ["a"]),
    f"-i {URL}/ {INDEX}\n--pre --extra-index-url {LOGIN}\n": (["--no-index"], ["--pre"]),
    f"-i {PUBLIC}\n--extra-index-url https://a/\n-i {URL}\n": (["--no-index"], []),
    f"-i {PUBLIC} -i {URL}\n": (["--no-index"], []),
    f"-i {URL}\n--extra-index-url {PUBLIC}\n": ([f"--index-url {PUBLIC}"], []),
    f"--extra-index-url {PUBLIC} -i {URL} --pre\na\n": ([f"--index-url {PUBLIC}"], ["--pre", "a"]),
    f"--extra-index-url https://a/ -i https://b/ -i {URL}\n--extra-index-url https://c/\n": (
        ["--index-url https://a/", "--extra-index-url https://c/"],
        [],
    ),
    f"-i {URL}\n-i {PUBLIC}\n{INDEX}\n": ([], [f"-i {PUBLIC}"]),
    f"-i {URL} -i {PUBLIC} {INDEX}\n": ([], [f"--index-url {PUBLIC}"]),
    f"-i {URL}\n-f https://a/\n": (["--no-index"], ["-f https://a/"]),
    # On a package's line pip looks at no index.
    f"a {INDEX}\n": ([], [f"a {INDEX}"]),
    f"--no-index\n-i {URL}\na\n": ([], ["--no-index", "a"]),
}


@pytest.mark.parametrize("text", WITHOUT)
def test_what_is_left_without_the_index(text: str) -> None:
    options, lines = without_index([read_pip_line(line, 1) for line in text.splitlines()], URL)
    assert (options, [line.text for line in lines]) == WITHOUT[text]


def test_an_index_with_a_login_that_is_not_azures(make: Make) -> None:
    text = "-i https://bob@nexus.invalid/repository/ours/simple\n"
    url = "https://nexus.invalid/repository/ours/simple/"
    assert lines_of(make(text, "base.txt", index_url=url)) == (f"-i {url}", LINE)
    assert (
        lines_of(make(text, "base.txt", index_url=url.replace("ours", "Ours")))[0] == text.strip()
    )


@pytest.mark.parametrize(
    ("option", "variable"),
    [
        ("-i https://${PAT}@example.invalid/simple/", "${PAT}"),
        (
            "--extra-index-url https://me:${PAT}@pkgs.dev.azure.com/acme/_packaging/other/pypi/simple/",
            "${PAT}",
        ),
        ("--extra-index-url https://me:$(PAT)@example.invalid/simple/", "$(PAT)"),
        (f"{INDEX} --extra-index-url https://$PAT@example.invalid/simple/", "$PAT"),
        ("--index-url ${PIP_INDEX_URL}", "${PIP_INDEX_URL}"),
        ("-f https://${PAT}@example.invalid/", "${PAT}"),
    ],
)
def test_a_variable_that_an_image_build_does_not_have(
    make: Make, option: str, variable: str
) -> None:
    for index_url in (URL, ""):
        error = refused(make, f"a\n{option}\n", "base.txt", index_url=index_url)
        assert error.line == 2
        assert str(error) == (
            f"base.txt, line 2: {variable} is a variable of your machine, and an image build has none of it. "
            "Write the URL without it, and give the workspace a connection for it."
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
    assert (
        "lies on this machine, where the image build cannot see it. Publish what is there"
        in str(error)
    )
    assert "-f https://a/" in lines_of(make("-f https://a/\n", "base.txt"))


ONLY = {
    "a\n": f"--index-url {URL}\na\n{LINE}\n",
    f"-i {URL}\na\n": f"-i {URL}\na\n{LINE}\n",
    f"a\n--extra-index-url={URL} # ours\n": f"a\n--index-url {URL} # ours\n{LINE}\n",
    f"--pre --extra-index-url {URL} --trusted-host 'a b'\n": f"--pre --index-url {URL} --trusted-host 'a b'\n{LINE}\n",
    f"-i {URL}\n# x\n{INDEX}\n": f"-i {URL}\n{LINE}\n# x\n",
    f"-i {URL} {INDEX}\n": f"--index-url {URL}\n{LINE}\n",
}


@pytest.mark.parametrize("text", ONLY)
def test_one_index(make: Make, text: str) -> None:
    assert make(text, "base.txt", index_option="--index-url").requirements == ONLY[text]


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
def test_one_index_beside_others(make: Make, option: str) -> None:
    error = refused(make, f"a\n\n{option}\n", "base.txt", index_option="--index-url")
    assert error.line == 3
    assert "index-mode: only" in str(error)
    assert (
        option
        in make(
            f"a\n\n{option}\n", "base.txt", index_option="--index-url", index_url=""
        ).requirements
    )
    error = refused(
        make, f"dependencies:\n- pip:\n  - a\n  - {option}\n", index_option="--index-url"
    )
    assert error.line == 4


def test_no_index_keeps_from_ours(make: Make) -> None:
    for mode in ("--index-url", "--extra-index-url"):
        assert refused(make, "a\n--no-index # x\n", "base.txt", index_option=mode).line == 2
    assert make("--no-index\n", "base.txt", index_url="").requirements == f"--no-index\n{LINE}\n"


@pytest.mark.parametrize(
    "line",
    ["./lib", "../lib", "/lib", "lib/", "-e ./lib", "-e lib/x[a]", "file:///lib", "-e file:lib", "lib @ file:///lib",
     "./lib-1.0-py3-none-any.whl", "lib-1.0.tar.gz", "C:\\lib", "-e .."],
)  # fmt: skip
def test_other_local_paths(make: Make, line: str) -> None:
    error = refused(make, f"a\n\n{line}\n", "base.txt")
    assert (error.path, error.line) == ("base.txt", 3)
    assert "image build" in str(error)
    error = refused(make, f"image: x\nconda_file:\n  dependencies:\n  - pip:\n    - '{line}'\n")
    assert (error.path, error.line) == ("base.yml", 5)


def test_paths_are_relative_to_the_file(make: Make, checkout: Path) -> None:
    packages = (dataclasses.replace(PACKAGE, directories=(str(checkout),)),)
    assert lines_of(make("-e ..\n", "sub/base.txt", packages=packages)) == (INDEX, LINE)
    assert refused(make, "-e ..\n", "base.txt", packages=packages).line == 1


def test_a_path_of_a_build_by_conda(make: Make) -> None:
    for line in (
        "foo @ file:///croot/foo_1/work",
        "foo[a]@file:///croot/foo_1/work ; extra == 'b'",
    ):
        error = refused(make, f"a\n{line}\n", "base.txt")
        what = "'/croot/foo_1/work' lies on this machine, where the image build cannot see it. Write foo==VERSION."
        assert str(error) == f"base.txt, line 2: {what}"


def test_a_directory_as_seen_from_elsewhere(make: Make, checkout: Path) -> None:
    def of(line: str, file: str, *directories: str) -> str:
        packages = tuple(
            dataclasses.replace(PACKAGE, directories=(str(checkout / name),))
            for name in directories
        )
        return str(refused(make, f"{line}\n", file, packages=packages))

    where = "as seen from this file, and no package of this run."
    assert of("-e .", "env/base.txt", ".") == (
        f"env/base.txt, line 1: '.' is the directory env/ {where} Write '..', or the package's name."
    )
    assert of(".", "base.txt", "sub/package") == (
        f"base.txt, line 1: '.' is the working directory {where} Write 'sub/package', or the package's name."
    )
    assert f"'../env' is the directory env/ {where} Write '..'" in of("../env", "env/base.txt", ".")
    (checkout / "other").mkdir()
    assert "Publish it too" in of("../other", "env/base.txt", "package")
    assert "Publish it too" in of("./missing", "base.txt", ".")
    (checkout / "other/pyproject.toml").touch()
    assert "Publish it too" in of("../other", "env/base.txt", ".")


def test_a_path_of_windows_is_shown_as_it_is(make: Make) -> None:
    assert "'C:\\lib'" in str(refused(make, "C:\\lib\n", "base.txt"))
    assert "\\\\" not in str(refused(make, "C:\\lib\n", "base.txt"))


def test_a_comment_ends_a_line_that_goes_on(make: Make) -> None:
    extended = make("numpy\\\n# c\nx@https://a/#y \\\n #c \\\nb\n", "base.txt", index_url="")
    assert lines_of(extended) == ("numpy", "x@https://a/#y", "b", LINE)


def test_a_line_of_several_is_one_item_of_a_conda_file(make: Make) -> None:
    assert (
        "      - attrs==1 --hash=sha256:aa\n"
        in make("attrs==1 \\\n    --hash=sha256:aa\n", "base.txt").conda
    )
