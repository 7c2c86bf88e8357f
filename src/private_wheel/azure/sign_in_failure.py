"""The error of a failed sign-in, with advice for what Microsoft Entra reports."""

from __future__ import annotations

from private_wheel.azure.answers import shortened
from private_wheel.errors import SignInFailed

_MOST_REPORTED = 500  # letters
_NO_IDENTITY = (
    "Run az login first, or set azure-client-id and azure-tenant-id; on Azure Pipelines, set"
    " azureSubscription instead. To publish to a feed without signing in, set feed-token."
)
_NO_FEDERATED_CREDENTIAL = (
    "Add a federated credential for this repository and environment to the application."
)
# Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_ADVICE = {
    "AADSTS700016": "The tenant has no application with this azure-client-id.",
    "AADSTS90002": "No tenant has this azure-tenant-id.",
    "AADSTS70021": _NO_FEDERATED_CREDENTIAL,
    "AADSTS700213": _NO_FEDERATED_CREDENTIAL,
    "AADSTS700211": "Add a federated credential for this issuer to the application.",
    "AADSTS700024": "The login's assertion has expired. Sign in directly before this step.",
    "AADSTS7000215": "The client secret is wrong. Use the secret's value, not its ID.",
    "AADSTS7000222": "The client secret has expired. Create one, or use a federated credential.",
    "az login": _NO_IDENTITY,
    "az CLI": _NO_IDENTITY,
    "Azure CLI": _NO_IDENTITY,
}


def sign_in_failure(reason: str, input: str) -> SignInFailed:
    """Return the error.

    Args:
        reason: What Entra, an SDK or the operating system reported.
        input: The input that the identity comes from; empty if none.
    """
    fix = "Check azure-client-id, azure-tenant-id and cloud."
    for code, advice in _ADVICE.items():
        if code in reason:
            fix = advice
            break
    return SignInFailed(
        "Sign-in to Azure failed.", input=input, fix=fix, said=shortened(reason, _MOST_REPORTED)
    )
