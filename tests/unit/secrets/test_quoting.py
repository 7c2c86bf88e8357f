"""What messages show of the user's values."""

from __future__ import annotations

import pytest

from private_wheel.secrets.quoting import quoted, quoted_address, shown

SHOWN = {
    "https://u:s3cret@h/x": "https://…@h/x",
    "git+https://u:s3cret@h/r@v1": "git+https://…@v1",
    "https:/u:s3cret@h/x": "…@h/x",
    "//u:s3cret@h/x": "…@h/x",
    "https//u:s3cret@h/x": "…@h/x",
    "htps//u:s3cret@h/x": "…@h/x",
    "https;//u:s3cret@h/x": "…@h/x",
    "https:u:s3cret@h/x": "…@h/x",
    "https:\\\\u:s3cret@h/x": "…@h/x",
    "\\\\s3cret@h/x": "…@h/x",
    "https%3A//u:s3cret@h/x": "…@h/x",
    "https%3a%2f%2fu%3as3cret%40h": "…%40h",
    "u:s3cret@h": "…@h",
    "u:s3cret@://x": "…@://x",
    "python=u:s3cret@h": "…@h",
    "h/u:s3cret@h": "…@h",
    "foo @ https://u:s3cret\u00a0s3cret@h/foo.whl": "foo @ https://…@h/foo.whl",
    "https://u:\u2003s3cret@h/x": "https://…@h/x",
    'https://u:s3cret"" @h/simple/': "https://…@h/simple/",
    "https://u:s3cret  \t @h": "https://…@h",
    "https:// s3cret@h": "https://…@h",
    "https://u: s3cret@h": "https://…@h",
    "a b://s3cret@c": "a …@c",
    "ghp_s3cret" + "a" * 36: "…",
    "https://h/x?sig=s3cret": "…",
    "foo @ https://example.invalid/x.whl": "foo @ https://example.invalid/x.whl",
    "foo @https://example.invalid/x.whl": "foo @https://example.invalid/x.whl",
    "foo @ git+ssh://git@example.invalid:a/b": "foo @ git+ssh://…@example.invalid:a/b",
    "acme/python@Local": "acme/python@Local",
    "@EXPLICIT": "@EXPLICIT",
    "a\nb\u00a0c": "a b c",
}


@pytest.mark.parametrize("value", SHOWN)
def test_what_is_shown_of_a_value(value: str) -> None:
    assert shown(value) == SHOWN[value]
    assert "s3cret" not in quoted_address(value)


def test_an_address_that_nobody_can_read_is_shown_only_without_an_at() -> None:
    assert quoted_address("acme") == "'acme'"
    assert (quoted_address("s3cret@h"), quoted_address("s3cret%40h")) == ("this", "this")


def test_a_value_is_shortened_to_one_line() -> None:
    assert quoted("a\n  b\tc") == "'a b c'"
    assert shown("a\x1b[1m\u2028b") == "a [1m b"
    assert shown("a" * 100) == "a" * 100
    assert shown("a" * 101) == "a" * 100 + "…"
