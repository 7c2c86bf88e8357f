"""Our environment files and connections, judged by Microsoft's own client."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.tags import parse_tag
from ruamel.yaml import YAML

from private_wheel.config import ConnectionConfig, EnvironmentConfig, IndexMode
from private_wheel.connection import connection_properties
from private_wheel.environment.files import write_environment
from private_wheel.environment.model import environment_of
from private_wheel.publish import Result
from private_wheel.secrets import Secret
from private_wheel.wheel import Wheel

FORMATS = ("conda", "azureml", "azureml-v1", "requirements")
INDEX = "https://pkgs.dev.azure.com/acme/data%20science/_packaging/python/pypi/simple/"
LOAD = """
import json, sys
from azure.ai.ml import load_environment
environment = load_environment(sys.argv[1])
print(json.dumps([environment.name, environment.version, environment.image, environment.conda_file]))
"""
PIP_READS = Path(__file__).with_name("pip_reads.py")
PUT_BODY = """
import json, sys
from azure.ai.ml.entities import PatTokenConfiguration, UsernamePasswordConfiguration, WorkspaceConnection
kind, username, password = sys.argv[1:]
user = UsernamePasswordConfiguration(username=username, password=password)
credentials = user if username else PatTokenConfiguration(pat=password)
target = "https://pkgs.dev.azure.com/acme"
connection = WorkspaceConnection(name="acme", type=kind, target=target, credentials=credentials)
print(json.dumps(connection._to_rest_object().as_dict()["properties"]))
"""


def ask(script: str | Path, *arguments: str) -> Any:
    """Run a script with azure-ai-ml or pip in a process of its own, and return what it prints as JSON."""
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
    return [Result(wheel=one, outcome="published", sha256=one.sha256, requirement=one.requirement) for one in wheels]


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


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("azureml-environment")


@pytest.mark.parametrize(("index_mode", "option"), [("extra", "--extra-index-url"), ("only", "--index-url")])
def test_the_environment_loads_in_the_official_client(directory: Path, index_mode: IndexMode, option: str) -> None:
    environment = environment_of(config(index_mode), pinned(wheel(), wheel("second", "2!1.0rc1")), INDEX)
    files = write_environment(environment, FORMATS, directory)
    name, version, image, conda = ask(LOAD, str(files["azureml"]))
    assert (name, version, image) == ("acme-forecast", "1.2.3", config().image)
    assert conda == YAML(typ="safe").load(files["conda"])
    assert conda["dependencies"][-1] == {"pip": [f"{option} {INDEX}", "acme-forecast==1.2.3", "second==2!1.0rc1"]}
    assert [str(Requirement(line)) for line in conda["dependencies"][-1]["pip"][1:]]
    ((options, *read),) = ask(PIP_READS, str(files["requirements"]))
    named = {"extra": ("extra_index_urls", [INDEX]), "only": ("index_url", INDEX)}[index_mode]
    assert named in options["options"].items()
    assert [(one["name"], one["specifier"]) for one in read] == [("acme-forecast", "==1.2.3"), ("second", "==2!1.0rc1")]


@pytest.mark.parametrize("form", ["{name} @ {url}#sha256={sha256}", "{url}"], ids=["blob", "workspace"])
def test_full_urls_load_in_the_official_client(directory: Path, form: str) -> None:
    url = "https://acme.blob.core.windows.net/wheels/team%20a/acme_forecast-1.2.3%2Bgpu-py3-none-any.whl"
    package = wheel(version="1.2.3+gpu")
    line = form.format(name=package.name, url=url, sha256=package.sha256)
    result = Result(wheel=package, outcome="published", sha256=package.sha256, url=url, requirement=line)
    files = write_environment(environment_of(config(), [result], ""), FORMATS, directory)
    _, version, _, conda = ask(LOAD, str(files["azureml"]))
    assert version == "1.2.3+gpu"
    assert conda == YAML(typ="safe").load(files["conda"])
    assert conda["dependencies"][-1] == {"pip": [line]}
    ((read,),) = ask(PIP_READS, str(files["requirements"]))
    assert read["link"] == (f"{url}#sha256={package.sha256}" if "@" in form else url)


def test_the_files_are_the_same_every_time(directory: Path) -> None:
    environment = environment_of(config(), pinned(wheel()), INDEX)

    def written() -> dict[str, bytes]:
        write_environment(environment, FORMATS, directory)
        return {path.as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()}

    first = written()
    assert written() == first
    assert len(first) == 5
    assert not any(b"\r" in content for content in first.values())


@pytest.mark.parametrize("username", ["", "reader"])
@pytest.mark.parametrize(("category", "kind"), [("PythonFeed", "python_feed"), ("Git", "git")])
def test_the_body_of_a_connection_is_the_official_clients(username: str, category: str, kind: str) -> None:
    wanted = ConnectionConfig(
        name="acme",
        token=Secret("the-token"),
        username=username,
        target="https://pkgs.dev.azure.com/acme",
        category=category,
    )
    theirs = ask(PUT_BODY, kind, username, "the-token")
    assert isinstance(theirs, dict)
    ours = connection_properties(wanted, {})
    assert {name: value for name, value in ours.items() if name != "metadata"} == _camel(theirs)


def _camel(properties: dict[str, object]) -> dict[str, object]:
    """Their serialisation without `metadata`, which is empty on both sides and null on one."""
    names = {"auth_type": "authType", "is_shared_to_all": "isSharedToAll"}
    return {names.get(name, name): value for name, value in properties.items() if name != "metadata"}
