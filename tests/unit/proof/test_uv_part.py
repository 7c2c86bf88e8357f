"""What uv is given of an environment's pip part."""

from __future__ import annotations

import pytest

from private_wheel.environment.pip.lines import read_pip_line
from private_wheel.proof.uv_part import NotForUvError, UvPart, uv_part

MACHINE = ("https://pypi.org/simple/", "https://machine.invalid/simple/")
REPOSITORY = "git+https://git.invalid/acme-tools@v1#egg=acme-tools"


def part(*lines: str) -> UvPart:
    """On a machine with two indexes; an address gets a mark, and so does a line."""
    read = [read_pip_line(line, 0) for line in lines]
    return uv_part(
        read,
        machine_indexes=MACHINE,
        reachable_index=lambda url: f"{url}?",
        local_requirement=lambda requirement, _: f"{requirement} !",
    )


@pytest.mark.parametrize(
    ("lines", "indexes"),
    [
        ((), MACHINE),
        (("--extra-index-url https://a/",), (*MACHINE, "https://a/?")),
        (("--extra-index-url https://a/", "--index-url https://b/"), ("https://b/?",)),
        (
            ("--index-url https://b/", "--extra-index-url https://a/"),
            ("https://b/?", "https://a/?"),
        ),
        (("--extra-index-url https://a/ --extra-index-url https://a/",), (*MACHINE, "https://a/?")),
        (("--extra-index-url https://a/", "--no-index"), ()),
        (("--no-index --extra-index-url https://a/",), ()),
        (("--no-index", "--extra-index-url https://a/"), ()),
    ],
)
def test_the_indexes(lines: tuple[str, ...], indexes: tuple[str, ...]) -> None:
    found = part(*lines, "six")
    assert found.indexes == indexes
    assert found.of_machine == (indexes[: len(MACHINE)] == MACHINE)


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("six==1.17", "six==1.17"),
        (f"-e {REPOSITORY}", REPOSITORY),
        (f"--editable={REPOSITORY}[plots]", f"acme-tools[plots] @ {REPOSITORY}[plots]"),
        (
            f"{REPOSITORY}[a,b]&subdirectory=c",
            f"acme-tools[a,b] @ {REPOSITORY}[a,b]&subdirectory=c",
        ),
        (
            "acme-tools[plots] @ git+https://git.invalid/x",
            "acme-tools[plots] @ git+https://git.invalid/x",
        ),
    ],
)
def test_a_requirement(line: str, given: str) -> None:
    assert part("--no-binary six --pre", line).requirements == ("--no-binary six", f"{given} !")


def test_the_other_options() -> None:
    assert part("--pre", "-f https://a/ -f https://b/", "six --hash=sha256:00") == UvPart(
        indexes=MACHINE,
        of_machine=True,
        requirements=("six --hash=sha256:00 !",),
        find_links=("https://a/",),
        prereleases=True,
        is_hashed=True,
        hashes={"six": frozenset({("sha256", "00")})},
        unpinned=frozenset({"six"}),
    )


@pytest.mark.parametrize(
    "line", ["six @ https://a/${UV_INDEX}/six.whl", "six --config-settings a=b"]
)
def test_what_only_pip_could_do(line: str) -> None:
    with pytest.raises(NotForUvError) as caught:
        part(line)
    assert ("--config-settings" if "config" in line else "${UV_INDEX}") in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("https://a/acme-old-tools-1.0.tar.gz --hash=sha256:0a", "acme-old-tools"),
        ("acme_core @ https://a/x.whl#sha256=0A", "acme-core"),
        ("Acme.Core==1 --hash sha256:0a", "acme-core"),
    ],
)
def test_whose_hash_it_is(line: str, name: str) -> None:
    assert part(line).hashes == {name: frozenset({("sha256", "0a")})}
