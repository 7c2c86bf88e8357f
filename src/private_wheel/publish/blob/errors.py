"""The refusals of blob storage, as errors that a user can act on.

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
_CONDITION = {"BlobAlreadyExists", "ConditionNotMet", "TargetConditionNotMet"}
# An emulator has its own name for a missing account. In Azure, already its host does not exist.
_NO_ACCOUNT = {"AccountNotFound", "InvalidUri"}

_RUN_AGAIN = "Run again: completed steps are skipped."
# All names of a blob's unfinished blocks have one length:
# https://learn.microsoft.com/rest/api/storageservices/put-block
_FIXES = {
    "InvalidBlobOrBlock": "Another program has left an unfinished upload under this name, which the"
    " service discards after a week. Finish it and delete the blob, or raise the version."
}
_NO_CODE = "Storage names a code with each refusal, so a proxy or firewall may have answered."
# How the SDK's message begins when the answer had no body, as that to a HEAD request.
_WITHOUT_BODY = "Operation returned an invalid status"


class ConditionFailed(ServiceFailed):
    """The blob exists, or is not the one that was looked at before."""


@contextmanager
def blob_errors(url: str, input: str) -> Iterator[None]:
    """Turn what the SDK raises inside into errors about the input `input`.

    Args:
        url: Where the requests go.
        input: The input that names the storage.

    Raises:
        ConditionFailed: The condition of an upload is not met.
        UnknownContainer: The container or the account does not exist.
        CredentialRefused: Storage does not accept the credential.
        PermissionMissing: The identity lacks a role.
        FirewallRefused: A firewall refused this machine.
        KeysForbidden: The account forbids keys, and with them signed links.
        BlobProtected: The blob is immutable or leased.
        WheelRejected: The file is too large.
        ServiceFailed: Storage failed, or something else answered.
        ServiceUnreachable: No answer came.
    """
    try:
        yield
    except HttpResponseError as error:
        raise _answered(error, urlsplit(url).netloc, input) from None
    except AzureError as error:
        raise _unanswered(error, url, input) from None
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        # The SDK does not check what it is answered.
        raise ServiceFailed(
            f"{urlsplit(url).netloc} did not answer as blob storage does.",
            input=input,
            fix="A proxy or firewall may have answered instead.",
            said=shortened(f"{type(error).__name__}: {error}"),
        ) from None


def error_code(error: HttpResponseError) -> str:
    """Return storage's own name for what failed; empty when something else answered."""
    code = getattr(error, "error_code", None)  # the SDK's storage layer adds it
    return str(getattr(code, "value", code) or "")


def _answered(error: HttpResponseError, host: str, input: str) -> PrivateWheelError:
    code, status = error_code(error), error.status_code or 0
    said = _said(error, code, status)
    if status == 403:
        return _forbidden(code, host, input, said)
    if code in _IMMUTABLE or code in _LEASED:
        return protected(code in _LEASED, input, said=said)
    if status in (409, 412) and code in _CONDITION:
        return ConditionFailed(
            "The blob was changed in the meantime.", input=input, fix="Run again.", said=said
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
            f"{host} does not accept a file of this size.", input="package", said=said
        )
    return ServiceFailed(
        f"{host} failed.", input=input, fix=_FIXES.get(code, _RUN_AGAIN), said=said
    )


def _said(error: HttpResponseError, code: str, status: int) -> str:
    message = str(error.message or "").partition("\nRequestId:")[0].partition("\nErrorCode:")[0]
    if code and message.startswith(_WITHOUT_BODY):
        message = ""
    return " ".join(part for part in (str(status or ""), code, shortened(message)) if part)


def _missing(code: str, host: str, input: str, said: str) -> PrivateWheelError:
    if code in _NO_ACCOUNT:
        return _no_account(host, input, said)
    if code == "BlobNotFound":
        return ConditionFailed(
            "The blob was deleted in the meantime.", input=input, fix="Run again.", said=said
        )
    if not code:
        return ServiceFailed(
            f"A server in front of {host} answered that it does not exist.",
            input=input,
            fix=_NO_CODE,
            said=said,
        )
    return UnknownContainer(
        f"Container not found on {host}, or the identity has no access to it.",
        input=input,
        fix="Check its name. Create the container first, without public access;"
        " PrivateWheel does not create containers.",
        said=said,
    )


def _forbidden(code: str, host: str, input: str, said: str) -> PrivateWheelError:
    if code in _FIREWALL:
        return FirewallRefused(
            f"The firewall of {host} does not allow this machine.",
            input=input,
            fix="Run on a machine in its network (a self-hosted runner), or allow this one under"
            " Networking.",
            said=said,
        )
    if code in _NO_KEYS:
        return KeysForbidden(
            f"{host} forbids keys, and with them the links that are signed with a key.",
            input=input,
            fix="Allow storage account key access, or publish to a feed or a container, which need"
            " no key.",
            said=said,
        )
    if code in _ROLE_MISSING and input == "workspace":
        return PermissionMissing(
            f"The link that the workspace gave for {host} does not allow this.",
            input=input,
            fix="Run again; if it fails again, publish to a feed or a container.",
            said=said,
        )
    if code in _ROLE_MISSING:
        return PermissionMissing(
            f"The signed-in identity may not do this on {host}.",
            input=input,
            fix="Give it the role Storage Blob Data Contributor on the container or the account."
            " Owner and Contributor do not include it, and a new role takes up to ten minutes.",
            said=said,
        )
    if not code:
        return FirewallRefused(
            f"A server in front of {host} refused.", input=input, fix=_NO_CODE, said=said
        )
    fix = "Run again: the link may have expired." if input == "workspace" else "Check the sign-in."
    return CredentialRefused(
        f"{host} did not accept the credential.", input=input, fix=fix, said=said
    )


def protected(leased: bool, input: str, *, name: str = "The blob", said: str = "") -> BlobProtected:
    """Make the error for a blob that nobody may overwrite."""
    if leased:
        return BlobProtected(
            f"{name} has a lease: another client has locked it.",
            input=input,
            fix="Wait for the lease to end or break it, and run again.",
            said=said,
        )
    return BlobProtected(
        f"{name} is immutable: a retention policy or a legal hold protects it.",
        input=input,
        fix="Raise the version; a new file can be written.",
        said=said,
    )


def _no_account(host: str, input: str, said: str) -> UnknownContainer:
    fix = (
        "Check the account's name. If the account is private, only its network knows the name:"
        " run there."
    )
    if input == "workspace":
        fix = "It is the workspace's own storage, whose name only its network may know: run there."
    return UnknownContainer(f"Storage account not found: {host}.", input=input, fix=fix, said=said)


def _unanswered(error: AzureError, url: str, input: str) -> PrivateWheelError:
    cause = error.inner_exception if isinstance(error.inner_exception, Exception) else error
    if isinstance(cause, RequestException) and cause.args:
        reason = getattr(cause.args[0], "reason", None)
        if isinstance(reason, NameResolutionError):
            host = urlsplit(url).netloc
            return _no_account(f"the name {host} does not resolve", input, "")
    return unreachable(url, cause)
