"""When two environment versions make the same image, which version is the next one, and what is
sent."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from private_wheel.azureml.comparison import differences
from private_wheel.azureml.registration import Definition, next_version

CONDA = """\
# Written by hand.
name: acme
channels: [conda-forge]
dependencies:
  - python=3.10   # the cluster's
  - pip
  - pip:
      - --extra-index-url https://pkgs.dev.azure.com/acme/_packaging/python/pypi/simple/
      - acme-forecast==1.2.3
variables: {LEVEL: 3.10, QUIET: yes}
"""
# As azure-ai-ml writes it anew (PyYAML reads YAML 1.1).
REWRITTEN = """\
channels:
- conda-forge
dependencies:
- python=3.10
- pip
- pip:
  - --extra-index-url https://pkgs.dev.azure.com/acme/_packaging/python/pypi/simple/
  - acme-forecast==1.2.3
name: acme
variables:
  LEVEL: 3.1
  QUIET: true
"""
ROUTES = {"livenessRoute": {"path": "/", "port": 80}, "readinessRoute": {"path": "/", "port": 80}}


def properties(**changes: Any) -> dict[str, Any]:
    return {"image": "example.invalid/base:1", "condaFile": CONDA, "osType": "Linux", **changes}


@pytest.mark.parametrize(
    "stored",
    [
        properties(),
        properties(condaFile=REWRITTEN),
        properties(condaFile=CONDA.replace("\n", "\r\n")),
        properties(condaFile=CONDA.replace("[conda-forge]", "&channels [conda-forge]")),
        properties(osType=None),
        properties(osType="linux"),
        properties(build=None, inferenceConfig=None, tags=None, autoRebuild="Disabled"),
        properties(inferenceConfig={"livenessRoute": None}),
        properties(description="another", tags={"a": "b"}, isArchived=True, stage="Production"),
        properties(isAnonymous=False, environmentType="UserCreated", provisioningState="Succeeded"),
    ],
)
def test_the_same_image(stored: dict[str, Any]) -> None:
    assert differences(stored, properties()) == []


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (properties(image="example.invalid/base:2"), ["image", "registered example.invalid/base:2", "new example.invalid/base:1"]),
        (properties(image=None, build={"contextUri": "https://x.invalid"}), ["image (registered none", "build context"]),
        (properties(condaFile=CONDA.replace("1.2.3", "1.2.2")), ["registered acme-forecast==1.2.2; new", "==1.2.3"]),
        (properties(condaFile=CONDA.replace("QUIET: yes", "QUIET: no")), ["registered QUIET; new QUIET"]),
        (properties(condaFile=CONDA.replace("  - pip\n", "")), ["new pip"]),
        (properties(condaFile=CONDA.replace("conda-forge", "one, two, three, four")), ["channels: two", "and 1 more"]),
        (properties(condaFile=CONDA.replace("acme\n", "'1'\n", 1)), ["name: 1"]),
        (properties(condaFile="dependencies: [b, a]"), ["conda file"]),
        (properties(condaFile=""), ["conda file"]),
        (properties(condaFile=None), ["conda file"]),
        (properties(condaFile={"dependencies": []}), ["conda file"]),
        (properties(osType="Windows"), ["operating system (registered windows, new linux)"]),
        (properties(inferenceConfig=ROUTES), ["inference configuration"]),
        (properties(inferenceConfig="?"), ["inference configuration"]),
        ({}, ["image (registered none", "conda file"]),
    ],
)  # fmt: skip
def test_another_image(stored: dict[str, Any], words: list[str]) -> None:
    said = ", ".join(differences(stored, properties()))
    assert not [word for word in words if word not in said], said


def test_order_alone() -> None:
    """Of dependencies it counts: the first channel wins, and pip's options are read in turn."""
    stored, wanted = (
        properties(condaFile="channels: [a, b]"),
        properties(condaFile="channels: [b, a]"),
    )
    assert differences(stored, wanted) == ["conda file (the order of its entries)"]


def test_true_is_not_one() -> None:
    stored, wanted = (
        properties(condaFile="variables: {A: 1}"),
        properties(condaFile="variables: {A: true}"),
    )
    assert differences(stored, wanted)


def test_a_credential_in_what_is_there_is_not_told() -> None:
    lines = [
        "--extra-index-url https://me:first-secret@host.invalid/simple/",
        "https://h.invalid/a.whl?sig=second-secret",
    ]
    stored = properties(condaFile=f"dependencies: [{{pip: {lines}}}]")
    said = " ".join(differences(stored, properties()))
    assert "an entry with a credential" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    "stored",
    [
        "variables: {HF_TOKEN: hf_a-secret}",
        "dependencies: ['https://user:p/a-secret@host.invalid/x']",
        "variables: {AUTHORIZATION: 'Basic a-secret'}",
    ],
)
def test_what_people_keep_in_environments_is_not_told(stored: str) -> None:
    assert "secret" not in " ".join(differences(properties(condaFile=stored), properties()))


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {k: 1}\n" + "".join(
    f"{name}: &{name} {{<<: [{', '.join([f'*{before}'] * 10)}]}}\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "hostile",
    [
        BOMB,
        MERGES,
        "a: &a [*a]",
        "&a {b: *a}",
        "[" * 100_000,
        "- " * 400,
        "a: 1\na: 2",
        "!!python/object/apply:os.system [true]",
        "? [a, b]\n: c",
        "{1: a, b: c}",
        "a: 9999-99-99",
        "a: 1\n---\nb: 2",
        "\0",
        "x" * 2**18 + "y",
        "- x\n" * 60_000,
    ],
    ids=range(15),
)
def test_hostile_content_is_only_different(hostile: str) -> None:
    begun = time.process_time()
    (said,) = differences(properties(condaFile=hostile), properties())
    assert said.startswith("conda file (")
    assert len(said) < 1000
    assert time.process_time() - begun < 20


def test_few_aliases_are_followed() -> None:
    """azure-ai-ml writes them where the same list stands twice."""
    aliased = properties(condaFile="a: &id001 [x, y]\nb: *id001\n")
    assert differences(aliased, properties(condaFile="a: [x, y]\nb: [x, y]\n")) == []


@pytest.mark.parametrize(
    ("version", "taken", "following"),
    [
        ("1.2.3", [], "1.2.3-2"),
        ("1.2.3", ["1.2.3", "1.2.4"], "1.2.3-2"),
        ("1.2.3", ["1.2.3", "1.2.3-2", "1.2.3-4"], "1.2.3-3"),
        ("1.2.3rc1", ["1.2.3RC1", "1.2.3RC1-2"], "1.2.3rc1-3"),
        ("1.2.3-2", ["1.2.3", "1.2.3-2"], "1.2.3-3"),
        ("A-2", ["a"], "A-3"),
        ("RC", ["rc", "rc-2"], "RC-3"),
        ("2026-01-15", ["2026-01-15"], "2026-01-15-2"),
        ("7", ["7", "6"], "8"),
        ("7", ["7", "12", "1.2.3", "latest"], "13"),
        ("7", [], "8"),
        ("007", ["007"], "8"),
        ("²", ["²"], "²-2"),
    ],
)
def test_the_next_version(version: str, taken: list[str], following: str) -> None:
    assert next_version(version, taken) == following


@given(
    some.text("0123456789.-rcRC", min_size=1, max_size=5),
    some.lists(some.text("0123456789.-rcRC", max_size=5)),
)
def test_the_next_version_is_free(version: str, taken: list[str]) -> None:
    assert next_version(version, taken).lower() not in {
        version.lower(),
        *(other.lower() for other in taken),
    }


def sent(extra: Mapping[str, Any]) -> dict[str, Any]:
    return Definition(
        name="acme",
        version="1",
        image="example.invalid/base:1",
        conda="dependencies: []\n",
        extra=extra,
    ).properties


def test_what_is_sent() -> None:
    assert sent({}) == {
        "image": "example.invalid/base:1",
        "condaFile": "dependencies: []\n",
        "osType": "Linux",
        "isAnonymous": False,
    }
    route = {"path": "/live", "port": 8080}
    extra = {
        "description": "ours",
        "tags": {"team": "ml", "level": 3},
        "os_type": "linux",
        "inference_config": {
            "liveness_route": route,
            "readiness_route": route,
            "scoring_route": route,
        },
    }
    assert sent(extra) == {
        **sent({}),
        "description": "ours",
        "tags": {"team": "ml", "level": "3"},
        "inferenceConfig": {"livenessRoute": route, "readinessRoute": route, "scoringRoute": route},
    }


def test_a_conda_file_that_is_too_long_to_be_compared() -> None:
    long = properties(condaFile="a: b\n" + "#" * 2**18)
    assert differences(long, properties(condaFile="a: b\n")) == [
        "conda file (one of the two cannot be read)"
    ]
