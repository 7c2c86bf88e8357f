"""The registration of the routes: it loads none of them, and the inputs follow it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from private_wheel.inputs.table import INPUTS
from private_wheel.publish.declaration import RouteDeclaration
from private_wheel.publish.routes import ROUTE_NAMES, routes

SOURCE = Path(__file__).resolve().parents[3] / "src"
# What takes long to load. Help and the inputs must not wait for it.
HEAVY = {"azure.core", "azure.identity", "azure.storage", "packaging", "requests", "twine"}


def test_each_value_of_the_input_is_a_route() -> None:
    (row,) = (row for row in INPUTS if row.name == "publish-to")
    assert row.choices == ROUTE_NAMES == tuple(routes())
    assert row.default in ROUTE_NAMES


@pytest.mark.parametrize("route", routes().values(), ids=ROUTE_NAMES)
def test_destinations_are_inputs(route: RouteDeclaration) -> None:
    if route.destination:
        assert route.destination.input in {row.name for row in INPUTS}
        assert route.requires(route.destination.input)
    assert route.requires("workspace") is route.into_workspaces
    assert not route.requires("if-exists")


def loaded(program: str) -> set[str]:
    """Run a line of Python, and return the modules that it loads."""
    output = subprocess.run(
        [sys.executable, "-c", f"{program}; import sys; print(*sys.modules)"],
        cwd=SOURCE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return set(output.split())


def test_declarations_load_no_route() -> None:
    modules = loaded("from private_wheel.publish.routes import routes; routes()")
    assert "private_wheel.publish.feed.declaration" in modules
    assert not HEAVY & modules
    assert not [name for name in modules if name.endswith((".route", ".context", ".address"))]


def test_help_loads_no_declaration() -> None:
    modules = loaded("import private_wheel.inputs.table")
    assert "private_wheel.publish.routes" in modules
    assert not [name for name in modules if name.endswith(".declaration")]
