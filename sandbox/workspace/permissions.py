"""Microsoft.Authorization: what the caller can do with a resource.

Source: https://learn.microsoft.com/rest/api/authorization/permissions/list-for-resource
"""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from sandbox.identity.accounts import Identity, Role
from sandbox.workspace.arm_answers import ArmError, answer, method_not_allowed

API_VERSION = "2022-04-01"
_ROLES = {
    Role.READER: {"actions": ["*/read"], "notActions": []},
    Role.CONTRIBUTOR: {"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write"]},
}


def permissions(request: Request, identity: Identity, scope: str) -> Response:
    """Return one entry for each role that the identity has on `scope` or above it."""
    if request.method != "GET":
        raise method_not_allowed(request)
    if request.args.get("api-version") != API_VERSION:
        raise ArmError(
            400, "InvalidApiVersionParameter", f"The supported api-versions are '{API_VERSION}'."
        )
    entries = []
    for role, actions in _ROLES.items():
        if identity.may(role, scope):
            entries.append({**actions, "dataActions": [], "notDataActions": []})
    return answer({"value": entries})
