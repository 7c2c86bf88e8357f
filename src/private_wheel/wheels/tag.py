"""Whether a version is the one that the pushed tag promises."""

from __future__ import annotations

import re

from private_wheel.errors import TagMismatch
from private_wheel.wheels.wheel import Wheel

_FORMS = "v1.2.3, 1.2.3, name-v1.2.3 or name/1.2.3"


def check_tag(wheel: Wheel, tag: str | None, match_tag: str) -> None:
    """`match_tag` is `auto`, `always` or `never`; `tag` is the one whose push started the run.

    Raises:
        TagMismatch: they differ, or there is no tag where one is demanded.
    """
    if match_tag == "never" or (tag is None and match_tag == "auto"):
        return
    if tag is None:
        raise TagMismatch(
            "This run was not started by the push of a tag.",
            input="match-tag",
            fix="In a workflow, run it on: push: tags. Elsewhere leave match-tag at auto.",
        )
    if not tag_matches(tag, wheel):
        raise TagMismatch(
            f"The tag is {tag}, but the wheel says {wheel.name} {wheel.version}.",
            input="match-tag",
            fix=f"Change the version or the tag ({_FORMS}), or set match-tag: never.",
        )


def tag_matches(tag: str, wheel: Wheel) -> bool:
    """Whether `tag` names the version of `wheel`, compared as PEP 440 and PEP 503 compare."""
    from packaging.utils import canonicalize_name
    from packaging.version import InvalidVersion, Version

    for prefix, rest in _splits(tag):
        try:
            version = Version(rest)
        except InvalidVersion:
            continue
        if version == Version(wheel.version) and (
            not prefix or canonicalize_name(prefix) == wheel.canonical_name
        ):
            return True
    return False


def _splits(tag: str) -> list[tuple[str, str]]:
    """Every way to read a tag as a name and a version; PEP 440 itself takes a leading `v`."""
    return [("", tag)] + [
        (tag[: mark.start()], tag[mark.end() :]) for mark in re.finditer(r"[-/@_]", tag)
    ]
