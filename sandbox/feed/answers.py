"""The refusals of Azure Artifacts, with its own texts."""

from __future__ import annotations

import json

from werkzeug.wrappers import Response

from sandbox.identity.sign_in import SIGN_IN_TITLE

PACKAGING = "Microsoft.VisualStudio.Services.Packaging.Shared.WebApi.Exceptions"
FEED = "Microsoft.VisualStudio.Services.Feed.WebApi"


class FeedRefusal(Exception):
    """Carries the answer that the caller gets instead of what was asked for."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def refusal(status: int, type_key: str, message: str, *, namespace: str = PACKAGING) -> FeedRefusal:
    """Return an error in JSON.

    Its message is in the reason phrase too, where uv and twine look for it (astral-sh/uv#8817).
    """
    content = {
        "$id": "1",
        "innerException": None,
        "message": message,
        "typeName": f"{namespace}.{type_key}, {namespace}",
        "typeKey": type_key,
        "errorCode": 0,
        "eventId": 3000,
    }
    return FeedRefusal(
        Response(json.dumps(content), f"{status} {message}", content_type="application/json")
    )


def unknown_feed(feed: str) -> FeedRefusal:
    message = f"The feed with ID '{feed}' doesn't exist."
    return refusal(404, "FeedIdNotFoundException", message, namespace=FEED)


def unknown_path(path: str) -> FeedRefusal:
    return refusal(
        404, "VssResourceNotFoundException", f"The controller for path '{path}' was not found."
    )


def lacks_permission(user_id: str, permission: str) -> FeedRefusal:
    message = (
        f"User '{user_id}' lacks permission to complete this action."
        f" You need to have '{permission}'."
    )
    return refusal(403, "FeedNeedsPermissionsException", message, namespace=FEED)


def already_exists(feed: str, file: str, package: str) -> FeedRefusal:
    message = f"The feed '{feed}' already contains file '{file}' in package '{package}'."
    return refusal(409, "PackageAlreadyExistsException", message)


def deleted_version(feed: str, package: str) -> FeedRefusal:
    """Refuse the number of a deleted version, which stays reserved permanently.

    The status is documented for NuGet only.
    """
    message = (
        f"The package '{package}' was deleted from feed '{feed}'; its version cannot be used again."
    )
    return refusal(409, "PackageVersionDeletedException", message)


def invalid_package(message: str) -> FeedRefusal:
    return refusal(400, "InvalidPackageException", message)


def unauthorized(message: str, *, tenant_id: str, sign_in_url: str, realm: str) -> FeedRefusal:
    """Return a page for browsers, whose headers say how a program can sign in."""
    page = f"<html><title>{message}</title></html>"
    response = Response(page, 401, content_type="text/html; charset=utf-8")
    response.headers.add("WWW-Authenticate", f"Bearer authorization_uri={sign_in_url}/{tenant_id}")
    response.headers.add("WWW-Authenticate", f'Basic realm="{realm}"')
    response.headers["X-VSS-ResourceTenant"] = tenant_id
    response.headers["X-TFS-ServiceError"] = message
    return FeedRefusal(response)


def sign_in_page() -> FeedRefusal:
    """Return the page with status 203, which upload clients take for success."""
    page = f"<html><title>{SIGN_IN_TITLE}</title></html>"
    status = "203 Non-Authoritative Information"
    return FeedRefusal(Response(page, status, content_type="text/html; charset=utf-8"))


def sign_in_redirect(sign_in_url: str) -> FeedRefusal:
    return FeedRefusal(Response("", 302, {"Location": f"{sign_in_url}/common/oauth2/authorize"}))
