"""One wheel as one blob: judged beside what is there, sent, and seen. Both routes that end in blob storage do this."""

from __future__ import annotations

from dataclasses import dataclass, replace

from private_wheel.errors import NotPublished
from private_wheel.publish.blob.errors import ConditionFailed, protected
from private_wheel.publish.blob.storage import Blob, StoredBlob
from private_wheel.publish.if_exists import IfExists, plan_for_existing
from private_wheel.publish.route import Plan, Result, result_of
from private_wheel.wheels.wheel import Wheel, digest_of

_ADVICE = "Raise the version, set if-exists: skip to accept the file that is there, or replace to overwrite it."


@dataclass(frozen=True, kw_only=True)
class ExistingRules:
    """How a blob that is there already is judged. `reads_back`: after the run has published, the bytes are read anyway,
    so that its metadata may be believed until then."""

    if_exists: IfExists
    reads_back: bool


def plan_blob(
    blob: Blob, there: StoredBlob, wheel: Wheel, rules: ExistingRules, place: str, *, kept: bool
) -> Plan:
    """Decide about a wheel whose blob is there. `place` is where that lies, for the user; `kept` says that a policy of
    the container forbids to overwrite it.

    Raises:
        ContentDiffers, FileExists: as `if-exists` says.
        BlobProtected: it would have to be overwritten, and is immutable or leased.
    """

    def sha256() -> str:
        # Metadata that lies would keep for ever what is to be replaced.
        believed = rules.reads_back and rules.if_exists != "replace"
        return (
            sha256_told(there, wheel)
            if believed and sha256_told(there, wheel)
            else blob.sha256(there)
        )

    plan = plan_for_existing(
        wheel, sha256, rules.if_exists, location=place, advice=_ADVICE, etag=there.etag
    )
    if plan.action == "replace" and (there.immutable or there.leased or kept):
        raise protected(there.leased, "if-exists", name=f"{wheel.file_name} in {place}")
    return plan


def sha256_told(there: StoredBlob, wheel: Wheel) -> str:
    """What the service says of the content: by its metadata, else by MD5 and length, if they are the wheel's; empty if
    only the bytes can tell."""
    size = wheel.path.stat().st_size
    if there.sha256 and (there.sha256 != wheel.sha256 or there.length == size):
        return there.sha256
    if there.length == size and there.md5 and there.md5 == digest_of(wheel.path, "md5"):
        return wheel.sha256
    return ""


def is_cut_short(blob: Blob, there: StoredBlob, wheel: Wheel) -> bool:
    """Whether the blob is the beginning of the wheel, as an upload that broke off leaves it."""
    if there.length >= wheel.path.stat().st_size or there.sha256 not in ("", wheel.sha256):
        return False
    return blob.sha256(there) == digest_of(wheel.path, length=there.length)


def send_wheel(blob: Blob, plan: Plan) -> Result:
    """Carry out a plan that sends.

    Raises:
        ContentDiffers: somebody else was quicker, with other content.
        ServiceFailed: somebody else deleted what was to be replaced.
    """
    try:
        blob.send(plan.wheel.path, plan.wheel.sha256, plan.replaces)
    except ConditionFailed:
        # Ours, if the answer to an earlier attempt was lost.
        there = blob.look()
        if there is None:
            raise
        plan_for_existing(
            plan.wheel, lambda: blob.sha256(there), "verify", location="storage", advice=_ADVICE
        )
    return result_of(plan, url=blob.url)


def see_wheel(blob: Blob, result: Result) -> Result:
    """Read the whole blob and give its URL.

    Raises:
        NotPublished: the bytes are not there, or others are.
    """
    there = blob.look()
    size = result.wheel.path.stat().st_size
    if there and result.sha256 == result.wheel.sha256 and there.length != size:
        found = f"a file of {there.length} bytes in place of {size}"
    else:
        found = blob.sha256(there) if there else "nothing"
    if found != result.sha256:
        raise NotPublished(
            f"{result.wheel.file_name} should be at {blob.url} with sha256 {result.sha256}, and {found} is there.",
            input="package",
            fix="Run again; with if-exists: replace it is overwritten.",
        )
    return replace(result, url=blob.url)
