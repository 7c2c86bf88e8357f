"""The architecture: imports go one way, between packages and between files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

# What each package may import, besides itself. An arrow that is missing here is a decision:
# move the code to where it belongs, or add the arrow if it goes down.
PROGRAM = {
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
SANDBOX = {
    "__main__": {"assembly", "blob", "declared"},
    "demo": {"workspace"},
    "assembly": {
        *("addresses", "declared", "workspace", "feed", "blob", "index", "identity", "network"),
    },
    "addresses": {"declared", "blob", "network"},
    "declared": {"workspace", "feed"},
    "workspace": {"blob", "identity"},
    "feed": {"index", "identity"},
    "blob": {"identity", "network"},
    "index": set(),
    "identity": set(),
    "network": set(),
}
# A tree of modules by the path of its folder, with what its packages may import.
TREES = {"src/private_wheel": PROGRAM, "sandbox": SANDBOX}


def files(tree: str) -> dict[str, Path]:
    """Return every module of a tree by its dotted name."""
    top = (ROOT / tree).parent
    modules = {}
    for path in (ROOT / tree).rglob("*.py"):
        parts = path.relative_to(top).with_suffix("").parts
        if "node_modules" not in parts:
            modules[".".join(parts).removesuffix(".__init__")] = path
    return modules


def imported(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    """Yield the modules of its tree that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if submodule in modules else node.module


def package_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


@cache
def graph(tree: str) -> dict[str, set[str]]:
    """Return the modules that each module imports."""
    modules = files(tree)
    return {name: set(imported(path, modules)) for name, path in modules.items()}


def arrows(tree: str) -> dict[str, set[str]]:
    """Return the packages that each package imports. What stands at the top is for all."""
    found: dict[str, set[str]] = {}
    for module, targets in graph(tree).items():
        package = package_of(module)
        others = {package_of(target) for target in targets} - {package, ""}
        found.setdefault(package, set()).update(others)
    found.pop("")
    return found


PACKAGES = [(tree, package) for tree in TREES for package in arrows(tree)]


@pytest.mark.parametrize(("tree", "package"), PACKAGES)
def test_only_the_allowed_packages_are_imported(tree: str, package: str) -> None:
    assert arrows(tree)[package] <= TREES[tree][package]


@pytest.mark.parametrize("tree", TREES)
def test_the_table_goes_one_way(tree: str) -> None:
    list(TopologicalSorter(TREES[tree]).static_order())


@pytest.mark.parametrize("tree", TREES)
def test_the_table_has_the_packages_that_exist(tree: str) -> None:
    assert TREES[tree].keys() == arrows(tree).keys()


@pytest.mark.parametrize("tree", TREES)
def test_no_files_import_each_other(tree: str) -> None:
    try:
        list(TopologicalSorter(graph(tree)).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
