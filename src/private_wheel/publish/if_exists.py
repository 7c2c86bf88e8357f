"""What `if-exists` decides about a file that is there already, wherever it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from private_wheel.errors import ContentDiffers, FileExists
from private_wheel.publish.route import Plan
from private_wheel.wheels.wheel import Wheel

IfExists = Literal["verify", "skip", "replace", "fail"]


def plan_beside(
    wheel: Wheel,
    sha256_there: Callable[[], str],
    if_exists: IfExists,
    *,
    place: str,
    advice: str,
    etag: str = "",
) -> Plan:
    """What to do with `wheel` where a file of its name is in `place`.

    `sha256_there` is asked only if the decision needs it; `etag` is that of the file there, for a place that can
    replace one; `advice` says what else can be done about other content.

    Raises:
        FileExists: `fail`.
        ContentDiffers: `verify`, and the content is another one.
    """
    if if_exists == "fail":
        raise FileExists(
            f"{wheel.file_name} is in {place} already.",
            input="if-exists",
            fix="Raise the version, or set if-exists: verify to accept identical content.",
        )
    found = sha256_there()
    if found == wheel.sha256:
        return Plan(
            wheel=wheel,
            action="identical",
            reason=f"is in {place} with the same content",
            sha256=found,
        )
    reason = f"is in {place} with other content (sha256 {found})"
    if if_exists == "skip":
        return Plan(wheel=wheel, action="skip", reason=reason, sha256=found)
    if if_exists == "replace":
        return Plan(
            wheel=wheel, action="replace", reason=reason, sha256=wheel.sha256, replaces=etag
        )
    raise ContentDiffers(
        f"{wheel.file_name} is in {place} with other content (sha256 {found}, built {wheel.sha256}).",
        input="if-exists",
        fix=f"{advice} If nothing was changed, the build backend was: pin it in build-system.requires.",
    )
