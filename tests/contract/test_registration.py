"""What we register and what azure-ai-ml registers are one and the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from private_wheel.azure.arm import Arm
from private_wheel.azure.clouds import Cloud
from private_wheel.azure.http import HttpClients
from private_wheel.azure.workspace_id import parse_workspace
from private_wheel.azureml.registration import (
    Definition,
    RegistrationPlan,
    plan_registrations,
    register_version,
)
from private_wheel.environment.addition import Addition, Package
from private_wheel.environment.base import read_base
from private_wheel.environment.extension import extend
from private_wheel.inputs.ambient import read_http_config
from sandbox import Sandbox
from sandbox.workspace.workspace import Workspace

ML_ENVIRONMENTS = Path(__file__).with_name("ml_environments.py")
VERSION = "2!1.2.3rc1"
INDEX = "https://pkgs.dev.azure.com/acme/data%20science/_packaging/python/pypi/simple/"
HASHED = f"acme-forecast @ https://acme.blob.core.windows.net/wheels/acme_forecast-1.2.3-py3-none-any.whl#sha256={'0' * 64}"
BASES = {
    "fresh": "",
    "inference": """\
# As a team keeps it.
$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json
name: serving
description: "Serves: the forecast, ünïcode & all"
tags: {team: ml, 'level': '3'}
image: mcr.microsoft.com/azureml/minimal-ubuntu22.04-py311-cpu-inference:20250601.v1
inference_config:
  liveness_route: {path: /, port: 5001}
  readiness_route: {path: /ready, port: 5001}
  scoring_route: {path: /score, port: 5001}
conda_file:
  name: serving
  channels: [conda-forge]
  dependencies:
    - python=3.10   # not 3.1
    - "pip=25.2"
    - pip:
        - 'numpy>=1.26,<2 ; python_version < "3.13"'
        - uvicorn[standard]
""",
    "conda": """\
name: odd
channels:
  - &main conda-forge
  - nodefaults
dependencies:
  - python=3.11
  - pip
  - pip:
      - six  # small
variables:
  LEVEL: 3.10
  OCTAL: 010
  QUIET: yes
  DAY: 2026-01-15
  NOTHING: ~
  MAIN: *main
""",
}


def definition(kind: str, directory: Path) -> Definition:
    """As a run makes it; the environment YAML is written into `directory`."""
    base = None
    if text := BASES[kind]:
        (directory / f"{kind}-base.yml").write_text(text, encoding="utf-8")
        base = read_base(f"{kind}-base.yml", directory)
    line = HASHED if kind == "conda" else "acme-forecast==1.2.3"
    addition = Addition(
        name="fresh" if base is None else "",
        version=VERSION,
        image="",
        python_version="",
        default_python="3.11",
        index_option="--extra-index-url",
        index_url="" if kind == "conda" else INDEX,
        packages=(Package(name="acme-forecast", line=line, sha256=()),),
    )
    extended = extend(base, addition)
    (directory / f"{kind}.yml").write_text(extended.definition, encoding="utf-8")
    return Definition(
        name=extended.name,
        version=VERSION,
        image=extended.image,
        conda=extended.conda,
        extra=extended.extra,
    )


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """azure-ai-ml registered everything in `theirs`, and again what we had registered in `ours`."""

    sandbox: Sandbox
    arm: Arm
    definitions: dict[str, Definition]
    seen: dict[str, Any]
    sent_by_us: dict[str, dict[str, Any]]

    def plan(self, workspace: str, kind: str) -> RegistrationPlan:
        found = parse_workspace(self.sandbox.workspace(workspace).short)
        return plan_registrations(self.arm, {found: self.definitions[kind]})[0]

    def stored(self, workspace: Workspace, kind: str) -> dict[str, Any]:
        return workspace.environments[self.definitions[kind].name][VERSION]


@pytest.fixture(scope="module")
def agreement(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agreement]:
    directory = tmp_path_factory.mktemp("agreement")
    with Sandbox(directory / "sandbox") as sandbox, pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        for name, value in sandbox.environ().items():
            patch.setenv(name, value)
        cloud = Cloud(name="Sandbox", arm=sandbox.url("arm"), authority="", storage_suffixes=())
        contributor = sandbox.identities.contributor
        token = sandbox.access_tokens.issue(contributor, sandbox.url("arm"))
        http = HttpClients(read_http_config(sandbox.environ()))
        arm = Arm(cloud, lambda: f"Bearer {token}", http)
        ours = parse_workspace(sandbox.workspace("acme-test").short)
        definitions = {kind: definition(kind, directory) for kind in BASES}
        for one in definitions.values():
            register_version(arm, plan_registrations(arm, {ours: one})[0], one)
        sent = {
            name: versions[VERSION]
            for name, versions in sandbox.workspace("acme-test").environments.items()
        }
        files = [str(directory / f"{kind}.yml") for kind in BASES]
        ended = subprocess.run(
            [
                *(
                    sys.executable,
                    "-W",
                    "ignore",
                    str(ML_ENVIRONMENTS),
                    ours.subscription,
                    ours.resource_group,
                ),
                *("acme-ml", "acme-test", *files),
            ],
            env={**os.environ, **sandbox.service_principal_environ(contributor)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        seen = json.loads(ended.stdout.splitlines()[-1])
        yield Agreement(
            sandbox=sandbox, arm=arm, definitions=definitions, seen=seen, sent_by_us=sent
        )
        arm.close()


@pytest.mark.parametrize("kind", BASES)
class TestAgreement:
    def test_we_recognise_what_it_registered(self, agreement: Agreement, kind: str) -> None:
        stored = agreement.stored(agreement.sandbox.workspace("acme-ml"), kind)
        assert stored["condaFile"] != agreement.definitions[kind].conda  # it writes its own
        assert agreement.plan("acme-ml", kind).action == "identical"

    def test_it_reads_what_we_registered(self, agreement: Agreement, kind: str) -> None:
        ours = agreement.definitions[kind]
        read = agreement.seen["read"][ours.name]
        assert read == agreement.seen["created"][ours.name]
        assert read["image"] == ours.image
        assert (
            read["conda_file"]["dependencies"] == YAML(typ="safe").load(ours.conda)["dependencies"]
        )
        assert read["tags"] == ours.extra.get("tags", {})
        assert read["description"] == ours.extra.get("description")

    def test_it_may_register_it_again(self, agreement: Agreement, kind: str) -> None:
        ours = agreement.definitions[kind]
        assert agreement.seen["again"][ours.name] == agreement.seen["read"][ours.name]
        assert agreement.plan("acme-test", kind).action == "identical"

    def test_what_we_send_is_what_it_sends(self, agreement: Agreement, kind: str) -> None:
        """But for the text of the conda file, which it writes anew, and what is so without being
        said."""
        theirs = dict(agreement.stored(agreement.sandbox.workspace("acme-ml"), kind))
        ours = dict(agreement.sent_by_us[agreement.definitions[kind].name])
        assert (theirs.pop("isArchived"), ours.pop("osType")) == (False, "Linux")
        theirs.pop("condaFile"), ours.pop("condaFile")
        assert ours == theirs


class TestStandIn:
    def test_refuses_other_content(self, agreement: Agreement) -> None:
        assert agreement.seen["changed"] == 409

    def test_lists_pages_and_archives(self, agreement: Agreement) -> None:
        active, every, restored = (
            agreement.seen["listed"][name] for name in ("active", "all", "restored")
        )
        assert active == ["three", "one", VERSION]
        assert every == restored == ["three", "two", "one", VERSION]
        assert agreement.seen["latest"] == "three"
        assert agreement.seen["names"] == sorted(one.name for one in agreement.definitions.values())
