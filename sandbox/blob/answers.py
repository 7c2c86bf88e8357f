"""The refusals of blob storage, with its own texts.

Source: https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
and https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response

from sandbox.identity.access_tokens import STORAGE_RESOURCE


class BlobRefusal(Exception):
    """An error's status, code and text. `detail` is the service's own explanation of a 401."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail
        self.headers = dict(headers or {})

    def response(self, request: Request) -> Response:
        request_id = str(uuid.uuid4())
        headers = {"x-ms-error-code": self.code, "x-ms-request-id": request_id, **self.headers}
        if version := request.headers.get("x-ms-version"):
            headers["x-ms-version"] = version
        if request.method == "HEAD":
            return Response("", self.status, headers)
        time = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
        message = f"{self.message}\nRequestId:{request_id}\nTime:{time}"
        detail = ""
        if self.detail:
            detail = f"<AuthenticationErrorDetail>{escape(self.detail)}</AuthenticationErrorDetail>"
        body = (
            '<?xml version="1.0" encoding="utf-8"?>'
            f"<Error><Code>{self.code}</Code><Message>{escape(message)}</Message>{detail}</Error>"
        )
        return Response(body, self.status, headers, content_type="application/xml")


def invalid_token(detail: str, *, sign_in_url: str, tenant_id: str) -> BlobRefusal:
    """Return the refusal of an access token, as in Azure/AzureStor#119, the header's value too."""
    message = (
        "Server failed to authenticate the request."
        " Please refer to the information in the www-authenticate header."
    )
    challenge = (
        f"Bearer authorization_uri={sign_in_url}/{tenant_id}/oauth2/authorize"
        f" resource_id={STORAGE_RESOURCE}"
    )
    headers = {"WWW-Authenticate": challenge}
    return BlobRefusal(401, "InvalidAuthenticationInfo", message, detail=detail, headers=headers)


def signature_refused(expiry: str) -> BlobRefusal:
    """Return the refusal of a signature: it has expired, or is wrong.

    `expiry` is that of a shared access signature; empty for any other.
    """
    message = (
        "Server failed to authenticate the request."
        " Make sure the value of Authorization header is formed correctly including the signature."
    )
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    detail = "Signature did not match."
    if expiry and expiry < now:  # both in the same form
        detail = (
            f"Signature not valid in the specified time frame: Expiry [{expiry}] - Current [{now}]"
        )
    return BlobRefusal(403, "AuthenticationFailed", message, detail=detail)


def malformed_authorization() -> BlobRefusal:
    message = (
        "Authentication information is not given in the correct format."
        " Check the value of Authorization header."
    )
    return BlobRefusal(400, "InvalidAuthenticationInfo", message)


def lacks_role() -> BlobRefusal:
    message = "This request is not authorized to perform this operation using this permission."
    return BlobRefusal(403, "AuthorizationPermissionMismatch", message)


def behind_firewall() -> BlobRefusal:
    return BlobRefusal(
        403, "AuthorizationFailure", "This request is not authorized to perform this operation."
    )


def keys_forbidden() -> BlobRefusal:
    message = "Key based authentication is not permitted on this storage account."
    return BlobRefusal(403, "KeyBasedAuthenticationNotPermitted", message)


def not_public() -> BlobRefusal:
    """Return the answer to a request without a credential, whether or not the resource exists."""
    return BlobRefusal(404, "ResourceNotFound", "The specified resource does not exist.")


def immutable() -> BlobRefusal:
    """Return the refusal of a change.

    Source: https://learn.microsoft.com/answers/questions/2285901
    """
    message = "This operation is not permitted as the blob is immutable due to a policy."
    return BlobRefusal(409, "BlobImmutableDueToPolicy", message)
