"""The input `if-exists`: what to do about an existing file, whichever route it is on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from private_wheel.errors import ContentDiffers, FileExists
from private_wheel.publish.route import Plan
from private_wheel.wheels.wheel import Wheel

IfExists = Literal["verify", "skip", "replace", "fail"]


def plan_for_existing(
    wheel: Wheel,
    existing_sha256: Callable[[], str],
    if_exists: IfExists,
    *,
    location: str,
    advice: str,
    etag: str = "",
) -> Plan:
    """Decide about a wheel where a file of its name exists.

    Args:
        wheel: The wheel to publish.
        existing_sha256: Gives the SHA-256 of the existing file; called only if that matters.
        if_exists: The input.
        location: Where the file is, as a message names it.
        advice: What else the user can do if the content differs.
        etag: Of the existing file, where it can be replaced.

    Raises:
        FileExists: The input is `fail`.
        ContentDiffers: The input is `verify`, and the content differs.
    """
    if if_exists == "fail":
        raise FileExists(
            f"{wheel.file_name} already exists in {location}.",
            input="if-exists",
            fix="Raise the version, or set if-exists: verify to accept identical content.",
        )
    sha256 = existing_sha256()
    if sha256 == wheel.sha256:
        return Plan(
            wheel=wheel,
            action="identical",
            reason=f"is in {location} with the same content",
            sha256=sha256,
        )
    reason = f"is in {location} with other content (sha256 {sha256})"
    if if_exists == "skip":
        return Plan(wheel=wheel, action="skip", reason=reason, sha256=sha256)
    if if_exists == "replace":
        return Plan(
            wheel=wheel, action="replace", reason=reason, sha256=wheel.sha256, replaces=etag
        )
    raise ContentDiffers(
        f"{wheel.file_name} exists in {location} with other content"
        f" (sha256 {sha256}, built {wheel.sha256}).",
        input="if-exists",
        fix=f"{advice} If nothing was changed, the build backend was: pin it in"
        " build-system.requires.",
    )
