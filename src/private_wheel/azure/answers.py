"""What a service said, for a person: the reason in its answer, or in the lack of one."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import requests

from private_wheel.errors import ServiceFailed, ServiceUnreachable

LONGEST_REASON = 1000
# Links that a service signs are credentials, and some repeat them in their errors, as they are or quoted.
_SIGNED = re.compile(r"([?&;][\w.-]+=|\bsig=)[^&\s\"'<>]+")
_SIGNED_QUOTED = re.compile(r"((?:%3F|%26)[\w.-]+%3D)\S+", re.IGNORECASE)


def unreachable(url: str, error: Exception) -> ServiceUnreachable:
    """The error for a request that got no answer, by what the network said."""
    host = urlsplit(url).netloc
    fix = "Check the name, and that this machine may reach it."
    if isinstance(error, requests.exceptions.SSLError):
        fix = (
            "Its certificate is not trusted here: set REQUESTS_CA_BUNDLE to your company's CA file."
        )
    elif isinstance(error, requests.exceptions.ProxyError):
        fix = "The proxy refused: check HTTPS_PROXY and NO_PROXY."
    elif isinstance(error, requests.exceptions.Timeout):
        fix = "It did not answer in time: run again, or check the firewall."
    cause = str(getattr(error.args[0], "reason", error) if error.args else error)
    return ServiceUnreachable(
        f"{host} cannot be reached.", fix=fix, said=shortened(re.sub(r"<[^>]*>:? ?", "", cause))
    )


def server_reason(response: requests.Response) -> str:
    """What the server gave as its reason: the message in its JSON, else its text, else the reason phrase."""
    try:
        content = response.json()
    except ValueError:
        content = None
    except requests.RequestException:
        return str(response.reason)
    text = _message(content)
    if not text and "html" not in response.headers.get("Content-Type", "").lower():
        text = response.text
    if not text:
        heading = re.search(r"<(?:title|h1)[^>]*>(.*?)</", response.text, re.IGNORECASE | re.DOTALL)
        text = heading[1] if heading else str(response.reason)
    return shortened(f"{response.status_code} {text}")


def shortened(text: str, longest: int = LONGEST_REASON) -> str:
    """`text` on one line, cut behind a whole word: a part of a secret would not be known for one, and shown."""
    line = _SIGNED_QUOTED.sub(r"\1***", _SIGNED.sub(r"\1***", " ".join(text.split())))
    return line if len(line) <= longest else f"{line[: longest + 1].rpartition(' ')[0]} …"


def _message(content: object) -> str:
    """The message of ARM's `error`, Azure DevOps' `message` or Entra's `error_description`."""
    if not isinstance(content, dict):
        return ""
    inner = content.get("error")
    if isinstance(inner, dict):
        return ": ".join(str(inner[key]) for key in ("code", "message") if inner.get(key))
    return str(content.get("message") or content.get("error_description") or inner or "")


def json_object(response: requests.Response) -> dict[str, Any]:
    """The JSON object in an answer.

    Raises:
        ServiceFailed: it is something else, for instance a proxy's page.
    """
    try:
        content = response.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ServiceFailed(
            f"{urlsplit(response.url).netloc} answered with something that is not JSON.",
            fix="A proxy or firewall may have answered in its place.",
            said=server_reason(response),
        )
    return content
