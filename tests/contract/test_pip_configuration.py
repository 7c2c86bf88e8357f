"""Our reading of pip's configuration against pip's own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pip
import pytest

from private_wheel.system.pip_configuration import read_pip_configuration

USER, LEGACY, GLOBAL, CHOSEN = (
    ".config/pip/pip.conf",
    ".pip/pip.conf",
    "xdg/pip/pip.conf",
    "chosen.conf",
)
SET_UPS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "nothing": ({}, {}),
    "variables": (
        {},
        {"PIP_INDEX_URL": "https://a/simple", "PIP_FIND_LINKS": "/x /y", "PIP_NO_INDEX": "1"},
    ),
    "user": ({USER: "[global]\nindex-url = https://u/simple\nRetries = 3\n"}, {}),
    "legacy below user": (
        {LEGACY: "[global]\nproxy = http://l\nretries = 1\n", USER: "[global]\nretries = 2\n"},
        {},
    ),
    "global below user": (
        {GLOBAL: "[global]\nproxy = http://g\ncert = /g.pem\n", USER: "[global]\ncert = /u.pem\n"},
        {},
    ),
    "install above global": (
        {USER: "[install]\nindex-url = https://i/simple\n[global]\nindex_url = https://g/simple\n"},
        {},
    ),
    "several lines": (
        {USER: "[global]\nextra-index-url =\n    https://a/simple\n    https://b/simple\n"},
        {},
    ),
    "chosen file, no user's": (
        {USER: "[global]\nproxy = http://u\n", CHOSEN: "[global]\ntrusted-host = c.example\n"},
        {"PIP_CONFIG_FILE": CHOSEN},
    ),
    "chosen file above site": (
        {
            "pip.conf": "[global]\nproxy = http://s\nretries = 1\n",
            CHOSEN: "[global]\nretries = 4\n",
        },
        {"PIP_CONFIG_FILE": CHOSEN},
    ),
    "a variable above all, an empty one not": (
        {USER: "[install]\nproxy = http://u\nretries = 3\n"},
        {"PIP_PROXY": "http://v", "PIP_RETRIES": ""},
    ),
    "no file at all": ({USER: "[global]\nproxy = http://u\n"}, {"PIP_CONFIG_FILE": "/dev/null"}),
}


@pytest.mark.parametrize("name", SET_UPS)
def test_we_read_what_pip_reads(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, variables = SET_UPS[name]
    # A virtual environment, because pip reads the pip.conf in it. It borrows the pip that runs
    # these tests.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    for place, text in files.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text)
    home = {
        "HOME": str(tmp_path),
        "XDG_CONFIG_DIRS": str(tmp_path / "xdg"),
        "VIRTUAL_ENV": str(tmp_path),
    }
    monkeypatch.chdir(tmp_path)  # so that the chosen file is found by its bare name
    said = subprocess.run(
        [tmp_path / "bin" / "python", "-W", "ignore", "-c", EFFECTIVE, Path(pip.__file__).parents[1]],
        env={**home, **variables}, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    theirs = json.loads(said)
    ours = read_pip_configuration({**home, **variables}).settings
    assert (ours.get("index-url") or theirs["default"]) == theirs["index_url"]
    assert ours.get("extra-index-url", "").split() == theirs["extra_index_urls"]
    assert ours.get("find-links", "").split() == theirs["find_links"]
    assert ours.get("trusted-host", "").split() == theirs["trusted_hosts"]
    assert (ours.get("cert"), ours.get("proxy")) == (theirs["cert"], theirs["proxy"])
    assert int(ours.get("retries", 5)) == theirs["retries"]
    assert bool(ours.get("no-index")) == theirs["no_index"]


def test_pip_config_list_names_the_same_values(tmp_path: Path) -> None:
    environ = {
        "HOME": str(tmp_path),
        "XDG_CONFIG_DIRS": str(tmp_path),
        "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"),
    }
    options = {
        "index-url": "https://a/simple",
        "find-links": "/x /y",
        "cert": "/ca.pem",
        "timeout": "7",
    }
    text = "".join(f"{name} = {value}\n" for name, value in options.items())
    (tmp_path / "pip.conf").write_text("[install]\n" + text)
    said = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    settings = read_pip_configuration(environ).settings
    assert {f"install.{name}={settings[name]!r}" for name in options} <= set(said.splitlines())


# What `pip install` starts from, once pip has read its configuration.
EFFECTIVE = """
import json, sys
sys.path.append(sys.argv.pop())
from pip._internal.commands import create_command
from pip._internal.models.index import PyPI
values = vars(create_command("install").parser.get_default_values())
names = "index_url extra_index_urls find_links trusted_hosts cert proxy retries no_index".split()
print(json.dumps({**{name: values[name] for name in names}, "default": PyPI.simple_url}))
"""
