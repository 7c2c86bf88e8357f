"""What one run reads: no text, line, configuration or wheel is read again and again."""

from __future__ import annotations

import configparser
import hashlib
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from .conftest import Job

BASE = f"""\
name: forecasts
channels: [conda-forge]
dependencies:
  - python={sys.version_info.major}.{sys.version_info.minor}
  - pip:
      - --pre
      - acme-forecast<1
"""


@dataclass(repr=False)
class Reads:
    """How often the program, and not the sandbox in the same process, has read each thing."""

    yaml: Counter[str] = field(default_factory=Counter)
    pip_lines: Counter[str] = field(default_factory=Counter)
    configurations: Counter[str] = field(default_factory=Counter)
    hashes: list[tuple[str, Any]] = field(default_factory=list)

    def modules_that_hashed(self, content: bytes) -> list[str]:
        """Return the module of each hash of these bytes."""
        digest = hashlib.sha256(content).digest()
        return [module for module, hashed in self.hashes if hashed.digest() == digest]

    def __repr__(self) -> str:
        yaml = sum(self.yaml.values())
        most = max(self.yaml.values(), default=0)
        lines = sum(self.pip_lines.values())
        return (
            f"{len(self.yaml)} texts parsed as YAML {yaml} times, one of them {most} times; "
            f"{len(self.pip_lines)} pip lines read {lines} times; "
            f"files of pip's configuration read {[*self.configurations.values()]} times; "
            f"hashes by {[module for module, _ in self.hashes]}"
        )


def calling_module() -> str:
    """Return the module of the program that called a wrapped function; empty for another."""
    name = str(sys._getframe(2).f_globals.get("__name__"))
    return name if name.startswith("private_wheel") else ""


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """Count what is read from now on."""
    reads = Reads()
    count_yaml(reads, monkeypatch)
    count_pip_lines(reads, monkeypatch)
    count_configurations(reads, monkeypatch)
    count_hashes(reads, monkeypatch)
    return reads


def count_yaml(reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a YAML object is asked to read: events, nodes or data."""

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        def read(yaml: YAML, stream: str) -> Any:
            if calling_module():
                reads.yaml[stream] += 1
            return original(yaml, stream)

        return read

    for name in ("parse", "compose", "load"):
        monkeypatch.setattr(YAML, name, wrapped(getattr(YAML, name)))


def count_pip_lines(reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one function that reads a line, wherever it was imported to."""
    import private_wheel.environment.model  # noqa: F401  # with all that imports the function
    from private_wheel.environment.pip.lines import read_pip_line

    def read(raw: str, line: int) -> Any:
        reads.pip_lines[raw] += 1
        return read_pip_line(raw, line)

    for module in [*sys.modules.values()]:
        if vars(module).get("read_pip_line") is read_pip_line and "private" in module.__name__:
            monkeypatch.setattr(module, "read_pip_line", read)


def count_configurations(reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    original = configparser.RawConfigParser.read_string

    def read(parser: Any, text: str, source: str = "<string>") -> None:
        if calling_module():
            reads.configurations[source] += 1
        original(parser, text, source)

    monkeypatch.setattr(configparser.RawConfigParser, "read_string", read)


def count_hashes(reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        def make(*arguments: Any, **options: Any) -> Any:
            hashed = original(*arguments, **options)
            if module := calling_module():
                reads.hashes.append((module, hashed))
            return hashed

        return make

    for name in ("new", "sha256"):
        monkeypatch.setattr(hashlib, name, wrapped(getattr(hashlib, name)))


def test_everything_is_read_once(wheel_job: Job, reads: Reads, tmp_path: Path) -> None:
    """By the route to a feed, with a workspace and an environment file of seven lines."""
    (wheel_job.checkout / "train.yml").write_text(BASE)
    configuration = tmp_path / "pip.conf"
    configuration.write_text("[global]\nretries = 2\n")
    ran = wheel_job.run(
        {"PIP_CONFIG_FILE": str(configuration)},
        package="*.whl",
        environment_base="train.yml",
        register_environment="true",
        **wheel_job.feed_inputs(),
        **wheel_job.workspace_inputs(),
    )
    assert ran.status == 0, ran.log
    print(reads)
    written = Path("azureml-environment/conda.yml").read_text()

    # When it is read, and when what was written is checked.
    assert reads.yaml[BASE] == 1, reads
    assert reads.yaml[written] == 1, reads
    assert max(reads.yaml.values()) <= 2, reads
    assert sum(reads.yaml.values()) == 3, reads  # the user's, conda.yml, environment.yml

    # Two lines of the user's, and two that are written.
    index = f"--extra-index-url {ran.outputs['index-url']}"
    lines = {"--pre", "acme-forecast<1", index, "acme-forecast==1.2.3"}
    assert {*reads.pip_lines} - lines == set(), reads
    assert reads.pip_lines["--pre"] == reads.pip_lines["acme-forecast<1"] == 1, reads
    assert max(reads.pip_lines.values()) == 1, reads

    assert reads.configurations[str(configuration)] == 1, reads
    assert max(reads.configurations.values()) == 1, reads

    wheel = next(wheel_job.checkout.glob("*.whl")).read_bytes()
    assert len(reads.modules_that_hashed(wheel)) == 1, reads
