"""What is done about the connections of a workspace: a table, and no server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest

from private_wheel.azure.arm import Arm, StoredConnection
from private_wheel.azure.workspace_id import WorkspaceId
from private_wheel.azureml.connection import (
    ConnectionConfig,
    ConnectionPlan,
    connection_properties,
    plan_connection,
    set_connection,
    token_warnings,
    unserved_warning,
)
from private_wheel.errors import ConnectionConflict
from private_wheel.publish.feed.address import parse_feed
from private_wheel.secrets.redaction import Secret

WORKSPACE = WorkspaceId(subscription="s", resource_group="ml", name="acme-ml")
TARGET = "https://pkgs.dev.azure.com/acme"
GLOBEX = "https://pkgs.dev.azure.com/globex"


def wanted(name: str = "", **changed: Any) -> ConnectionConfig:
    values = {
        "name": name,
        "token": Secret("read-token"),
        "username": "",
        "target": TARGET,
        "category": "PythonFeed",
    }
    return ConnectionConfig(**{**values, **changed})


def stored(name: str, target: str = TARGET, category: str = "PythonFeed") -> StoredConnection:
    return StoredConnection(name=name, properties={"target": target, "category": category})


@pytest.mark.parametrize(
    ("name", "existing", "action", "chosen"),
    [
        ("", [], "create", "acme"),
        ("mine", [], "create", "mine"),
        ("", [stored("old")], "rotate", "old"),
        ("old", [stored("old")], "rotate", "old"),
        ("OLD", [stored("old")], "rotate", "old"),
        ("", [stored("old", TARGET.upper() + "/")], "rotate", "old"),
        ("", [stored("old", category="python_feed")], "rotate", "old"),
        ("", [stored("old", f"{TARGET}/".replace(".com", ".com:443"))], "rotate", "old"),
        ("", [stored("other", GLOBEX)], "create", "acme"),
        ("", [stored("git", category="Git")], "create", "acme"),
        ("", [stored("part", f"{TARGET}/ml"), stored("whole", TARGET[:-5])], "create", "acme"),
    ],
)
def test_the_plan(name: str, existing: list[StoredConnection], action: str, chosen: str) -> None:
    plan = plan_connection(WORKSPACE, wanted(name), existing)
    assert (plan.action, plan.name) == (action, chosen)
    assert plan.existing == (existing[0].properties if action == "rotate" else {})


@pytest.mark.parametrize(
    ("name", "existing", "words"),
    [
        ("", [stored("one"), stored("two")], "Delete all but one of one and two"),
        ("one", [stored("one"), stored("two", TARGET + "/")], "Delete all but one"),
        ("new", [stored("old")], "Leave out connection or set it to old"),
        ("", [stored("acme", GLOBEX)], "Choose another name"),
        ("mine", [stored("Mine", GLOBEX)], "Choose another name"),
        ("mine", [stored("mine", category="Git")], "Choose another name"),
    ],
)
def test_a_conflict(name: str, existing: list[StoredConnection], words: str) -> None:
    with pytest.raises(ConnectionConflict) as caught:
        plan_connection(WORKSPACE, wanted(name), existing)
    assert words in caught.value.fix
    assert "Nothing was changed" in caught.value.fix


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (stored("git", category="Git"), "has the same target"),
        (stored("part", f"{TARGET}/ml"), "part will serve"),
        (stored("whole", "https://pkgs.dev.azure.com"), "this one will serve"),
        (stored("other", GLOBEX), ""),
        (stored("near", f"{TARGET}2"), ""),
        (stored("git", f"{TARGET}/ml", "Git"), ""),
    ],
)
def test_a_connection_that_may_be_taken_for_the_wanted_one(
    other: StoredConnection, words: str
) -> None:
    warnings = plan_connection(WORKSPACE, wanted(), [other]).warnings
    assert len(warnings) == (1 if words else 0)
    assert all(words in warning for warning in warnings)


class RecordingArm:
    """ARM with the connections of one workspace; `meanwhile` are created by another run."""

    def __init__(self, *meanwhile: StoredConnection) -> None:
        self._connections = list(meanwhile)

    def put_connection(
        self, workspace: WorkspaceId, name: str, properties: Mapping[str, Any]
    ) -> None:
        self._connections.append(StoredConnection(name=name, properties=properties))

    def list_connections(self, workspace: WorkspaceId) -> Sequence[StoredConnection]:
        return self._connections


def plan(action: Any) -> ConnectionPlan:
    return ConnectionPlan(workspace=WORKSPACE, name="acme", action=action, existing={})


def test_a_second_one_that_another_run_created_meanwhile() -> None:
    arm = RecordingArm(stored("theirs", TARGET + "/"))
    with pytest.raises(ConnectionConflict, match="theirs and acme for the target"):
        set_connection(cast(Arm, arm), plan("create"), wanted())


@pytest.mark.parametrize(
    "meanwhile",
    [(), (stored("other", GLOBEX),), (stored("git", category="Git"),)],
)
def test_other_connections_that_were_created_meanwhile(
    meanwhile: Sequence[StoredConnection],
) -> None:
    set_connection(cast(Arm, RecordingArm(*meanwhile)), plan("create"), wanted())


@pytest.mark.parametrize(
    ("username", "existing", "expected"),
    [
        (
            "",
            {},
            {
                "authType": "PAT",
                "credentials": {"pat": "read-token"},
                "metadata": {},
                "isSharedToAll": True,
            },
        ),
        (
            "reader",
            {"metadata": {"owner": "ml"}, "isSharedToAll": False, "sharedUserList": ["someone"]},
            {
                "authType": "UsernamePassword",
                "credentials": {"username": "reader", "password": "read-token"},
                "metadata": {"owner": "ml"},
                "isSharedToAll": False,
                "sharedUserList": ["someone"],
            },
        ),
        (
            "",
            {"metadata": None, "isSharedToAll": None, "sharedUserList": [], "more": 1},
            {
                "authType": "PAT",
                "credentials": {"pat": "read-token"},
                "metadata": {},
                "isSharedToAll": True,
            },
        ),
    ],
)
def test_what_is_sent(username: str, existing: dict[str, Any], expected: dict[str, Any]) -> None:
    sent = connection_properties(wanted(username=username), existing)
    assert sent == {"target": TARGET, "category": "PythonFeed", **expected}


@pytest.mark.parametrize(
    ("changed", "feed", "feed_token", "words"),
    [
        ({}, "acme/python", "write-token", ""),
        ({}, "acme/python", "read-token", "are equal"),
        ({}, "globex/python", "", "does not serve"),
        ({"category": "Git"}, "globex/python", "", ""),
        ({}, "", "", ""),
    ],
)
def test_warnings_about_tokens_and_targets(
    changed: dict[str, Any], feed: str, feed_token: str, words: str
) -> None:
    address = parse_feed(feed) if feed else None
    warnings = token_warnings(wanted(**changed), address, Secret(feed_token))
    assert len(warnings) == (1 if words else 0)
    assert all(words in warning for warning in warnings)


@pytest.mark.parametrize(
    ("existing", "is_served"),
    [
        ([], False),
        ([stored("a")], True),
        ([stored("a", "https://pkgs.dev.azure.com")], True),
        ([stored("a", GLOBEX)], False),
        ([stored("a", category="Git")], False),
    ],
)
def test_a_feed_that_no_connection_serves(
    existing: list[StoredConnection], is_served: bool
) -> None:
    warning = unserved_warning(parse_feed("acme/python"), WORKSPACE, existing)
    assert (warning == "") is is_served
