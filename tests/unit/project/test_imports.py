"""The architecture: imports go one way, between packages and between files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3] / "src"
PROGRAM = "private_wheel"

# What each package may import, besides itself. An arrow that is missing here is a decision:
# move the code to where it belongs, or add the arrow if it goes down.
ALLOWED = {
    "__main__": {"errors", "hosts", "inputs", "run", "secrets", "system"},
    "run": {
        *("errors", "hosts", "inputs", "azureml", "proof", "environment", "publish", "wheels"),
        *("azure", "system", "secrets"),
    },
    "hosts": {"errors", "inputs", "secrets", "system"},
    "inputs": {
        *("errors", "azureml", "proof", "environment", "publish", "wheels", "azure", "system"),
        "secrets",
    },
    "azureml": {"errors", "publish", "azure", "system", "secrets"},
    "proof": {"errors", "environment", "publish", "wheels", "azure", "system", "secrets"},
    "environment": {"errors", "publish", "wheels", "secrets"},
    "publish": {"errors", "wheels", "azure", "system", "secrets"},
    "wheels": {"errors", "system", "secrets"},
    "azure": {"errors", "secrets"},
    "system": {"errors", "secrets"},
    "secrets": {"errors"},
    "errors": set(),
}


def files() -> dict[str, Path]:
    """Return every module of the program by its dotted name."""
    modules = {}
    for path in (ROOT / PROGRAM).rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        modules[".".join(parts).removesuffix(".__init__")] = path
    return modules


def imported(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    """Yield the modules of the program that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if submodule in modules else node.module


def package_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def graph() -> dict[str, set[str]]:
    modules = files()
    return {name: set(imported(path, modules)) for name, path in modules.items()}


def arrows() -> dict[str, set[str]]:
    """Return the packages that each package imports. The version, at the top, is for all."""
    found: dict[str, set[str]] = {}
    for module, targets in graph().items():
        package = package_of(module)
        others = {package_of(target) for target in targets} - {package, ""}
        found.setdefault(package, set()).update(others)
    found.pop("")
    return found


@pytest.mark.parametrize("package", arrows())
def test_only_the_allowed_packages_are_imported(package: str) -> None:
    assert arrows()[package] <= ALLOWED[package]


def test_the_table_goes_one_way() -> None:
    list(TopologicalSorter(ALLOWED).static_order())


def test_no_files_import_each_other() -> None:
    try:
        list(TopologicalSorter(graph()).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
