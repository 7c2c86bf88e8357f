"""Anchors of a YAML text: a value that is replaced takes its anchor with it."""

from __future__ import annotations

from collections.abc import Iterable

from private_wheel.environment.text.splices import Splice
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import shown


def check_anchors(text: str, splices: Iterable[Splice], path: str) -> None:
    """`text` can be read; `splices` are what changes in it.

    Raises:
        WrongFile: the anchor of a value that goes is used by one that stays.
    """
    if "&" not in text:
        return
    from ruamel.yaml import YAML

    gone = [(splice.start, splice.end) for splice in splices if splice.start < splice.end]
    places: dict[str, tuple[int, int]] = {}
    for event in YAML(typ="safe", pure=True).parse(text):
        name = getattr(event, "anchor", None)
        if name is None:
            continue
        at = event.start_mark.index
        if type(event).__name__ != "AliasEvent":
            places[name] = (at, event.start_mark.line + 1)
        elif _is_in(places[name][0], gone) and not _is_in(at, gone):
            what = f"the anchor &{shown(name)} is used elsewhere in the file. Write the value out there."
            raise WrongFile(path, places[name][1], what)


def _is_in(at: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in ranges)
