"""What uv is told in a check, from its own variables and pip's configuration."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from private_wheel.environment.pip.lines import read_pip_line
from private_wheel.proof.index_server import IndexServer
from private_wheel.proof.uv_part import UvPart, uv_part
from private_wheel.proof.uv_settings import UvSettings
from private_wheel.system.pip_configuration import DEFAULT_INDEX, read_pip_configuration
from private_wheel.wheels.build import Workshop

SECRET = "token-of-the-run"
MIRROR, OTHER = "https://mirror.invalid/simple/", "https://other.invalid/simple/"
WITH_SECRET = f"https://me:{SECRET}@mirror.invalid/simple/"


def settings(**variables: str) -> UvSettings:
    environ = {"PIP_CONFIG_FILE": os.devnull, "HOME": "/nowhere", **variables}
    return UvSettings(
        Workshop(
            scratch=Path(),
            environ=environ,
            secrets=(SECRET,),
            pip=read_pip_configuration(environ),
            echo=print,
        )
    )


def part(*lines: str, machine: tuple[str, ...] = (DEFAULT_INDEX,)) -> UvPart:
    return uv_part(
        [read_pip_line(line, 0) for line in lines],
        machine_indexes=machine,
        reachable_index=str,
        local_requirement=lambda requirement, _: requirement,
    )


@pytest.mark.parametrize(
    ("variables", "indexes"),
    [
        ({}, [DEFAULT_INDEX]),
        ({"PIP_INDEX_URL": MIRROR}, [MIRROR]),
        ({"UV_DEFAULT_INDEX": OTHER, "PIP_INDEX_URL": MIRROR}, [OTHER]),
        ({"UV_INDEX_URL": MIRROR}, [MIRROR]),
        ({"PIP_EXTRA_INDEX_URL": f"{MIRROR} {OTHER}"}, [DEFAULT_INDEX, MIRROR, OTHER]),
        ({"UV_EXTRA_INDEX_URL": MIRROR}, [DEFAULT_INDEX, MIRROR]),
        # What needs a secret of the run is no index for foreign code.
        ({"PIP_INDEX_URL": WITH_SECRET}, [DEFAULT_INDEX]),
        ({"UV_EXTRA_INDEX_URL": f"{WITH_SECRET} {OTHER}"}, [DEFAULT_INDEX]),
    ],
)
def test_the_indexes_of_the_machine(variables: dict[str, str], indexes: list[str]) -> None:
    with IndexServer(None, "", lambda: None) as server:
        assert settings(**variables).indexes(server) == indexes


@pytest.mark.parametrize(
    ("checked", "indexes"),
    [
        (part("six"), {"UV_DEFAULT_INDEX": DEFAULT_INDEX}),
        (part(f"-i {MIRROR}"), {"UV_DEFAULT_INDEX": MIRROR}),
        (
            part(f"--extra-index-url {MIRROR} --extra-index-url {OTHER}"),
            {"UV_INDEX": f"{DEFAULT_INDEX} {MIRROR}", "UV_DEFAULT_INDEX": OTHER},
        ),
        (part("--no-index"), {}),
    ],
)
def test_the_indexes_of_a_part(checked: UvPart, indexes: dict[str, str]) -> None:
    environ = settings(UV_INDEX="https://ignored.invalid/").environ(checked, Path("/check"))
    found = {
        name: value for name, value in environ.items() if name in ("UV_INDEX", "UV_DEFAULT_INDEX")
    }
    assert found == indexes


def test_of_pip_s_files_only_addresses_with_a_secret_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text(f"[global]\nextra-index-url = {WITH_SECRET}\n  {OTHER}\n")
    with IndexServer(None, "", lambda: None) as server:
        indexes = settings(PIP_CONFIG_FILE=str(file)).indexes(server)
    assert indexes == [DEFAULT_INDEX, OTHER]


def test_the_links_of_the_machine_go_with_its_indexes(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    places = f"https://x.invalid/ https://x:{SECRET}@y.invalid/ https://z.invalid/"
    file.write_text(f"[global]\nfind-links = {places}\n")
    links = settings(PIP_CONFIG_FILE=str(file))
    for_machine = links.environ(part("six"), Path("/check"))
    assert for_machine.get("UV_FIND_LINKS") == "https://x.invalid/,https://z.invalid/"
    assert "UV_FIND_LINKS" not in links.environ(part(f"-i {MIRROR}"), Path("/check"))


@pytest.mark.parametrize(
    ("variables", "no_proxy"),
    [
        ({}, "127.0.0.1"),
        ({"NO_PROXY": "a,b"}, "a,b,127.0.0.1"),
        ({"NO_PROXY": "a", "no_proxy": "b"}, "b,127.0.0.1"),
    ],
)
def test_the_private_index_is_not_read_by_a_proxy(variables: dict[str, str], no_proxy: str) -> None:
    environ = settings(HTTPS_PROXY="http://proxy.invalid", **variables).environ(
        part("six"), Path("/check")
    )
    assert (environ["NO_PROXY"], environ["no_proxy"]) == (no_proxy, no_proxy)
    assert environ["HTTPS_PROXY"] == "http://proxy.invalid"


def test_what_uv_is_told_beside_addresses() -> None:
    told = settings(
        UV_HTTP_TIMEOUT="5",
        UV_OFFLINE=SECRET,
        UV_RESOLUTION="lowest",
        UV_CACHE_DIR="/shared",
        PIP_PRE="1",
        FEED_TOKEN=SECRET,
        OTHER=f"x{SECRET}",
    ).environ(part("six"), Path("/check"))
    assert (told["UV_HTTP_TIMEOUT"], told["UV_CACHE_DIR"]) == ("5", str(Path("/check/cache")))
    assert settings().environ(part("six"), Path("/check"))["UV_HTTP_TIMEOUT"] == "180"
    assert {"UV_OFFLINE", "UV_RESOLUTION", "PIP_PRE", "FEED_TOKEN", "OTHER"} & {*told} == set()
    assert SECRET not in str(told)
