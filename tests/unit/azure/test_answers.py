"""What is shown of a server's answer."""

from __future__ import annotations

import json

import pytest
import requests

from private_wheel.azure.answers import json_object, server_reason, shortened, unreachable
from private_wheel.errors import ServiceFailed

PAGE = "text/html; charset=utf-8"
JSON = "application/json"


def answer(
    text: str, kind: str = JSON, status: int = 400, reason: str = "Bad Request"
) -> requests.Response:
    response = requests.Response()
    response.status_code, response.reason, response.url = status, reason, "https://host.example/x"
    response.headers["Content-Type"] = kind
    response._content, response.encoding = text.encode(), "utf-8"
    return response


def test_a_long_text_is_cut_behind_a_whole_word() -> None:
    """Half a secret would not be known for one, and be shown."""
    assert shortened("one two the-whole-secret three", 15) == "one two …"
    assert shortened("x" * 30, 15) == " …"
    assert shortened("short\n  text", 15) == "short text"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "404 https://account.invalid/c/x.whl?sv=1&sig=abc%3D&se=2 not found",
            "404 https://account.invalid/c/x.whl?sv=***&sig=***&se=*** not found",
        ),
        ("the signature sig=abc%3D is wrong", "the signature sig=*** is wrong"),
        (
            "at https%3A%2F%2Fa%2Fx%3Fsig%3Dabc%26se%3D2 now",
            "at https%3A%2F%2Fa%2Fx%3Fsig%3D*** now",
        ),
        ("x?sv=1&amp;sig=abc", "x?sv=***&amp;sig=***"),
    ],
)
def test_the_signature_of_a_link_is_a_secret(text: str, shown: str) -> None:
    assert shortened(text) == shown


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            {"error": {"code": "AuthorizationFailed", "message": "no role"}},
            "AuthorizationFailed: no role",
        ),
        ({"error": {"code": "Conflict"}}, "Conflict"),
        ({"error": {"message": "no role"}}, "no role"),
        (
            {"$id": "1", "message": "TF400813: not authorized", "typeKey": "X"},
            "TF400813: not authorized",
        ),
        (
            {"error": "invalid_client", "error_description": "AADSTS700016: not found"},
            "AADSTS700016: not found",
        ),
        ({"error": "invalid_client"}, "invalid_client"),
    ],
)
def test_the_reason_in_json(content: object, reason: str) -> None:
    assert server_reason(answer(json.dumps(content))) == f"400 {reason}"


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("no\n such  thing", "text/plain", "no such thing"),
        ("{broken", JSON, "{broken"),
        ('["a list"]', JSON, '["a list"]'),
        ("", JSON, "Bad Request"),
        ("<html><head><title>Blocked\nby us</title></head></html>", PAGE, "Blocked by us"),
        ("<body><h1 class='x'>Gateway</h1></body>", PAGE, "Gateway"),
        ("<body>nothing else</body>", PAGE, "Bad Request"),
        ("", PAGE, "Bad Request"),
    ],
)
def test_the_reason_without_json(text: str, kind: str, reason: str) -> None:
    assert server_reason(answer(text, kind)) == f"400 {reason}"


def test_a_page_that_breaks_off_has_its_status_as_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise requests.exceptions.ChunkedEncodingError("broken")

    response = answer("")
    monkeypatch.setattr(response, "json", broken)
    assert server_reason(response) == "Bad Request"


@pytest.mark.parametrize("text", ["<html>sign in</html>", "", "[1]", '"text"', "null"])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(ServiceFailed, match=r"host\.example did not respond with a JSON object"):
        json_object(answer(text, status=200))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.exceptions.SSLError("self-signed"), "REQUESTS_CA_BUNDLE"),
        (requests.exceptions.ProxyError("407"), "HTTPS_PROXY"),
        (requests.exceptions.ReadTimeout("late"), "did not respond in time"),
        (requests.exceptions.ConnectionError("refused"), "Check the host name"),
        (requests.exceptions.ConnectionError(), "Check the host name"),
    ],
)
def test_advice_for_a_host_that_cannot_be_reached(error: Exception, words: str) -> None:
    failure = unreachable("https://host.example/secret/path?sig=abc", error)
    assert str(failure).startswith("PW610: host.example cannot be reached. ")
    assert words in failure.fix
    assert "secret" not in str(failure)


def test_the_cause_is_shown_without_objects_of_python() -> None:
    error = requests.exceptions.ConnectionError("<urllib3.Connection at 0x7f>: refused")
    assert unreachable("https://host.example/", error).said == "refused"
