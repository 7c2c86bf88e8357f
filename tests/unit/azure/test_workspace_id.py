"""The ways to name a workspace, and the shortest names of several."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from private_wheel.azure.workspace_id import WorkspaceId, parse_workspace, short_names

ONE, OTHER = "11111111-2222-3333-4444-555555555555", "11111111-2222-3333-4444-666666666666"
LINES = st.builds(
    "{}/{}/{}".format,
    st.sampled_from([ONE, OTHER]),
    st.sampled_from(["ml", "ML", "ml-eu", "(ml)", "a.b"]),
    st.sampled_from(["acme-ml", "Acme-ML", "acme", "ml-eu"]),
)


def named(*lines: str) -> list[str]:
    return short_names([parse_workspace(line) for line in lines])


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ([], []),
        ([f"{ONE}/ml/acme"], ["acme"]),
        ([f"{ONE}/ml/acme", f"{OTHER}/ml/acme-eu"], ["acme", "acme-eu"]),
        ([f"{ONE}/ml-us/acme", f"{ONE}/ml-eu/acme"], ["ml-us/acme", "ml-eu/acme"]),
        ([f"{ONE}/ml-us/acme", f"{ONE}/ml-eu/ACME"], ["ml-us/acme", "ml-eu/ACME"]),
        (
            [f"{ONE}/ml/acme", f"{ONE}/ml-eu/acme", f"{ONE}/ml/b-1"],
            ["ml/acme", "ml-eu/acme", "ml/b-1"],
        ),
        ([f"{ONE}/ml/acme", f"{OTHER}/ML/acme"], [f"{ONE}/ml/acme", f"{OTHER}/ML/acme"]),
    ],
)
def test_a_name_is_as_long_as_it_must_be(lines: list[str], names: list[str]) -> None:
    assert named(*lines) == names


@settings(deadline=None)
@given(lines=st.lists(LINES, min_size=1, max_size=8))
def test_names_tell_workspaces_apart_on_every_file_system(lines: list[str]) -> None:
    """Each is a directory, also where letters have no case."""
    workspaces: dict[str, WorkspaceId] = {line.lower(): parse_workspace(line) for line in lines}
    names = short_names(list(workspaces.values()))
    assert len({name.lower() for name in names}) == len(workspaces)
    for name, workspace in zip(names, workspaces.values(), strict=True):
        assert f"{workspace.subscription}/{workspace.resource_group}/{workspace.name}".endswith(
            name
        )
        assert not {"", ".", ".."} & set(name.split("/"))


@pytest.mark.parametrize(
    "value",
    [
        f"{ONE}/ml/acme-ml",
        f"/subscriptions/{ONE}/resourceGroups/ml/providers/Microsoft.MachineLearningServices/workspaces/acme-ml",
        f"subscriptions/{ONE}/resourcegroups/ml/providers/microsoft.machinelearningservices/workspaces/acme-ml/",
    ],
)
def test_a_workspace(value: str) -> None:
    workspace = parse_workspace(value)
    assert (workspace.subscription, workspace.resource_group, workspace.name) == (
        ONE,
        "ml",
        "acme-ml",
    )
    assert workspace.path.endswith(
        "/resourceGroups/ml/providers/Microsoft.MachineLearningServices/workspaces/acme-ml"
    )


@pytest.mark.parametrize(
    "value",
    [
        "acme-ml", "x/ml/acme-ml", f"{ONE}/ml/ab", f"{ONE}/ml/a/b", f"{ONE}/../acme-ml",
        f"{ONE}/ml/acme?ml",
        f"/subscriptions/{ONE}/resourceGroups/ml/providers/Microsoft.Storage/workspaces/acme-ml",
    ],
)  # fmt: skip
def test_what_is_no_workspace(value: str) -> None:
    with pytest.raises(ValueError, match=r"\."):
        parse_workspace(value)
