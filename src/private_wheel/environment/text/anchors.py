"""Anchors of a YAML document: a value that is replaced takes its anchor with it."""

from __future__ import annotations

from collections.abc import Iterable

from private_wheel.environment.text.nodes import Document
from private_wheel.environment.text.splices import Splice
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import shown


def check_anchors(document: Document, splices: Iterable[Splice]) -> None:
    """Refuse to replace a value whose anchor is used by a value that stays.

    Raises:
        WrongFile: An alias outside the splices refers to an anchor inside them.
    """
    replaced = [splice for splice in splices if splice.start < splice.end]
    for use in document.anchor_uses:
        if _is_replaced(use.anchor, replaced) and not _is_replaced(use.alias, replaced):
            problem = f"the anchor &{shown(use.name)} is used elsewhere in the file."
            raise WrongFile(
                document.path, use.anchor_line, f"{problem} Write its value there instead."
            )


def _is_replaced(index: int, splices: Iterable[Splice]) -> bool:
    return any(splice.start <= index < splice.end for splice in splices)
