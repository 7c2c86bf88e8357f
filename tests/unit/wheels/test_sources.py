"""What one line of the input `package` stands for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from private_wheel.errors import InvalidInputs
from private_wheel.inputs.config import Config
from private_wheel.inputs.reading import read_config
from private_wheel.wheels.sources import find_sources

WHEELS = ("a-1.0-py3-none-any.whl", "b-1.0-py3-none-any.whl", "c-1.0-py3-none-any.whl")
Make = Callable[..., Path]


@pytest.fixture
def make(checkout: Path) -> Make:
    """`make(path, …)` makes empty files."""

    def files(*paths: str) -> Path:
        for path in paths:
            (checkout / path).parent.mkdir(parents=True, exist_ok=True)
            (checkout / path).write_bytes(b"")
        return checkout

    return files


def found(checkout: Path, pattern: str) -> list[str]:
    return [str(path) for path in find_sources(pattern, checkout)]


def packages(checkout: Path, *lines: str) -> list[str]:
    environ = {"INPUT_PACKAGE": "\n".join(lines), "INPUT_FEED": "acme/python"}
    config: Config = read_config(environ, checkout, secrets=[])
    return [str(path) for path in config.packages]


@pytest.mark.parametrize(
    "pattern", ["dist", "dist/", "./dist", "dist/*.whl", "*/*.whl", "d[i]st/*"]
)
def test_a_directory_and_a_glob_stand_for_the_wheels_in_order(make: Make, pattern: str) -> None:
    checkout = make(*(f"dist/{name}" for name in reversed(WHEELS)))
    assert found(checkout, pattern) == [f"dist/{name}" for name in WHEELS]


def test_an_absolute_path_is_as_good(make: Make) -> None:
    checkout = make(*(f"dist/{name}" for name in WHEELS))
    for pattern in ("dist", "dist/*.whl"):
        assert found(checkout, f"{checkout}/{pattern}") == [
            f"{checkout}/dist/{name}" for name in WHEELS
        ]


def test_the_checkout_itself_may_be_the_directory(make: Make) -> None:
    checkout = make(*WHEELS)
    assert found(checkout, ".") == list(WHEELS)


def test_what_else_is_in_the_directory_is_left_alone(make: Make) -> None:
    more = (
        "b-1.0.tar.gz",
        "b-1.0-py3-none-any.whl.asc",
        "SHA256SUMS",
        "old/z-1.0-py3-none-any.whl",
        "whl",
        ".whl.swp",
    )
    checkout = make(*(f"dist/{name}" for name in (*WHEELS, *more)))
    assert found(checkout, "dist") == [f"dist/{name}" for name in WHEELS]


@pytest.mark.parametrize("mark", ["pyproject.toml", "setup.py"])
@pytest.mark.parametrize("pattern", [".", "project", "proj*"])
def test_a_project_that_holds_wheels_stays_a_project(make: Make, mark: str, pattern: str) -> None:
    """Else an old build that lies there would be published in place of a new one."""
    folder = "" if pattern == "." else "project/"
    checkout = make(folder + mark, folder + WHEELS[0], f"{folder}dist/{WHEELS[1]}")
    assert found(checkout, pattern) == [folder.rstrip("/") or "."]


@pytest.mark.parametrize("more", [(), ("dist/README.md",), ("dist/setup.cfg", "dist/b-1.0.tar.gz")])
def test_a_directory_with_nothing_to_publish_is_left_to_the_build(
    make: Make, more: tuple[str, ...]
) -> None:
    """Its error says what a project needs."""
    checkout = make(*more)
    (checkout / "dist").mkdir(exist_ok=True)
    assert found(checkout, "dist") == ["dist"]


def test_a_glob_that_finds_nothing_to_publish_is_told(make: Make) -> None:
    checkout = make("dist/README.md")
    for pattern in ("dist/*", "*.whl", "[", "no/where/*"):
        with pytest.raises(
            ValueError, match=r"matches no project directory and no \.whl file|does not exist"
        ):
            find_sources(pattern, checkout)


def test_a_glob_takes_projects_and_wheels_together(make: Make) -> None:
    checkout = make("one/pyproject.toml", "two/setup.py", "notes/README.md", WHEELS[0])
    assert found(checkout, "*") == [WHEELS[0], "one", "two"]


def test_a_name_that_looks_like_a_glob_is_a_name_first(make: Make) -> None:
    checkout = make("[ab]/pyproject.toml", "a/pyproject.toml")
    assert found(checkout, "[ab]") == ["[ab]"]


@pytest.mark.parametrize("pattern", ["README.md", "missing", "a-1.0-py3-none-any.whl"])
def test_what_is_no_source_is_told(make: Make, pattern: str) -> None:
    with pytest.raises(ValueError, match=r"is neither a directory nor|does not exist"):
        find_sources(pattern, make("README.md"))


@pytest.mark.parametrize(
    "pattern", ["link", "link/*.whl", "inside/away.whl", "inside", "../outside", "../outs*/*.whl"]
)
def test_links_are_followed_and_must_stay_in_the_checkout(make: Make, pattern: str) -> None:
    checkout = make(f"inside/{WHEELS[0]}")
    outside = checkout.parent / "outside"
    outside.mkdir()
    (outside / WHEELS[1]).write_bytes(b"")
    (checkout / "link").symlink_to(outside)
    (checkout / "inside" / "away.whl").symlink_to(outside / WHEELS[1])
    with pytest.raises(ValueError, match="is outside the checkout"):
        find_sources(pattern, checkout)


def test_lists_keep_their_order_and_name_each_file_once(make: Make) -> None:
    checkout = make(*(f"dist/{name}" for name in WHEELS), "project/pyproject.toml")
    a, b, c = (f"dist/{name}" for name in WHEELS)
    assert packages(checkout, c, "project", a) == [c, "project", a]
    assert packages(checkout, b, "dist") == [b, a, c]
    again = packages(checkout, "dist", "./dist", f"{checkout}/dist/*.whl", c)
    assert [Path(path).name for path in again] == list(WHEELS)


def test_all_wrong_lines_are_told_together(make: Make) -> None:
    with pytest.raises(InvalidInputs) as caught:
        packages(make(*(f"dist/{name}" for name in WHEELS)), "one", "dist", "two/*.whl")
    assert [problem.input for problem in caught.value.problems] == ["package", "package"]


@pytest.mark.parametrize("name", ["0-1.0-py3-none-any.whl", "z-1.0-py3-none-any.whl"])
def test_a_link_to_a_wheel_beside_it_is_not_lost(make: Make, name: str) -> None:
    """It is no wheel of its own, and the check of the wheels says so: whether it sorts before the
    other or behind."""
    checkout = make(f"dist/{WHEELS[0]}")
    (checkout / "dist" / name).symlink_to(WHEELS[0])
    assert f"dist/{name}" in packages(checkout, "dist")
