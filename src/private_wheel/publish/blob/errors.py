"""What blob storage says when it refuses, as the errors that a user can act on.

Source: https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError, HttpResponseError
from requests import RequestException
from urllib3.exceptions import NameResolutionError

from private_wheel.azure.answers import shortened, unreachable
from private_wheel.errors import (
    BlobProtected,
    CredentialRefused,
    FirewallRefused,
    KeysForbidden,
    PermissionMissing,
    PrivateWheelError,
    ServiceFailed,
    UnknownContainer,
    WheelRejected,
)

_ROLE_MISSING = {
    "AuthorizationPermissionMismatch",
    "InsufficientAccountPermissions",
    "UnauthorizedBlobOverwrite",
}
_FIREWALL = {
    "AuthorizationFailure",
    "AuthorizationSourceIPMismatch",
    "NetworkSecurityPerimeterTrafficDenied",
}
_NO_KEYS = {"KeyBasedAuthenticationNotPermitted"}
_LEASED = {"LeaseIdMissing", "LeaseAlreadyPresent"}
_IMMUTABLE = {"BlobImmutableDueToPolicy", "BlobImmutableDueToLegalHold"}
# An emulator calls a missing account by another name than Azure, where already its host has none.
_NO_ACCOUNT = {"AccountNotFound", "InvalidUri"}


_AGAIN = "Run again: what is done is recognised."
# All names of a blob's unfinished blocks have one length: https://learn.microsoft.com/rest/api/storageservices/put-block
_FIXES = {
    "InvalidBlobOrBlock": "Another program has left an unfinished upload under this name, which the service forgets"
    " after a week. Finish it and delete the blob, or raise the version."
}
_NO_CODE = (
    "Storage gives a code with each refusal: a proxy or firewall may have answered in its place."
)
_SDK_SAYS = "Operation returned an invalid status"


class ConditionFailed(ServiceFailed):
    """The blob is there, or is not the one that was looked at before."""


@contextmanager
def blob_errors(url: str, input: str) -> Iterator[None]:
    """Turn what the SDK raises inside into errors about the input `input`; `url` is where the requests go.

    Raises:
        ConditionFailed: of a conditional upload.
        UnknownContainer, CredentialRefused, PermissionMissing, FirewallRefused, KeysForbidden, BlobProtected,
        WheelRejected, ServiceFailed, ServiceUnreachable
    """
    try:
        yield
    except HttpResponseError as error:
        raise _answered(error, urlsplit(url).netloc, input) from None
    except AzureError as error:
        raise _unanswered(error, url, input) from None
    except (
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
    ) as error:  # the SDK believes in what it is answered
        raise ServiceFailed(
            f"{urlsplit(url).netloc} answered with something that blob storage does not.",
            input=input,
            fix="A proxy or firewall may have answered in its place.",
            said=shortened(f"{type(error).__name__}: {error}"),
        ) from None


def error_code(error: HttpResponseError) -> str:
    """Storage's own name for what went wrong; empty when somebody else answered."""
    named = getattr(error, "error_code", None)  # the SDK's storage layer adds it
    return str(getattr(named, "value", named) or "")


def _answered(error: HttpResponseError, host: str, input: str) -> PrivateWheelError:
    code, status = error_code(error), error.status_code or 0
    message = str(error.message or "").partition("\nRequestId:")[0].partition("\nErrorCode:")[0]
    if code and message.startswith(_SDK_SAYS):
        message = ""  # the answer had no body, as that to a HEAD request
    said = " ".join(part for part in (str(status or ""), code, shortened(message)) if part)
    if status == 403:
        return _forbidden(code, host, input, said)
    if code in _IMMUTABLE or code in _LEASED:
        return protected(code in _LEASED, input, said=said)
    if status in (409, 412) and code in (
        "BlobAlreadyExists",
        "ConditionNotMet",
        "TargetConditionNotMet",
    ):
        return ConditionFailed(
            "Somebody else changed the blob meanwhile.", input=input, fix="Run again.", said=said
        )
    if status == 404 or code in _NO_ACCOUNT:
        return _missing(code, host, input, said)
    if status == 401:
        return CredentialRefused(
            f"{host} did not accept the sign-in.",
            input=input,
            fix="Check that the identity belongs to the storage account's tenant and cloud.",
            said=said,
        )
    if status == 413 or code == "RequestBodyTooLarge":
        return WheelRejected(
            f"{host} does not take a file of this size.", input="package", said=said
        )
    return ServiceFailed(f"{host} failed.", input=input, fix=_FIXES.get(code, _AGAIN), said=said)


def _missing(code: str, host: str, input: str, said: str) -> PrivateWheelError:
    if code in _NO_ACCOUNT:
        return _no_account(host, input, said)
    if code == "BlobNotFound":
        return ConditionFailed(
            "Somebody else deleted the blob meanwhile.", input=input, fix="Run again.", said=said
        )
    if not code:
        return ServiceFailed(
            f"Something before {host} does not know it.", input=input, fix=_NO_CODE, said=said
        )
    return UnknownContainer(
        f"{host} has no such container, or none that this identity may see.",
        input=input,
        fix="Check its name. PrivateWheel makes no containers: make it first, without public access.",
        said=said,
    )


def _forbidden(code: str, host: str, input: str, said: str) -> PrivateWheelError:
    if code in _FIREWALL:
        return FirewallRefused(
            f"The firewall of {host} does not let this machine in.",
            input=input,
            fix="Run on a machine inside its network (a self-hosted runner), or allow this one under Networking.",
            said=said,
        )
    if code in _NO_KEYS:
        return KeysForbidden(
            f"{host} forbids keys, and with them the links that are signed by one.",
            input=input,
            fix="Allow storage account key access, or publish to a feed or a container, which need no key.",
            said=said,
        )
    if code in _ROLE_MISSING and input == "workspace":
        return PermissionMissing(
            f"The link that the workspace gave for {host} does not allow this.",
            input=input,
            fix="Run again; if it stays so, publish to a feed or a container.",
            said=said,
        )
    if code in _ROLE_MISSING:
        return PermissionMissing(
            f"The signed-in identity may not do this on {host}.",
            input=input,
            fix="Give it the role Storage Blob Data Contributor on the container or the account. Owner and Contributor"
            " do not include it, and a new role takes up to ten minutes.",
            said=said,
        )
    if not code:
        return FirewallRefused(
            f"Something before {host} refused.", input=input, fix=_NO_CODE, said=said
        )
    fix = "Run again: the link may have expired." if input == "workspace" else "Check the sign-in."
    return CredentialRefused(
        f"{host} did not accept the credential.", input=input, fix=fix, said=said
    )


def protected(leased: bool, input: str, *, name: str = "The blob", said: str = "") -> BlobProtected:
    """The error for a blob that may not be overwritten, whoever asks."""
    if leased:
        return BlobProtected(
            f"{name} has a lease: somebody else has locked it.",
            input=input,
            fix="Wait for the lease to end or break it, and run again.",
            said=said,
        )
    return BlobProtected(
        f"{name} is immutable: a retention policy or a legal hold keeps it as it is.",
        input=input,
        fix="Raise the version; a new file may be written.",
        said=said,
    )


def _no_account(host: str, input: str, said: str) -> UnknownContainer:
    fix = "Check the account's name. If it is private, its name is known only inside its network: run there."
    if input == "workspace":
        fix = "It is the workspace's own storage, whose name may be known only inside its network: run there."
    return UnknownContainer(
        f"There is no storage account behind {host}.", input=input, fix=fix, said=said
    )


def _unanswered(error: AzureError, url: str, input: str) -> PrivateWheelError:
    cause = error.inner_exception if isinstance(error.inner_exception, Exception) else error
    reason = (
        getattr(cause.args[0], "reason", None)
        if isinstance(cause, RequestException) and cause.args
        else None
    )
    if isinstance(reason, NameResolutionError):
        return _no_account(f"{urlsplit(url).netloc}, whose name does not resolve", input, "")
    return unreachable(url, cause)
