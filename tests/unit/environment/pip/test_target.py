"""What a line installs: the name, the extras, the marker and the path that are read from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from private_wheel.environment.pip.target import Target, read_editable, read_target

SIX = Target(name="six", written="six")
REQUIREMENTS = {
    "six": SIX,
    "six==1.17.*": SIX,
    "Six.Seven_8>=1": Target(name="six-seven-8", written="Six.Seven_8"),
    "six[b, a] (>=1)": Target(name="six", extras=("b", "a"), written="six"),
    "six ; python_version<'3'": Target(name="six", marker="python_version<'3'", written="six"),
    "six;  extra ==  'a'": Target(name="six", marker="extra == 'a'", written="six"),
    "six @ https://a.invalid/x.whl": SIX,
    "six[a]@git+ssh://git@a.invalid/x.git@v1 ; os_name=='b'": Target(
        name="six", extras=("a",), marker="os_name=='b'", written="six"
    ),
    "six @ file:///croot/six": Target(name="six", path="/croot/six", written="six"),
}
URLS = {
    "https://a.invalid/six-1.0-py3-none-any.whl": Target(name="six"),
    "https://a.invalid/Six_Seven-1.0.tar.gz#sha256=00": Target(name="six-seven"),
    "https://a.invalid/main.zip": Target(),
    "https://a.invalid/main.zip#egg=Six[a,b]": Target(name="six", extras=("a", "b")),
    "git+https://a.invalid/x.git#subdirectory=b&egg=six": Target(name="six"),
    "git+https://a.invalid/x.git ; os_name == 'a'": Target(marker="os_name == 'a'"),
    "file:///x/six-1.0-py3-none-any.whl": Target(name="six", path="/x/six-1.0-py3-none-any.whl"),
    "file:dist/a%20b": Target(path="dist/a b"),
    "file:": Target(path="."),
}
PATHS = {
    ".": Target(path="."),
    "./lib[a, b]": Target(path="./lib", extras=("a", "b")),
    "../lib ; os_name == 'a'": Target(path="../lib", marker="os_name == 'a'"),
    "C:\\lib": Target(path="C:\\lib"),
    "./dist/six-1.0-py3-none-any.whl": Target(name="six", path="./dist/six-1.0-py3-none-any.whl"),
    "six-1.0.tar.gz": Target(name="six", path="six-1.0.tar.gz"),
    "SIX-1.0.ZIP": Target(path="SIX-1.0.ZIP"),
}
SLIPS = {
    "six=1.17": Target(name="six", problem="this is conda's syntax. Write six==1.17."),
    "Six[a] 1.17": Target(
        name="six", extras=("a",), problem="this is conda's syntax. Write Six==1.17."
    ),
    "six=>1": Target(
        name="six", problem="pip cannot read 'six=>1'. Write NAME==VERSION or NAME @ URL."
    ),
    "a b": Target(problem="pip cannot read 'a b'. Write NAME==VERSION or NAME @ URL."),
    "six[a,-b]=1": Target(
        name="six", extras=("a",), problem="this is conda's syntax. Write six==1."
    ),
}


@pytest.mark.parametrize(
    ("value", "target"), [*REQUIREMENTS.items(), *URLS.items(), *PATHS.items(), *SLIPS.items()]
)
def test_targets(value: str, target: Target) -> None:
    assert read_target(value) == target


NOT_EDITABLE = "--editable requires a directory or a repository. Remove --editable."
NO_NAME = "pip cannot tell the package name. Append #egg=NAME to the URL."
EDITABLES = {
    ".": Target(path="."),
    "lib/x[a]": Target(path="lib/x", extras=("a",)),
    "file:lib": Target(path="lib"),
    "git+https://a.invalid/x.git#egg=six": Target(name="six"),
    "git://a.invalid/x.git#egg=six": Target(name="six"),
    "six @ git+https://a.invalid/x.git": SIX,
    "git+https://a.invalid/x.git": Target(problem=NO_NAME),
    "six": Target(name="six", written="six", problem=NOT_EDITABLE),
    "https://a.invalid/six.zip": Target(problem=NOT_EDITABLE),
    "six @ https://a.invalid/six.zip": Target(name="six", written="six", problem=NOT_EDITABLE),
}


@pytest.mark.parametrize(("value", "target"), EDITABLES.items())
def test_editable_targets(value: str, target: Target) -> None:
    assert read_editable(value) == target


@pytest.mark.parametrize("read", [read_target, read_editable])
@pytest.mark.parametrize("value", ["a" * 100_000, "a " * 50_000, "[" * 50_000, "(" * 5_000])
def test_long_values_are_read_soon(read: Callable[[str], Target], value: str) -> None:
    """A pattern that backtracks would take hours."""
    read(value)
