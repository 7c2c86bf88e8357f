"""What uv is told, for each thing that pip's configuration can say."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from private_wheel.system.pip_configuration import (
    DEFAULT_INDEX,
    configuration_files,
    locked_uv_environ,
    read_pip_configuration,
    uv_environ,
)

INDEX = "https://mirror.example/simple/"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A machine on which nothing is configured."""
    return {
        "HOME": str(tmp_path),
        "XDG_CONFIG_DIRS": str(tmp_path / "xdg"),
        "PIP_CONFIG_FILE": os.devnull,
    }


def settings_of(environ: Mapping[str, str]) -> dict[str, str]:
    return read_pip_configuration(environ).settings


def told_uv(environ: Mapping[str, str]) -> dict[str, str]:
    return uv_environ(read_pip_configuration(environ), environ)


def told_locked_uv(environ: Mapping[str, str]) -> dict[str, str]:
    return locked_uv_environ(read_pip_configuration(environ), environ)


def configure(environ: dict[str, str], text: str) -> dict[str, str]:
    file = Path(environ["HOME"], "chosen.conf")
    file.write_text(text)
    return {**environ, "PIP_CONFIG_FILE": str(file)}


def test_nothing_configured_says_nothing(environ: dict[str, str]) -> None:
    assert told_uv(environ) == {}


@pytest.mark.parametrize(
    ("configured", "told"),
    [
        ({"PIP_INDEX_URL": INDEX}, {"UV_DEFAULT_INDEX": INDEX}),
        ({"PIP_PYPI_URL": INDEX}, {"UV_DEFAULT_INDEX": INDEX}),
        (
            {"PIP_EXTRA_INDEX_URL": f" {INDEX}\n https://user:pass@other.example/simple "},
            {
                "UV_INDEX": f"{INDEX} https://user:pass@other.example/simple",
                "UV_INDEX_STRATEGY": "unsafe-best-match",
            },
        ),
        (
            {"PIP_FIND_LINKS": "https://links.example/x /"},
            {"UV_FIND_LINKS": "https://links.example/x,/"},
        ),
        (
            {"PIP_FIND_LINKS": "file:/// /not-there file:///not-there"},
            {"UV_FIND_LINKS": "file:///"},
        ),
        ({"PIP_NO_INDEX": "0", "PIP_INDEX_URL": INDEX}, {"UV_DEFAULT_INDEX": INDEX}),
        (
            {"PIP_TRUSTED_HOST": "a.example b.example:8443"},
            {"UV_INSECURE_HOST": "a.example b.example:8443"},
        ),
        (
            {"PIP_PROXY": "http://proxy.example:3128"},
            dict.fromkeys(["HTTP_PROXY", "HTTPS_PROXY"], "http://proxy.example:3128"),
        ),
        ({"PIP_TIMEOUT": "7.6"}, {"UV_HTTP_TIMEOUT": "8"}),
        ({"PIP_TIMEOUT": "0.2"}, {"UV_HTTP_TIMEOUT": "1"}),
        ({"PIP_DEFAULT_TIMEOUT": "60"}, {"UV_HTTP_TIMEOUT": "60"}),
        ({"PIP_TIMEOUT": "soon"}, {}),
        ({"PIP_RETRIES": "0"}, {"UV_HTTP_RETRIES": "0"}),
        ({"PIP_KEYRING_PROVIDER": "subprocess"}, {"UV_KEYRING_PROVIDER": "subprocess"}),
        ({"PIP_KEYRING_PROVIDER": "auto"}, {}),
        ({"PIP_INDEX_URL": ""}, {}),
    ],
)
def test_each_option(
    environ: dict[str, str], configured: dict[str, str], told: dict[str, str]
) -> None:
    assert told_uv({**environ, **configured}) == told


def test_certificates_are_a_file_or_a_directory(environ: dict[str, str], tmp_path: Path) -> None:
    assert told_uv({**environ, "PIP_CERT": "/ca.pem"}) == {"SSL_CERT_FILE": "/ca.pem"}
    assert told_uv({**environ, "PIP_CERT": str(tmp_path)}) == {"SSL_CERT_DIR": str(tmp_path)}
    assert told_uv({**environ, "PIP_CLIENT_CERT": "/me.pem"}) == {"SSL_CLIENT_CERT": "/me.pem"}


def test_no_index_leaves_find_links_alone(environ: dict[str, str], tmp_path: Path) -> None:
    told = told_uv({**environ, "PIP_NO_INDEX": "yes", "PIP_INDEX_URL": INDEX, "PIP_EXTRA_INDEX_URL": INDEX,
                       "PIP_FIND_LINKS": str(tmp_path)})  # fmt: skip
    nowhere = Path(told["UV_DEFAULT_INDEX"].removeprefix("file://"))
    assert told == {"UV_FIND_LINKS": str(tmp_path), "UV_DEFAULT_INDEX": nowhere.as_uri()}
    assert not nowhere.exists()


@pytest.mark.parametrize(
    ("option", "already"),
    [
        ({"PIP_INDEX_URL": INDEX}, "UV_DEFAULT_INDEX"),
        ({"PIP_INDEX_URL": INDEX}, "UV_INDEX_URL"),
        ({"PIP_CERT": "/ca.pem"}, "SSL_CERT_FILE"),
        ({"PIP_TIMEOUT": "60"}, "UV_HTTP_TIMEOUT"),
        ({"PIP_TRUSTED_HOST": "a.example"}, "UV_INSECURE_HOST"),
    ],
)
def test_what_the_user_told_uv_stays(
    environ: dict[str, str], option: dict[str, str], already: str
) -> None:
    assert told_uv({**environ, **option}) != {}
    assert told_uv({**environ, **option, already: "mine"}) == {}


def test_a_proxy_in_small_letters_stays(environ: dict[str, str]) -> None:
    told = told_uv(
        {**environ, "PIP_PROXY": "http://proxy.example", "https_proxy": "http://mine.example"}
    )
    assert told == {"HTTP_PROXY": "http://proxy.example"}


def test_extra_indexes_of_the_user_stay(environ: dict[str, str]) -> None:
    assert "UV_INDEX" not in told_uv(
        {**environ, "PIP_EXTRA_INDEX_URL": INDEX, "UV_EXTRA_INDEX_URL": "mine"}
    )


def test_sections_override_each_other_as_pip_says(environ: dict[str, str]) -> None:
    text = "[global]\nindex-url = of-global\ntimeout = 1\nproxy = p\n"
    text += "[install]\nindex_url = of-install\n[list]\ntimeout = 9\n"
    settings = settings_of({**configure(environ, text), "PIP_TIMEOUT": "3", "PIP_PROXY": ""})
    assert [settings[name] for name in ("index-url", "timeout", "proxy")] == [
        "of-install",
        "3",
        "p",
    ]


def test_files_are_read_in_pips_order(environ: dict[str, str], tmp_path: Path) -> None:
    del environ["PIP_CONFIG_FILE"]
    places = {
        "xdg/pip/pip.conf": "proxy cert retries timeout index-url",
        ".pip/pip.conf": "cert retries timeout index-url",
        ".config/pip/pip.conf": "retries timeout index-url",
        "venv/pip.conf": "timeout index-url",
    }
    for place, options in places.items():
        file = tmp_path / place
        file.parent.mkdir(parents=True)
        file.write_text(
            "[global]\n" + "".join(f"{option} = {place}\n" for option in options.split())
        )
    settings = settings_of({**environ, "VIRTUAL_ENV": str(tmp_path / "venv")})
    assert [settings[name] for name in ("cert", "retries", "timeout")] == list(places)[1:]
    chosen = tmp_path / "chosen.conf"
    chosen.write_text("[global]\nindex-url = chosen\n")
    settings = settings_of(
        {**environ, "VIRTUAL_ENV": str(tmp_path / "venv"), "PIP_CONFIG_FILE": str(chosen)}
    )
    assert (settings["index-url"], settings["timeout"]) == ("chosen", "venv/pip.conf")
    assert (
        settings.get("retries") != ".config/pip/pip.conf"
    )  # a chosen file stands in for the user's own


def test_the_files_of_each_system(tmp_path: Path) -> None:
    home = str(tmp_path)
    unix = [
        str(file)
        for file in configuration_files({"HOME": home, "XDG_CONFIG_DIRS": "/a:/b"}, "linux")
    ]
    assert unix[:-1] == ["/a/pip/pip.conf", "/b/pip/pip.conf", "/etc/pip.conf", f"{home}/.pip/pip.conf",
                         f"{home}/.config/pip/pip.conf"]  # fmt: skip
    assert str(next(iter(configuration_files({"HOME": home}, "linux")))) == "/etc/xdg/pip/pip.conf"
    chosen_home = [
        str(file) for file in configuration_files({"HOME": home, "XDG_CONFIG_HOME": "/c"}, "linux")
    ]
    assert "/c/pip/pip.conf" in chosen_home
    mac = [str(file) for file in configuration_files({"HOME": home}, "darwin")]
    assert mac[:-1] == [
        "/Library/Application Support/pip/pip.conf",
        f"{home}/.pip/pip.conf",
        f"{home}/.config/pip/pip.conf",
    ]
    Path(home, "Library", "Application Support", "pip").mkdir(parents=True)
    assert f"{home}/Library/Application Support/pip/pip.conf" in map(
        str, configuration_files({"HOME": home}, "darwin")
    )
    folders = {
        "USERPROFILE": "C:/Users/me",
        "APPDATA": "C:/Users/me/Roaming",
        "PROGRAMDATA": "D:/Data",
    }
    windows = [file.as_posix() for file in configuration_files(folders, "win32")]
    assert windows[:-1] == [
        "D:/Data/pip/pip.ini",
        "C:/Users/me/pip/pip.ini",
        "C:/Users/me/Roaming/pip/pip.ini",
    ]


def test_without_an_active_environment_the_interpreters_own_file_counts() -> None:
    assert list(configuration_files({}))[-1] == Path(sys.prefix, "pip.conf")


def test_devnull_turns_all_files_off(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".pip").mkdir()
    (tmp_path / ".pip" / "pip.conf").write_text(f"[global]\nindex-url = {INDEX}\n")
    assert list(configuration_files(environ)) == []
    del environ["PIP_CONFIG_FILE"]
    assert settings_of(environ)["index-url"] == INDEX


@pytest.mark.parametrize(
    "text", ["no section\n", "[global]\nx = 1\nx = 2\n", "[global]\nindex-url = caf\udce9\n"]
)
def test_a_broken_file_is_left_to_pip(environ: dict[str, str], tmp_path: Path, text: str) -> None:
    environ = configure(environ, "")
    Path(environ["PIP_CONFIG_FILE"]).write_bytes(text.encode(errors="surrogateescape"))
    assert settings_of(environ)["config-file"] == environ["PIP_CONFIG_FILE"]


def test_a_locked_install_hears_of_indexes_only(environ: dict[str, str]) -> None:
    mine = {
        "UV_INDEX_URL": INDEX,
        "UV_INDEX_ACME_PASSWORD": "p",
        "UV_HTTP_TIMEOUT": "3",
        "PATH": "/bin",
    }
    loose = {
        "UV_NO_VERIFY_HASHES": "1",
        "UV_CONSTRAINT": "c.txt",
        "UV_NO_BINARY": "1",
        "UV_INSECURE_NO_ZIP_VALIDATION": "1",
    }
    told = told_locked_uv({**environ, **mine, **loose})
    assert told == {**environ, **mine, "UV_INDEX_STRATEGY": "unsafe-best-match"}
    assert (
        told_locked_uv({"UV_INDEX_STRATEGY": "first-index"})["UV_INDEX_STRATEGY"] == "first-index"
    )


@pytest.mark.parametrize(
    ("variables", "index"),
    [
        ({}, DEFAULT_INDEX),
        ({"PIP_INDEX_URL": INDEX}, INDEX),
        ({"PIP_INDEX_URL": INDEX, "UV_INDEX_URL": "https://old.example"}, "https://old.example"),
        (
            {"UV_DEFAULT_INDEX": "https://new.example", "UV_INDEX_URL": "https://old.example"},
            "https://new.example",
        ),
    ],
)
def test_the_default_index(environ: dict[str, str], variables: dict[str, str], index: str) -> None:
    assert read_pip_configuration({**environ, **variables}).default_index == index


@pytest.mark.parametrize(
    ("value", "no_index"), [("", False), ("0", False), ("false", False), ("1", True), ("Yes", True)]
)
def test_no_index(environ: dict[str, str], value: str, no_index: bool) -> None:
    assert read_pip_configuration({**environ, "PIP_NO_INDEX": value}).no_index is no_index


def test_without_a_secret_the_file_counts_again(environ: dict[str, str]) -> None:
    environ = configure(environ, f"[global]\nindex-url = {INDEX}\n")
    configuration = read_pip_configuration(
        {**environ, "PIP_INDEX_URL": "https://x:a-token@y.example", "PIP_TIMEOUT": "3"}
    )
    kept = configuration.without(["another-token", "a-token"])
    assert (kept.settings["index-url"], kept.settings["timeout"]) == (INDEX, "3")
    assert configuration.settings["index-url"] == "https://x:a-token@y.example"


def test_no_credential_shows(environ: dict[str, str]) -> None:
    environ = configure(environ, "[global]\nproxy = http://me:a-token@proxy.example\n")
    configuration = read_pip_configuration(
        {**environ, "PIP_INDEX_URL": "https://x:a-token@y.example", "UV_INDEX_URL": "a-token"}
    )
    assert "a-token" not in repr(configuration)
