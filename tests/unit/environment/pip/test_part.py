"""The lines for pip: which of them are mentions of a package, and what has to go."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from private_wheel.environment.addition import Package
from private_wheel.environment.pip.lines import read_pip_line
from private_wheel.environment.pip.part import extend_pip_part
from tests.unit.environment.extending import (
    ADDITION,
    INDEX,
    LINE,
    PACKAGE,
    SHA,
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
    "acme-forecast @ https://example.invalid/x.zip ; os_name=='a'": f"{LINE} ; os_name=='a'",
    "acme-forecast[a] @ git+ssh://git@example.invalid/x.git@v1": "acme-forecast[a]==1.2.3",
    "acme-forecast @ file:///somewhere/x.whl": LINE,
    "git+https://a.invalid/x@v1#egg=acme_forecast[a]&subdirectory=b": "acme-forecast[a]==1.2.3",
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
        "Other==2 --hash=sha256:01 --hash=sha256:02\n"
        f"x --hash=sha256:01\n{LINE} --hash=sha256:{SHA}\n"
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
    (
        "a==1 \\\n  --hash=sha256:00\n    # via b\n"
        "acme-forecast==1 \\\n  --hash=sha256:02\n    # via c\nz\n"
    ): (
        f"{INDEX}\na==1 \\\n  --hash=sha256:00\n    # via b\n"
        f"{LINE} --hash=sha256:{SHA}\n    # via c\nz\n"
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
        "name: e\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.9\n  - pip=25.2\n"
        f"  - pip:\n      # Header\n      - {INDEX}\n      - numpy   >=1  # fast\n"
        "      # via a\n      - \"x ; extra == 'a: b'\"  #c\n"
        f"      - {LINE}\n      # end\n"
    )
    assert (extended.name, extended.python_version) == ("e", "3.9")


@pytest.mark.parametrize(
    "line",
    ["./lib", "../lib", "/lib", "lib/", "-e ./lib", "-e lib/x[a]", "file:///lib", "-e file:lib",
     "lib @ file:///lib", "./lib-1.0-py3-none-any.whl", "lib-1.0.tar.gz", "C:\\lib", "-e .."],
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
        assert str(error) == (
            "base.txt, line 2: '/croot/foo_1/work' is a local path, which the image build cannot "
            "read. Write foo==VERSION."
        )


def test_a_directory_as_seen_from_elsewhere(make: Make, checkout: Path) -> None:
    def of(line: str, file: str, *directories: str) -> str:
        packages = tuple(
            dataclasses.replace(PACKAGE, directories=(str(checkout / name),))
            for name in directories
        )
        return str(refused(make, f"{line}\n", file, packages=packages))

    where = "which is not a package of this run."
    here = "line 1: relative to this file, '.' is"
    assert of("-e .", "env/base.txt", ".") == (
        f"env/base.txt, {here} the directory env/, {where} Write '..' or the package name."
    )
    assert of(".", "base.txt", "sub/package") == (
        f"base.txt, {here} the working directory, {where} Write 'sub/package' or the package name."
    )
    assert f"'../env' is the directory env/, {where} Write '..'" in of(
        "../env", "env/base.txt", "."
    )
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


@pytest.mark.parametrize("case", LINES)
def test_our_line_is_what_would_be_read_of_it(case: tuple[str, str]) -> None:
    lines = [read_pip_line(line, 0) for line in case[0].splitlines()]
    packages = (dataclasses.replace(PACKAGE, line=case[1]),)
    addition = dataclasses.replace(ADDITION, index_url="", packages=packages)
    entries = extend_pip_part(lines, addition, "base.txt", Path())
    read = [read_pip_line(entry.text, 0) for entry in entries]
    assert [entry.line for entry in entries] == read
