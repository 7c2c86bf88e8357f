"""What the faces say of an input beyond its help."""

from __future__ import annotations

from private_wheel.inputs.table import Input, Kind


def described(row: Input) -> str:
    """The help of an input with what its other fields add: choices, and the default in words."""
    default = f"Default: {row.default_text}." if row.default_text else ""
    return " ".join(filter(None, (row.help, choices(row), default)))


def choices(row: Input) -> str:
    """The choices as a sentence, unless the help has them all already."""
    several = " Several, separated by blanks." if row.kind is Kind.WORDS else ""
    shown = [f"`{choice}`" for choice in row.choices]
    if row.kind is Kind.BOOLEAN or all(choice in row.help for choice in shown):
        return several.strip()
    return f"One of {', '.join(shown)}.{several}"
