"""One wheel as one blob: compared with what exists, sent, and read back.

Both routes that end in blob storage do this.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from private_wheel.errors import NotPublished
from private_wheel.publish.blob.errors import ConditionFailed, protected
from private_wheel.publish.blob.storage import Blob
from private_wheel.publish.blob.stored import StoredBlob
from private_wheel.publish.if_exists import IfExists, plan_for_existing
from private_wheel.publish.route import Plan, Result, result_of
from private_wheel.wheels.wheel import Wheel, digest_of

_ADVICE = (
    "Raise the version, set if-exists: skip to accept the existing file, or replace to overwrite"
    " it."
)


@dataclass(frozen=True, kw_only=True)
class ExistingRules:
    """How an existing blob is judged.

    `reads_back`: the run reads the bytes after publishing in any case, so that until then the
    metadata may be believed.
    """

    if_exists: IfExists
    reads_back: bool


def plan_blob(
    blob: Blob,
    stored: StoredBlob,
    wheel: Wheel,
    rules: ExistingRules,
    location: str,
    *,
    kept: bool,
) -> Plan:
    """Decide about a wheel whose blob exists.

    Args:
        blob: The blob.
        stored: What the service knows of it.
        wheel: The wheel to publish.
        rules: How the blob is judged.
        location: Where it is, as a message names it.
        kept: Whether a policy of the container forbids to overwrite it.

    Raises:
        ContentDiffers: `if-exists` is `verify`, and the content differs.
        FileExists: `if-exists` is `fail`.
        BlobProtected: The blob would have to be overwritten, but is immutable or leased.
    """
    plan = plan_for_existing(
        wheel,
        lambda: _existing_sha256(blob, stored, wheel, rules),
        rules.if_exists,
        location=location,
        advice=_ADVICE,
        etag=stored.etag,
    )
    if plan.action == "replace" and (stored.immutable or stored.leased or kept):
        raise protected(stored.leased, "if-exists", name=f"{wheel.file_name} in {location}")
    return plan


def _existing_sha256(blob: Blob, stored: StoredBlob, wheel: Wheel, rules: ExistingRules) -> str:
    # Wrong metadata would forever protect what is to be replaced.
    if rules.reads_back and rules.if_exists != "replace":
        believed = believed_sha256(stored, wheel)
        if believed:
            return believed
    return blob.sha256(stored)


def believed_sha256(stored: StoredBlob, wheel: Wheel) -> str:
    """Return the SHA-256 that the service's data imply; empty if only the bytes can tell.

    That is the one in the metadata; or the wheel's, if MD5 and length are the wheel's.
    """
    size = wheel.path.stat().st_size
    if stored.sha256 and (stored.sha256 != wheel.sha256 or stored.length == size):
        return stored.sha256
    if stored.length == size and stored.md5 and stored.md5 == digest_of(wheel.path, "md5"):
        return wheel.sha256
    return ""


def is_cut_short(blob: Blob, stored: StoredBlob, wheel: Wheel) -> bool:
    """Return whether the blob is the beginning of the wheel, as a broken upload leaves it."""
    if stored.length >= wheel.path.stat().st_size or stored.sha256 not in ("", wheel.sha256):
        return False
    return blob.sha256(stored) == digest_of(wheel.path, length=stored.length)


def send_wheel(blob: Blob, plan: Plan) -> Result:
    """Carry out a plan that sends.

    Raises:
        ContentDiffers: Another run published other content in the meantime.
        ServiceFailed: What was to be replaced was deleted in the meantime.
    """
    try:
        blob.send(plan.wheel.path, plan.wheel.sha256, plan.replaces)
    except ConditionFailed:
        # The blob is our own if the answer to an earlier attempt was lost.
        stored = blob.look()
        if stored is None:
            raise
        plan_for_existing(
            plan.wheel,
            lambda: blob.sha256(stored),
            "verify",
            location="storage",
            advice=_ADVICE,
        )
    return result_of(plan, url=blob.url)


def see_wheel(blob: Blob, result: Result) -> Result:
    """Read the whole blob and return the result with its URL.

    Raises:
        NotPublished: The blob does not exist, or has other bytes.
    """
    stored = blob.look()
    size = result.wheel.path.stat().st_size
    if stored is None:
        content = "nothing"
    elif result.sha256 == result.wheel.sha256 and stored.length != size:
        content = f"a file of {stored.length} bytes instead of {size}"
    else:
        content = blob.sha256(stored)
    if content != result.sha256:
        raise NotPublished(
            f"{result.wheel.file_name} should be at {blob.url} with sha256 {result.sha256}, but"
            f" storage has {content}.",
            input="package",
            fix="Run again; with if-exists: replace it is overwritten.",
        )
    return replace(result, url=blob.url)
