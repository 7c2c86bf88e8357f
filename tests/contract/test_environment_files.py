"""Our environment files and connections, judged by Microsoft's own client."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.tags import parse_tag
from ruamel.yaml import YAML

from private_wheel.azureml.connection import ConnectionConfig, connection_properties
from private_wheel.environment.config import EnvironmentConfig, IndexMode
from private_wheel.environment.formats.files import write_environment
from private_wheel.environment.model import environment_of
from private_wheel.publish.route import Result
from private_wheel.secrets.redaction import Secret
from private_wheel.wheels.wheel import Wheel

FORMATS = ("conda", "azureml", "azureml-v1", "requirements")
INDEX = "https://pkgs.dev.azure.com/acme/data%20science/_packaging/python/pypi/simple/"
LOAD = """
import json, sys
from azure.ai.ml import load_environment
loaded = map(load_environment, sys.argv[1:])
print(json.dumps([[one.name, one.version, one.image, one.conda_file] for one in loaded]))
"""
PIP_READS = Path(__file__).with_name("pip_reads.py")
PUT_BODIES = """
import json, sys
from azure.ai.ml.entities import PatTokenConfiguration, UsernamePasswordConfiguration, WorkspaceConnection
bodies = []
for kind, username, password in json.loads(sys.argv[1]):
    user = UsernamePasswordConfiguration(username=username, password=password)
    credentials = user if username else PatTokenConfiguration(pat=password)
    target = "https://pkgs.dev.azure.com/acme"
    connection = WorkspaceConnection(name="acme", type=kind, target=target, credentials=credentials)
    bodies.append(connection._to_rest_object().as_dict()["properties"])
print(json.dumps(bodies))
"""
FULL_URL = (
    "https://acme.blob.core.windows.net/wheels/team%20a/acme_forecast-1.2.3%2Bgpu-py3-none-any.whl"
)
MODES: dict[IndexMode, str] = {"extra": "--extra-index-url", "only": "--index-url"}


def ask(script: str | Path, *arguments: str) -> Any:
    """Run a script with azure-ai-ml or pip in a process of its own, and return what it prints as
    JSON."""
    program = [str(script)] if isinstance(script, Path) else ["-c", script]
    command = [sys.executable, "-W", "ignore", *program, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def wheel(name: str = "acme-forecast", version: str = "1.2.3") -> Wheel:
    return Wheel(
        path=Path(f"{name.replace('-', '_')}-{version}-py3-none-any.whl"),
        name=name,
        version=version,
        sha256="0" * 64,
        requires_python="",
        tags=frozenset(parse_tag("py3-none-any")),
    )


def pinned(*wheels: Wheel) -> list[Result]:
    """As the feed route gives them."""
    return [
        Result(wheel=one, outcome="published", sha256=one.sha256, requirement=one.requirement)
        for one in wheels
    ]


def config(index_mode: IndexMode = "extra") -> EnvironmentConfig:
    return EnvironmentConfig(
        name="",
        version="",
        image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:20251130.v1",
        formats=FORMATS,
        directory="azureml-environment",
        python_version="3.11",
        index_mode=index_mode,
    )


def by_url(form: str) -> Result:
    """As the routes give it whose packages are not in an index."""
    package = wheel(version="1.2.3+gpu")
    line = form.format(name=package.name, url=FULL_URL, sha256=package.sha256)
    return Result(
        wheel=package, outcome="published", sha256=package.sha256, url=FULL_URL, requirement=line
    )


@dataclass(frozen=True, kw_only=True)
class Read:
    """One environment: its conda file as YAML, what the official client makes of its definition,
    and pip of its requirements."""

    conda: dict[str, Any]
    official: list[Any]
    pip: list[dict[str, Any]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Read]:
    """By index mode and route. In one process for all: the client takes longer to start than to
    load them."""
    pins = pinned(wheel(), wheel("second", "2!1.0rc1"))
    environments = {mode: environment_of(config(mode), pins, INDEX) for mode in MODES} | {
        "blob": environment_of(config(), [by_url("{name} @ {url}#sha256={sha256}")], ""),
        "workspace": environment_of(config(), [by_url("{url}")], ""),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("environments"))
        files = [
            write_environment(environment, FORMATS, Path(name))
            for name, environment in environments.items()
        ]
        loaded = ask(LOAD, *(str(one["azureml"]) for one in files))
        lines = ask(PIP_READS, *(str(one["requirements"]) for one in files))
        condas = [YAML(typ="safe").load(one["conda"]) for one in files]
    found = zip(environments, condas, loaded, lines, strict=True)
    return {
        name: Read(conda=conda, official=official, pip=pip) for name, conda, official, pip in found
    }


@pytest.mark.parametrize("mode", MODES)
def test_the_environment_loads_in_the_official_client(
    read: dict[str, Read], mode: IndexMode
) -> None:
    name, version, image, conda = read[mode].official
    assert (name, version, image) == ("acme-forecast", "1.2.3", config().image)
    assert conda == read[mode].conda
    assert conda["dependencies"][-1] == {
        "pip": [f"{MODES[mode]} {INDEX}", "acme-forecast==1.2.3", "second==2!1.0rc1"]
    }
    assert [str(Requirement(line)) for line in conda["dependencies"][-1]["pip"][1:]]
    options, *lines = read[mode].pip
    named = {"extra": ("extra_index_urls", [INDEX]), "only": ("index_url", INDEX)}[mode]
    assert named in options["options"].items()
    assert [(one["name"], one["specifier"]) for one in lines] == [
        ("acme-forecast", "==1.2.3"),
        ("second", "==2!1.0rc1"),
    ]


@pytest.mark.parametrize("route", ["blob", "workspace"])
def test_full_urls_load_in_the_official_client(read: dict[str, Read], route: str) -> None:
    _, version, _, conda = read[route].official
    link = f"{FULL_URL}#sha256={wheel().sha256}"
    line = {"blob": f"acme-forecast @ {link}", "workspace": FULL_URL}[route]
    assert version == "1.2.3+gpu"
    assert conda == read[route].conda
    assert conda["dependencies"][-1] == {"pip": [line]}
    assert [one["link"] for one in read[route].pip] == [link if route == "blob" else FULL_URL]


def test_the_files_are_the_same_every_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    directory = Path("azureml-environment")
    environment = environment_of(config(), pinned(wheel()), INDEX)

    def written() -> dict[str, bytes]:
        write_environment(environment, FORMATS, directory)
        return {
            path.as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
        }

    first = written()
    assert written() == first
    assert len(first) == 5
    assert not any(b"\r" in content for content in first.values())


def test_the_body_of_a_connection_is_the_official_clients() -> None:
    kinds = {"python_feed": "PythonFeed", "git": "Git"}
    asked = [(kind, username, "the-token") for kind in kinds for username in ("", "reader")]
    for (kind, username, token), theirs in zip(
        asked, ask(PUT_BODIES, json.dumps(asked)), strict=True
    ):
        wanted = ConnectionConfig(
            name="acme",
            token=Secret(token),
            username=username,
            target="https://pkgs.dev.azure.com/acme",
            category=kinds[kind],
        )
        ours = connection_properties(wanted, {})
        assert {name: value for name, value in ours.items() if name != "metadata"} == _camel(
            theirs
        ), (kind, username)


def _camel(properties: dict[str, object]) -> dict[str, object]:
    """Their serialisation without `metadata`, which is empty on both sides and null on one."""
    names = {"auth_type": "authType", "is_shared_to_all": "isSharedToAll"}
    return {
        names.get(name, name): value for name, value in properties.items() if name != "metadata"
    }
