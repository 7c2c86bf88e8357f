"""One wheel as one blob: judged beside what is there, sent, and seen. Both routes that end in blob storage do this."""

from __future__ import annotations

from dataclasses import replace

from private_wheel.azure.blob_errors import ConditionFailed, protected
from private_wheel.azure.blobs import Blob, StoredBlob
from private_wheel.config import IfExists
from private_wheel.errors import NotPublished, ServiceFailed
from private_wheel.publish import Plan, Result, result_of
from private_wheel.publish.if_exists import plan_beside
from private_wheel.wheel import Wheel, digest_of

_ADVICE = "Raise the version, set if-exists: skip to accept the file that is there, or replace to overwrite it."


def plan_blob(blob: Blob, there: StoredBlob, wheel: Wheel, if_exists: IfExists, place: str, *, kept: bool) -> Plan:
    """Decide about a wheel whose blob is there. `place` is where that lies, for the user; `kept` says that a policy of
    the container forbids to overwrite it.

    Raises:
        ContentDiffers, FileExists: as `if-exists` says.
        BlobProtected: it would have to be overwritten, and is immutable or leased.
    """
    # What is to be replaced is read: metadata that lies would keep it for ever.
    read = blob.sha256 if if_exists == "replace" else lambda there: sha256_there(blob, there, wheel)
    plan = plan_beside(wheel, lambda: read(there), if_exists, place=place, advice=_ADVICE, etag=there.etag)
    if plan.action == "replace" and (there.immutable or there.leased or kept):
        raise protected(there.leased, "if-exists", name=f"{wheel.file_name} in {place}")
    return plan


def sha256_there(blob: Blob, there: StoredBlob, wheel: Wheel) -> str:
    """What is there, by its metadata; else by MD5 and length, if they are the wheel's; else by its bytes."""
    size = wheel.path.stat().st_size
    if len(there.sha256) == len(wheel.sha256) and (there.sha256 != wheel.sha256 or there.length == size):
        return there.sha256
    if there.length == size and there.md5 and there.md5 == digest_of(wheel.path, "md5"):
        return wheel.sha256
    return blob.sha256(there)


def is_cut_short(blob: Blob, there: StoredBlob, wheel: Wheel) -> bool:
    """Whether the blob is the beginning of the wheel, as an upload that broke off leaves it."""
    if there.length >= wheel.path.stat().st_size:
        return False
    return blob.sha256(there) == digest_of(wheel.path, length=there.length)


def send_wheel(blob: Blob, plan: Plan) -> Result:
    """Carry out a plan that sends.

    Raises:
        ContentDiffers: somebody else was quicker, with other content.
    """
    try:
        blob.send(plan.wheel.path, plan.wheel.sha256, plan.replaces)
    except ConditionFailed:
        # Ours, if the answer to an earlier attempt was lost.
        there = blob.look()
        if there is None:
            what = f"{plan.wheel.file_name} was there, and is gone."
            raise ServiceFailed(what, input="package", fix="Run again.") from None
        found = sha256_there(blob, there, plan.wheel)
        plan_beside(plan.wheel, lambda: found, "verify", place="storage", advice=_ADVICE)
    return result_of(plan, url=blob.url)


def see_wheel(blob: Blob, result: Result) -> Result:
    """Read the whole blob and give its URL.

    Raises:
        NotPublished: the bytes are not there, or others are.
    """
    there = blob.look()
    found = blob.sha256(there) if there else ""
    if found != result.sha256:
        raise NotPublished(
            f"{result.wheel.file_name} should be at {blob.url} with sha256 {result.sha256},"
            f" and {f'sha256 {found} is' if found else 'nothing is'} there.",
            input="package",
            fix="Run again; with if-exists: replace it is overwritten.",
        )
    return replace(result, url=blob.url)
