"""What a bare machine is told about the package registries, and what is written where."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

import pytest

from scripts.bare_machine.machine import CannotRun, check_requirements
from scripts.bare_machine.registries import (
    Registries,
    npm_settings,
    pip_settings,
    registry_variables,
)


def test_pip_settings_lead_to_indexes_and_nowhere_else() -> None:
    settings = {
        "cert": "/etc/authority.pem",
        "constraint": "/srv/constraints.txt",
        "extra-index-url": "file:///srv/wheels https://other.invalid/simple",
        "find-links": "/srv/wheels",
        "index-url": "https://reader:s3cret@index.invalid/simple",
        "target": "/srv/packages",
    }
    assert pip_settings(settings) == {
        "cert": "/etc/authority.pem",
        "extra-index-url": "https://other.invalid/simple",
        "index-url": "https://reader:s3cret@index.invalid/simple",
    }
    assert pip_settings({"index-url": "file:///srv/wheels"}) == {}


def test_npm_settings_lead_to_registries_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_TOKEN", "s3cret")
    machine_wide = "registry=https://registry.invalid/\nprefix=/srv/npm\n; cafile=/srv/none.pem\n"
    of_user = (
        "cafile = /etc/user.pem\n"
        "@acme:registry=https://acme.invalid/\n"
        "//acme.invalid/:_authToken=${REGISTRY_TOKEN}\n"
        "fund=false\n"
    )
    environ = {"NPM_CONFIG_CAFILE": "/etc/variable.pem", "npm_config_prefix": "/srv/npm"}
    assert npm_settings([machine_wide, of_user], environ) == {
        "registry": "https://registry.invalid/",
        "cafile": "/etc/variable.pem",
        "@acme:registry": "https://acme.invalid/",
        "//acme.invalid/:_authToken": "s3cret",
    }


def test_variables_go_along_in_both_cases() -> None:
    wanted = {"HTTPS_PROXY": "http://proxy.invalid", "no_proxy": "localhost", "UV_INDEX": "a=b"}
    unwanted = {"HOME": "/srv", "GITHUB_TOKEN": "s3cret", "UV_CACHE_DIR": "/srv/uv"}
    assert registry_variables({**wanted, **unwanted}) == wanted


def test_files_are_gone_afterwards(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    own = tmp_path / "etc" / "hosts"
    own.write_text("the machine's own")
    outside = tmp_path / "outside"
    outside.write_text("not the machine's")
    (tmp_path / "etc" / "resolv.conf").symlink_to(outside)
    files = {"/etc/hosts": b"ours", "/etc/resolv.conf": b"ours", "/etc/pip/pip.conf": b"ours"}
    registries = Registries(debian_mirror="", files=files, variables={})
    with registries.written_to(tmp_path):
        assert own.read_text() == "ours"
        assert (tmp_path / "etc" / "resolv.conf").read_text() == "ours"
        assert (tmp_path / "etc" / "pip" / "pip.conf").read_text() == "ours"
    assert own.read_text() == "the machine's own"
    assert outside.read_text() == "not the machine's"
    assert not (tmp_path / "etc" / "pip" / "pip.conf").exists()


def test_an_ordinary_user_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(CannotRun, match=r"needs root.*sudo make test-bare"):
        check_requirements()


def test_debootstrap_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(CannotRun, match="apt-get install debootstrap"):
        check_requirements()
