"""What is shown of a server's text."""

from __future__ import annotations

from private_wheel.azure.answers import shortened


def test_a_long_text_is_cut_behind_a_whole_word() -> None:
    """Half a secret would not be known for one, and be shown."""
    assert shortened("one two the-whole-secret three", 15) == "one two …"
    assert shortened("x" * 30, 15) == " …"
    assert shortened("short\n  text", 15) == "short text"


def test_the_signature_of_a_link_is_a_secret() -> None:
    said = shortened("404 https://account.invalid/c/x.whl?sv=1&sig=abc%3D&se=2 not found")
    assert said == "404 https://account.invalid/c/x.whl?sv=***&sig=***&se=*** not found"
