"""The registration of the routes: it loads none of them, and the inputs follow it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from private_wheel.inputs.table import INPUTS
from private_wheel.publish.declaration import RouteDeclaration
from private_wheel.publish.routes import ROUTES

SOURCE = Path(__file__).resolve().parents[3] / "src"
# What takes long to load. Help and the inputs must not wait for it.
HEAVY = {"azure.core", "azure.identity", "azure.storage", "packaging", "requests", "twine"}


def test_each_value_of_the_input_is_a_route() -> None:
    (row,) = (row for row in INPUTS if row.name == "publish-to")
    assert row.choices == tuple(ROUTES) == ("feed", "blob", "workspace", "none")
    assert row.default in ROUTES


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
def test_destinations_are_inputs(route: RouteDeclaration) -> None:
    if route.destination:
        assert route.destination.input in {row.name for row in INPUTS}
        assert route.requires(route.destination.input)
    assert route.requires("workspace") is route.into_workspaces
    assert not route.requires("if-exists")


@pytest.mark.parametrize("module", ["publish.routes", "inputs.table"])
def test_declarations_load_no_route(module: str) -> None:
    program = f"import sys, private_wheel.{module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program],
        cwd=SOURCE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert f"private_wheel.{module}" in loaded
    assert not HEAVY & set(loaded)
    assert not [name for name in loaded if name.endswith((".route", ".context", ".address"))]
