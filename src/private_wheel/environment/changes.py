"""What changes in your file, line by line."""

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


def changes_of(base: Base | None, content: Extended) -> Iterator[str]:
    """Yield a sentence for each line that is removed, and for each that is added."""
    if base is None:
        return
    texts = {
        "conda": content.conda,
        "azureml": content.definition,
        "requirements": content.requirements,
    }
    path, old, new = base.path, base.text, texts[base.kind]
    if base.named_conda:
        path, old, new = base.named_conda.path, base.named_conda.text, content.conda
    before, after = old.splitlines(), new.splitlines()
    for removed, added in _differences(before, after):
        for position in removed:
            yield f"{path}, line {position + 1}: - {_printable(before[position])}"
        for position in added:
            yield f"{path}, line {removed.start + 1}: + {_printable(after[position])}"


def _printable(line: str) -> str:
    """Return a line for the log.

    It is not cut: the version, the address or the hash that changes may be at its end.
    """
    if line.isprintable() and not _MAY_BE_LOGIN.search(line):
        return line
    text = line.lstrip(" ")
    return line[: len(line) - len(text)] + shown(text)


def _differences(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[range, range]]:
    """Yield the lines that are removed, and the lines that are added there.

    This walks once through both texts, however often lines repeat. `difflib` would compare each
    line with all that are equal to it.
    """
    old_positions, new_positions = _positions(before), _positions(after)
    old = new = 0
    while old < len(before) or new < len(after):
        first_old, first_new = old, new
        while old < len(before) and new < len(after) and before[old] != after[new]:
            to_old = _distance(old_positions, after[new], old)
            to_new = _distance(new_positions, before[old], new)
            # The line that occurs again later has moved. If both do, one replaces the other.
            is_behind = old - first_old > new - first_new
            if to_old > to_new or (to_old == to_new and is_behind):
                new += 1
            else:
                old += 1
        if old == len(before) or new == len(after):
            old, new = len(before), len(after)
        if (old, new) != (first_old, first_new):
            yield range(first_old, old), range(first_new, new)
        while old < len(before) and new < len(after) and before[old] == after[new]:
            old, new = old + 1, new + 1


def _positions(lines: Sequence[str]) -> dict[str, list[int]]:
    """Return the positions of each line, in order."""
    positions: dict[str, list[int]] = {}
    for position, line in enumerate(lines):
        positions.setdefault(line, []).append(position)
    return positions


def _distance(positions: Mapping[str, Sequence[int]], line: str, start: int) -> float:
    """Return how far after `start` the line occurs, infinity if it does not."""
    positions_of_line = positions.get(line, ())
    following = bisect_left(positions_of_line, start)
    if following == len(positions_of_line):
        return math.inf
    return positions_of_line[following] - start
