"""Reading the inputs: every value typed, every problem told at once."""

from __future__ import annotations

import base64
import inspect
from collections.abc import Mapping
from pathlib import Path

import pytest

import private_wheel.inputs.reading
from private_wheel.errors import InvalidInputs
from private_wheel.hosts import SECRET_VARIABLES
from private_wheel.inputs.config import Config
from private_wheel.inputs.reading import read_config
from private_wheel.inputs.secret_values import secret_values
from private_wheel.inputs.table import INPUTS
from private_wheel.publish.routes import routes
from private_wheel.system.pip_configuration import PipConfiguration

WORKSPACE = "11111111-2222-3333-4444-555555555555/ml/acme-ml"
FEED = {"feed": "acme/python"}
NOTHING_CONFIGURED = PipConfiguration(files={}, variables={})


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(checkout: Path, inputs: Mapping[str, str]) -> Config:
    variables = {row.name: row.variable for row in INPUTS}
    environ = {variables[name]: value for name, value in inputs.items()}
    secrets = secret_values(environ, NOTHING_CONFIGURED, SECRET_VARIABLES)
    return read_config(environ, checkout, secrets)


def problems(checkout: Path, inputs: Mapping[str, str]) -> list[str]:
    with pytest.raises(InvalidInputs) as caught:
        read(checkout, inputs)
    return [str(problem) for problem in caught.value.problems]


def test_defaults(checkout: Path) -> None:
    config = read(checkout, FEED)
    assert config.packages == (Path(),)
    assert (config.route.name, config.if_exists, config.match_tag, config.verify) == (
        "feed",
        "verify",
        "auto",
        "published",
    )
    assert config.environment.formats == ("conda", "azureml")
    assert config.connection is None
    assert not config.dry_run


def test_every_row_of_the_table_is_read() -> None:
    source = inspect.getsource(private_wheel.inputs.reading)
    of_routes = {route.destination.input for route in routes().values() if route.destination}
    assert not {row.name for row in INPUTS if f'"{row.name}"' not in source} - of_routes


def test_an_empty_value_is_not_given(checkout: Path) -> None:
    everything_empty = {row.name: "  " for row in INPUTS}
    assert read(checkout, {**everything_empty, **FEED}) == read(checkout, FEED)


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("TRUE", True), ("False", False), ("false", False)]
)
def test_booleans_in_any_case(checkout: Path, text: str, value: bool) -> None:
    assert read(checkout, {**FEED, "dry-run": text}).dry_run is value


def test_lists_are_one_a_line_and_each_once(checkout: Path) -> None:
    config = read(checkout, {**FEED, "workspace": f"\n {WORKSPACE} \n{WORKSPACE}2\n{WORKSPACE}\n"})
    assert [workspace.name for workspace in config.workspaces] == ["acme-ml", "acme-ml2"]


def test_secrets_do_not_show(checkout: Path) -> None:
    inputs = {
        **FEED,
        "workspace": WORKSPACE,
        "feed-token": "write-token-1",
        "connection-token": "read-token-1",
    }
    config = read(checkout, inputs)
    assert config.feed_credentials.token.value == "write-token-1"
    assert (
        "token-1"
        not in f"{config!r} {config} {config.feed_credentials.token} {config.feed_credentials.token!r}"
    )
    assert config.secrets == ("write-token-1", "read-token-1")


@pytest.mark.parametrize(
    ("inputs", "name", "words"),
    [
        ({}, "feed", "is required"),
        ({"feed": "python"}, "feed", "organisation/feed"),
        ({"feed": "acme/python@Release"}, "feed", "view"),
        (
            {"feed": "http://pkgs.dev.azure.com/acme/_packaging/python/pypi/simple/"},
            "feed",
            "clear text",
        ),
        (
            {"feed": "https://me:pat@pkgs.dev.azure.com/acme/_packaging/python/pypi/simple/"},
            "feed",
            "credential",
        ),
        ({**FEED, "feed-token": "$(FEED_PAT)"}, "feed-token", "$(FEED_PAT) does not exist"),
        (
            {**FEED, "workspace": f"{WORKSPACE}\n$(ML.Workspace)"},
            "workspace",
            "$(ML.Workspace) does not exist",
        ),
        ({**FEED, "feed-token": "abc"}, "feed-token", "too short"),
        ({**FEED, "feed-token": "line-one\nline-two"}, "feed-token", "line break"),
        ({**FEED, "publish-to": "feeds"}, "publish-to", "Choose feed, blob, workspace"),
        ({"publish-to": "blob"}, "container", "is required"),
        ({"publish-to": "blob", "container": "/srv/wheels"}, "container", "not a web address"),
        ({"publish-to": "workspace"}, "workspace", "is required"),
        ({**FEED, "register-environment": "true"}, "workspace", "is required"),
        (
            {"publish-to": "none", "register-environment": "true", "workspace": WORKSPACE},
            "register-environment",
            "is none",
        ),
        ({"publish-to": "none", "verify": "install"}, "verify", "Specify the feed"),
        (
            {"publish-to": "none", "environment-formats": "wheelhouse"},
            "environment-formats",
            "Specify the feed",
        ),
        ({**FEED, "if-exists": "replace"}, "if-exists", "never forgets"),
        ({**FEED, "check-public-name": "perhaps"}, "check-public-name", "Choose true or false."),
        ({**FEED, "dry-run": "yes"}, "dry-run", "invalid value 'yes'. Choose true or false."),
        ({**FEED, "workspace": "acme-ml"}, "workspace", "ARM ID"),
        ({**FEED, "workspace": "not-a-guid/ml/acme-ml"}, "workspace", "GUID"),
        ({**FEED, "connection": "ab"}, "connection", "3 to 33"),
        ({**FEED, "connection": "has blank"}, "connection", "3 to 33"),
        ({**FEED, "connection-token": "read-token-1"}, "workspace", "is required"),
        ({**FEED, "connection-target": "https://u:p@host/"}, "connection-target", "credential"),
        ({**FEED, "environment-name": "AzureML-mine"}, "environment-name", "AzureML"),
        (
            {**FEED, "environment-dir": "../elsewhere"},
            "environment-dir",
            "is outside the working directory",
        ),
        (
            {**FEED, "environment-dir": "C:\\elsewhere"},
            "environment-dir",
            "is outside the working directory",
        ),
        ({**FEED, "environment-dir": "."}, "environment-dir", "below it"),
        ({**FEED, "python-version": "3"}, "python-version", "such as '3.11'"),
        ({**FEED, "cloud": "AzureGermanCloud"}, "cloud", "AzureUSGovernment"),
        (
            {**FEED, "azure-client-id": "11111111-2222-3333-4444-555555555555"},
            "azure-tenant-id",
            "must be set together",
        ),
        ({**FEED, "package": "nowhere"}, "package", "does not exist"),
        ({**FEED, "package": "dist/*.whl"}, "package", "matches no"),
        ({**FEED, "package": ".."}, "package", "outside the checkout"),
        ({**FEED, "package": "/"}, "package", "outside the checkout"),
    ],
)
def test_each_problem_names_its_input(
    checkout: Path, inputs: dict[str, str], name: str, words: str
) -> None:
    (problem,) = problems(checkout, inputs)
    assert problem.startswith(f"{name}: ")
    assert words in problem


def test_a_link_out_of_the_checkout(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "secret-1.0-py3-none-any.whl"
    elsewhere.write_bytes(b"")
    (checkout / "secret-1.0-py3-none-any.whl").symlink_to(elsewhere)
    (problem,) = problems(checkout, {**FEED, "package": "*.whl"})
    assert "outside the checkout" in problem


def test_fifty_problems_are_told_at_once(checkout: Path) -> None:
    many = "\n".join(f"workspace-{number}" for number in range(48))
    found = problems(checkout, {"feed": "x", "dry-run": "maybe", "workspace": many})
    assert len(found) == 50
    assert all(f"workspace-{number}" in " ".join(found) for number in range(48))


def test_no_secret_is_in_a_problem(checkout: Path) -> None:
    inputs = {
        "feed": "https://user:the-password@host/simple/",
        "feed-token": "the-token\nsecond-line",
    }
    text = " ".join(problems(checkout, inputs))
    assert "the-password" not in text
    assert "the-token" not in text
    assert "second-line" not in text


def test_a_glob_takes_wheels_and_projects_only(checkout: Path) -> None:
    for name in ("one", "two"):
        (checkout / "libs" / name).mkdir(parents=True)
        (checkout / "libs" / name / "pyproject.toml").write_text("")
    (checkout / "libs" / "README.md").write_text("")
    (checkout / "libs" / "empty").mkdir()
    (checkout / "libs" / "three-1.0-py3-none-any.whl").write_bytes(b"")
    found = read(checkout, {**FEED, "package": "libs/*"}).packages
    assert [path.name for path in found] == ["one", "three-1.0-py3-none-any.whl", "two"]


@pytest.mark.parametrize(("given", "packages"), [("", 0), (".", 1)])
def test_only_a_connection_token_and_no_package_is_the_rotation_job(
    checkout: Path, given: str, packages: int
) -> None:
    inputs = {
        **FEED,
        "publish-to": "none",
        "workspace": WORKSPACE,
        "connection-token": "read-token-1",
        "package": given,
    }
    assert len(read(checkout, inputs).packages) == packages


def test_a_secret_of_the_run_in_the_base_is_told_by_its_line_in_any_form(checkout: Path) -> None:
    token = "a-token-of-the-run"
    for form in (token, base64.b64encode(f"x:{token}".encode()).decode()):
        (checkout / "train.txt").write_text(f"six\n# {form}\n")
        (problem,) = problems(
            checkout, {**FEED, "environment-base": "train.txt", "feed-token": token}
        )
        assert "train.txt, line 2: contains a credential" in problem
        assert form not in problem


def test_without_a_package_nothing_can_be_registered(checkout: Path) -> None:
    inputs = {"publish-to": "none", "workspace": WORKSPACE, "connection-token": "a-token-to-read"}
    target = {"connection-target": "https://acme.invalid", "register-environment": "true"}
    (problem,) = problems(checkout, {**inputs, **target})
    assert problem.startswith("register-environment: 'true' registers published packages")


LOGINS = [
    "u:s3cret@h",
    "https:/u:s3cret@h",
    "//u:s3cret@h",
    "https//u:s3cret@h/x",
    "https%3A//u:s3cret@h",
    "https:\\\\u:s3cret@h",
    "https://u:s3cret@h",
    "u:s3cret\u00a0x@h",
    "u:x\u00a0s3cret@h",
    "u:x,s3cret@h",
    "h/u:s3cret@h",
]


@pytest.mark.parametrize("login", [*LOGINS, "AccountKey=s3cret"])
@pytest.mark.parametrize(
    "name",
    ["environment-image", "feed", "container", "connection-target", "python-version", "environment-name", "cloud",
     "environment-version", "environment-formats", "index-mode", "dry-run", "connection"],
)  # fmt: skip
def test_no_login_in_an_input_is_told(checkout: Path, name: str, login: str) -> None:
    inputs = {**FEED, name: login, "publish-to": "blob" if name == "container" else "feed"}
    found = problems(checkout, inputs)
    assert any(problem.startswith(f"{name}: ") for problem in found)
    assert "s3cret" not in " ".join(found)


def test_a_token_in_the_wrong_input_is_not_told(checkout: Path) -> None:
    token = f"ghp_{'aB3' * 12}"
    for name in ("feed", "connection-target", "cloud", "python-version", "dry-run"):
        (problem,) = problems(checkout, {**FEED, name: token})
        assert problem.startswith((f"{name}: '…' is ", f"{name}: invalid value '…'."))
