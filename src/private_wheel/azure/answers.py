"""What a service answered, for a person: the reason it gives, or why there is no answer."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import requests

from private_wheel.errors import ServiceFailed, ServiceUnreachable

LONGEST_REASON = 1000
# Links that a service signs are credentials, and some services repeat them in their errors, as
# they are or percent-encoded.
_SIGNED = re.compile(r"([?&;][\w.-]+=|\bsig=)[^&\s\"'<>]+")
_SIGNED_QUOTED = re.compile(r"((?:%3F|%26)[\w.-]+%3D)\S+", re.IGNORECASE)
_HEADING = re.compile(r"<(?:title|h1)[^>]*>(.*?)</", re.IGNORECASE | re.DOTALL)
# How urllib3 begins many of its errors: with the connection that failed.
_PYTHON_OBJECT = re.compile(r"<[^>]*>:? ?")


def unreachable(url: str, error: Exception) -> ServiceUnreachable:
    """Return the error for a request without an answer, by what the network reported."""
    fix = "Check the host name, and that this machine can reach it."
    if isinstance(error, requests.exceptions.SSLError):
        fix = "Its certificate is not trusted. Set REQUESTS_CA_BUNDLE to your company's CA file."
    elif isinstance(error, requests.exceptions.ProxyError):
        fix = "The proxy refused the connection. Check HTTPS_PROXY and NO_PROXY."
    elif isinstance(error, requests.exceptions.Timeout):
        fix = "It did not respond in time. Run again, or check the firewall."
    cause: object = error
    if error.args:
        cause = getattr(error.args[0], "reason", error)
    return ServiceUnreachable(
        f"{urlsplit(url).netloc} cannot be reached.",
        fix=fix,
        said=shortened(_PYTHON_OBJECT.sub("", str(cause))),
    )


def server_reason(response: requests.Response) -> str:
    """Return the status and the reason that a server gives.

    The reason is the message in its JSON, else its text or its page's title, else the phrase of
    its status line.
    """
    try:
        text = _message(response.json())
    except ValueError:
        text = ""
    except requests.RequestException:
        return str(response.reason)
    if not text:
        text = _text_of_page(response)
    return shortened(f"{response.status_code} {text or response.reason}")


def shortened(text: str, longest: int = LONGEST_REASON) -> str:
    """Return `text` on one line, without signatures, and cut after a whole word.

    A part of a secret would not be recognised as one, and be shown.
    """
    line = " ".join(text.split())
    line = _SIGNED.sub(r"\1***", line)
    line = _SIGNED_QUOTED.sub(r"\1***", line)
    if len(line) <= longest:
        return line
    whole_words, _, _ = line[: longest + 1].rpartition(" ")
    return f"{whole_words} …"


def json_object(response: requests.Response) -> dict[str, Any]:
    """Return the JSON object in an answer.

    Raises:
        ServiceFailed: It is something else, for instance a proxy's page.
    """
    try:
        content = response.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ServiceFailed(
            f"{urlsplit(response.url).netloc} did not respond with a JSON object.",
            fix="A proxy or firewall may have responded instead.",
            said=server_reason(response),
        )
    return content


def _message(content: object) -> str:
    """Return ARM's `error`, Azure DevOps' `message` or Entra's `error_description`."""
    if not isinstance(content, dict):
        return ""
    error = content.get("error")
    if isinstance(error, dict):
        parts = [str(error[key]) for key in ("code", "message") if error.get(key)]
        return ": ".join(parts)
    return str(content.get("message") or content.get("error_description") or error or "")


def _text_of_page(response: requests.Response) -> str:
    is_html = "html" in response.headers.get("Content-Type", "").lower()
    if response.text and not is_html:
        return response.text
    heading = _HEADING.search(response.text)
    return heading[1] if heading else ""
