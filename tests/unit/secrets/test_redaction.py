"""How secrets are kept in memory, and how they are masked."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from private_wheel.secrets.redaction import MASK, Redactor, Secret
from tests.masked_forms import masked_forms

TOKENS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C"]), min_size=8, max_size=90
).filter(lambda text: len(text.strip()) >= 8 and MASK not in text)

SECRET = '  Se/cret  +W\u00f6rd"&<1>\n'
FORMS = {
    "itself": SECRET,
    "stripped": 'Se/cret  +W\u00f6rd"&<1>',
    "runs of blanks collapsed": 'Se/cret +W\u00f6rd"&<1>',
    "its line": '  Se/cret  +W\u00f6rd"&<1>',
    "in a parameter": "%20%20Se%2Fcret%20%20%2BW%C3%B6rd%22%26%3C1%3E%0A",
    "in a parameter, lower-case": "%20%20Se%2fcret%20%20%2bW%c3%b6rd%22%26%3c1%3e%0a",
    "in a path": "%20%20Se/cret%20%20%2BW%C3%B6rd%22%26%3C1%3E%0A",
    "in a path, lower-case": "%20%20Se/cret%20%20%2bW%c3%b6rd%22%26%3c1%3e%0a",
    "in a form": "++Se%2Fcret++%2BW%C3%B6rd%22%26%3C1%3E%0A",
    "in a form, lower-case": "++Se%2fcret++%2bW%c3%b6rd%22%26%3c1%3e%0a",
    "quoted twice": "%2520%2520Se%252Fcret%2520%2520%252BW%25C3%25B6rd%2522%2526%253C1%253E%250A",
    "in JSON": '  Se/cret  +W\\u00f6rd\\"&<1>\\n',
    "in JSON as Unicode": '  Se/cret  +W\u00f6rd\\"&<1>\\n',
    "in JSON of .NET": "  Se/cret  \\u002BW\u00f6rd\\u0022\\u0026\\u003C1\\u003E\\u000A",
    "in JSON of .NET, lower-case": "  Se/cret  \\u002bW\u00f6rd\\u0022\\u0026\\u003c1\\u003e\\u000a",
    "in Python": '  Se/cret  +W\u00f6rd"&<1>\\n',
    "in HTML": "  Se/cret  +W\u00f6rd&quot;&amp;&lt;1&gt;\n",
    "in the text of HTML": '  Se/cret  +W\u00f6rd"&amp;&lt;1&gt;\n',
    "in base64": "ICBTZS9jcmV0ICArV8O2cmQiJjwxPgo=",
    "in base64 after one letter": "AgU2UvY3JldCAgK1fDtnJkIiY8MT4K",
    "in base64 after two letters": "gIFNlL2NyZXQgICtXw7ZyZCImPDE+C",
    "in base64 of URLs after two letters": "gIFNlL2NyZXQgICtXw7ZyZCImPDE-C",
}


@pytest.mark.parametrize("name", FORMS)
def test_each_form_is_masked(name: str) -> None:
    redactor = Redactor()
    redactor.add([SECRET])
    form = FORMS[name]
    assert redactor.clean(f"[{form}]") == f"[{MASK}]"


def test_nothing_else_is_masked() -> None:
    assert Redactor().add(["correct horse/battery"]) == sorted(
        masked_forms("correct horse/battery"), key=len, reverse=True
    )
    assert set(Redactor().add([SECRET])) == masked_forms(SECRET)


@settings(deadline=None)
@given(token=TOKENS, before=st.text(max_size=5))
def test_every_form_of_any_token_is_masked(token: str, before: str) -> None:
    redactor = Redactor()
    assert masked_forms(token) == set(redactor.add([token]))
    for form in masked_forms(token):
        cleaned = redactor.clean(f"{before} {form} after")
        assert MASK in cleaned
        assert form not in cleaned


@settings(deadline=None)
@given(token=TOKENS, user=st.text(max_size=12).filter(lambda text: ":" not in text))
def test_a_basic_authorization_is_masked(token: str, user: str) -> None:
    redactor = Redactor()
    redactor.add([token])
    encoded = base64.b64encode(f"{user}:{token}".encode()).decode()
    assert MASK in redactor.clean(f"Authorization: Basic {encoded}")


def test_a_header_with_any_user_name_shows_no_part_of_the_token() -> None:
    token = "abcdefghijklmnopqrstuvwxyz0123456789"
    redactor = Redactor()
    redactor.add([token])
    for user in ("", "u", "us", "use", "private-wheel"):
        encoded = base64.b64encode(f"{user}:{token}".encode()).decode()
        left = redactor.clean(encoded).split(MASK)
        assert len(left) == 2
        assert len(left[1].rstrip("=")) <= 1
        assert base64.b64decode(left[0][: len(left[0]) // 4 * 4]).decode() in f"{user}:{token[:2]}"


def test_each_line_of_a_secret_is_one() -> None:
    redactor = Redactor()
    redactor.add(["first-line\nsecond-line\n"])
    assert redactor.clean("first-line, then second-line") == f"{MASK}, then {MASK}"


def test_what_is_too_short_is_not_masked() -> None:
    redactor = Redactor()
    redactor.add(["abc", " \n"])
    assert redactor.clean("abc and blanks") == "abc and blanks"


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("the-token")
    assert f"{secret} {secret!r} {[secret]}".count("the-token") == 0
    assert secret.value == "the-token"
    assert not Secret("")
