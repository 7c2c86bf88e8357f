"""Lists in brackets whose comments stay, and those that are refused."""

from __future__ import annotations

import pytest

from private_wheel.environment.text.nodes import plain_data
from private_wheel.environment.text.splices import Item, list_splices, spliced
from private_wheel.environment.text.yaml import read_yaml
from tests.unit.environment.extending import (
    INDEX,
    LINE,
    Make,
    refused,
)

NEW = f'{{pip: ["{INDEX}", {LINE}]}}'


COMMENTS_THAT_STAY = {
    "[python, # c\n  pip # d\n  ]": f"[python, # c\n  pip, {NEW} # d\n  ]",
    "[python, pip, {pip: [acme-forecast, # e\n  six # f\n  ]}]": (
        f'[python, pip, {{pip: ["{INDEX}", {LINE}, # e\n  six # f\n  ]}}]'
    ),
}


@pytest.mark.parametrize("items", COMMENTS_THAT_STAY)
def test_comments_in_a_flow_list_stay(make: Make, items: str) -> None:
    assert make(f"dependencies: {items}\n").conda == f"dependencies: {COMMENTS_THAT_STAY[items]}\n"


@pytest.mark.parametrize(
    ("items", "line"),
    [
        ("[python,\n  numpy,  # c\n  acme-forecast=1,\n  pip]", 2),
        ("[python, pip,\n  numpy,\n  acme-forecast=1 # d\n  ]", 3),
        ("[ # c\n  acme-forecast,\n  python, pip]", 1),
        ("[python,\n  acme-forecast,\n  # p\n  pip]", 3),
        ("[python, pip, {pip: [acme-forecast, six,\n  acme_forecast # g\n  ]}]", 2),
    ],
)
def test_nothing_is_removed_from_a_flow_list_with_comments(
    make: Make, items: str, line: int
) -> None:
    error = refused(make, f"dependencies: {items}\n")
    assert error.line == line
    assert "an item cannot be removed from a list in brackets that contains comments" in str(error)


LISTS = {
    "in a line": "[a, b, c]",
    "with a comma at the end": "[ a,b , c, ]",
    "on lines of their own": "[\n  a,\n  b,\n  c\n]",
    "with commas first": "[a\n  , b\n  , c]",
    "block": "- a\n- b # c\n\n# d\n- c\n",
}


@pytest.mark.parametrize("kept", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("text", LISTS.values(), ids=LISTS)
def test_every_change_of_a_list(text: str, kept: tuple[int, ...]) -> None:
    """A new item at every place, and one that is replaced."""
    document = read_yaml(text, "x")
    for place in range(len(kept) + 1):
        items = [Item(origin=origin, source=None) for origin in kept]
        items[-1] = Item(origin=kept[-1], source="changed")
        items.insert(place, Item(origin=None, source="new"))
        changed = spliced(text, list_splices(text, document.root, items))
        expected = ["abc"[origin] for origin in kept[:-1]] + ["changed"]
        expected.insert(place, "new")
        assert plain_data(read_yaml(changed, "x").root) == expected, changed
