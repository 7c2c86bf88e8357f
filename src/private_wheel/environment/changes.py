"""What is changed in the user's file, line by line."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from private_wheel.environment.base import Base
from private_wheel.environment.extension import Extended
from private_wheel.secrets.quoting import shown

# The @ between blanks is that between a name and its address.
_MAY_BE_LOGIN = re.compile(r"(?<! )@|@(?! )|%40")


def changes_of(base: Base, content: Extended) -> Iterator[str]:
    texts = {
        "conda": content.conda,
        "azureml": content.definition,
        "requirements": content.requirements,
    }
    path, old, new = base.path, base.text, texts[base.kind]
    if base.conda_path:
        path, old, new = base.conda_path, base.conda, content.conda
    before, after = old.splitlines(), new.splitlines()
    for gone, added in _differences(before, after):
        yield from (f"{path}, line {at + 1}: - {_told(before[at])}" for at in gone)
        yield from (f"{path}, line {gone.start + 1}: + {_told(after[at])}" for at in added)


def _told(line: str) -> str:
    """Not cut: the version, the address or the hash that changes may stand far behind."""
    if line.isprintable() and not _MAY_BE_LOGIN.search(line):
        return line
    text = line.lstrip(" ")
    return line[: len(line) - len(text)] + shown(text)


def _differences(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[range, range]]:
    """The places of the lines that are gone, and of those that are in their stead. In one walk through both, however
    often lines repeat: `difflib` compares each with all that are equal to it."""
    old_places, new_places = _places(before), _places(after)
    old = new = 0
    while old < len(before) or new < len(after):
        first_old, first_new = old, new
        while old < len(before) and new < len(after) and before[old] != after[new]:
            to_old = _distance(old_places, after[new], old)
            to_new = _distance(new_places, before[old], new)
            # The line that is met again later is the one that has moved. Where both are, a line is replaced by one.
            if to_old > to_new or (to_old == to_new and old - first_old > new - first_new):
                new += 1
            else:
                old += 1
        if old == len(before) or new == len(after):
            old, new = len(before), len(after)
        if (old, new) != (first_old, first_new):
            yield range(first_old, old), range(first_new, new)
        while old < len(before) and new < len(after) and before[old] == after[new]:
            old, new = old + 1, new + 1


def _places(lines: Sequence[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, line in enumerate(lines):
        places.setdefault(line, []).append(place)
    return places


def _distance(places: Mapping[str, Sequence[int]], line: str, start: int) -> float:
    """How far behind `start` the line stands."""
    found = places.get(line, ())
    at = bisect_left(found, start)
    return found[at] - start if at < len(found) else math.inf
