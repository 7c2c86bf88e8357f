"""The environment is read once, into typed parts: few modules see it at all."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3] / "src" / "private_wheel"

READS_ONCE = {
    "__main__.py",
    "hosts/__init__.py",
    "hosts/azure_pipelines.py",
    "hosts/base.py",
    "hosts/github.py",
    "hosts/terminal.py",
    "inputs/ambient.py",
    "inputs/reader.py",
    "inputs/reading.py",
    "inputs/secret_values.py",
    "inputs/table.py",
    "system/pip_configuration.py",
}
MAKES_THE_ENVIRONMENT_OF_CHILDREN = {
    "proof/check.py",
    "proof/install.py",
    "proof/uv_settings.py",
    "run/preparation.py",
    "secrets/child_environ.py",
    "system/children.py",
    "wheels/build.py",
    "wheels/isolated_build.py",
}


def names_in(path: Path) -> set[str]:
    """Return every name that a module uses: of variables, parameters and attributes."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
    return names


def test_no_other_module_sees_the_environment() -> None:
    seen = set()
    for path in ROOT.rglob("*.py"):
        if names_in(path) & {"environ", "getenv", "environb"}:
            seen.add(path.relative_to(ROOT).as_posix())
    assert seen <= READS_ONCE | MAKES_THE_ENVIRONMENT_OF_CHILDREN


def test_only_the_start_reads_the_environment_of_the_process() -> None:
    readers = []
    for path in ROOT.rglob("*.py"):
        if "os.environ" in path.read_text(encoding="utf-8"):
            readers.append(path.relative_to(ROOT).as_posix())
    assert readers == ["__main__.py"]
