"""Whether the version of a wheel is the one in the pushed tag."""

from __future__ import annotations

import re

from private_wheel.errors import TagMismatch
from private_wheel.wheels.wheel import Wheel

_FORMS = "v1.2.3, 1.2.3, name-v1.2.3 or name/1.2.3"


def check_tag(wheel: Wheel, tag: str | None, match_tag: str) -> None:
    """Check a wheel against the tag.

    Args:
        wheel: The wheel to publish.
        tag: The tag whose push started the run, if one did.
        match_tag: `auto`, `always` or `never`. `auto` checks only if there is a tag.

    Raises:
        TagMismatch: They differ, or there is no tag where one is required.
    """
    if match_tag == "never" or (tag is None and match_tag == "auto"):
        return
    if tag is None:
        raise TagMismatch(
            "This run was not started by the push of a tag.",
            input="match-tag",
            fix="Run the workflow on push: tags, or leave match-tag at auto.",
        )
    if not tag_matches(tag, wheel):
        raise TagMismatch(
            f"The tag is {tag}, but the wheel says {wheel.name} {wheel.version}.",
            input="match-tag",
            fix=f"Change the version or the tag ({_FORMS}), or set match-tag: never.",
        )


def tag_matches(tag: str, wheel: Wheel) -> bool:
    """Return whether a tag names the version of a wheel, compared by PEP 440 and PEP 503."""
    from packaging.utils import canonicalize_name
    from packaging.version import InvalidVersion, Version

    for name, text in _splits(tag):
        try:
            version = Version(text)
        except InvalidVersion:
            continue
        is_named = not name or canonicalize_name(name) == wheel.canonical_name
        if is_named and version == Version(wheel.version):
            return True
    return False


def _splits(tag: str) -> list[tuple[str, str]]:
    """Return every way to read a tag as a name and a version. PEP 440 accepts a leading `v`."""
    splits = [("", tag)]
    for separator in re.finditer(r"[-/@_]", tag):
        splits.append((tag[: separator.start()], tag[separator.end() :]))
    return splits
