"""One logical line of a requirements file, as pip understands it.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from private_wheel.environment.pip.options import INDEXES, Option, read_options
from private_wheel.environment.pip.target import Target, read_editable, read_target
from private_wheel.secrets.detection import holds_credential

__all__ = ["INDEXES", "Entry", "Option", "PipLine", "Target", "option_line", "read_pip_line"]

# A hash has some eighty letters, and there is one for each file of a release.
_LONGEST = 100_000
# What shlex, with which pip splits a line, does not take as it is.
_SPECIAL = re.compile(r"[\s\"'\\]")
_COMMENT = re.compile(r"(?<!\S)#")
# What is installed begins with a login.
_LOGIN = re.compile(
    r"(^|(?<!\S)(?:-e ?|--e\w*[ =]))(?!file:|[a-z+]*ssh:)(?=[^\s/@:]+:[^\s/@]+@)",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class PipLine:
    """A logical line as pip reads it.

    `text` is what pip reads, `comment` the comment behind it with the blanks before. `line` is its
    number in the user's file, 0 for a line of ours. `target` is what the line installs, if it does.
    """

    text: str
    comment: str = ""
    line: int = 0
    options: tuple[Option, ...] = ()
    target: Target | None = None

    def values(self, *names: str) -> list[str]:
        """Return the values of the options with these names, in their order."""
        return [option.value for option in self.options if option.name in names]

    def has_option(self, *names: str) -> bool:
        """Return whether the line has one of these options."""
        return any(option.name in names for option in self.options)

    def with_options(self, options: Sequence[Option]) -> PipLine:
        """Return a line of options with others; the same line if they are equal."""
        if tuple(options) == self.options:
            return self
        return replace(self, text=_text_of(options), options=tuple(options))

    @property
    def is_hashed(self) -> bool:
        """Whether the line asks pip to check hashes, for all lines."""
        return self.has_option("--hash", "--require-hashes")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line as it will be. `origin` is the place of its old line in the pip part, None for a new one."""

    origin: int | None
    line: PipLine

    @property
    def text(self) -> str:
        """What pip reads."""
        return self.line.text


def option_line(*options: Option) -> PipLine:
    """Return a new line of options."""
    return PipLine(text=_text_of(options), options=options)


def _text_of(options: Sequence[Option]) -> str:
    words = []
    for option in options:
        words.append(option.name)
        if _SPECIAL.search(option.value):
            words.append(shlex.quote(option.value))
        elif option.value:
            words.append(option.value)
    return " ".join(words)


def read_pip_line(raw: str, line: int) -> PipLine:
    """The line. Where it names a package, but not as pip could read it, the target has the problem: a mention of a
    package that is put in is replaced, however it is written.

    Raises:
        ValueError: pip cannot read it, with the sentence for the user.
    """
    if len(raw) > _LONGEST:
        raise ValueError(f"the line has more than {_LONGEST} letters: this is no requirement.")
    found = _COMMENT.search(raw)
    code = (raw[: found.start()] if found else raw).rstrip()
    comment = raw[len(code) :] if found else ""
    text = code.strip()
    words = text.split(" ")
    first = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    head = " ".join(words[:first])
    try:
        split = shlex.split(" ".join(words[first:]))
    except ValueError:
        raise ValueError(
            "the quotes of the options do not match. Write each in a pair, or none."
        ) from None
    _check_joined(head, split)
    options = read_options(split)
    editable = next((value for name, value in options if name == "--editable"), "")
    # What stands before --editable is what pip takes as its value.
    target = read_editable(head or editable) if editable else read_target(head) if head else None
    if target and target.problem and not target.name:
        raise ValueError(target.problem)
    return PipLine(text=text, comment=comment, line=line, options=tuple(options), target=target)


def _check_joined(head: str, split: list[str]) -> None:
    """Quotes part a login for who reads the text, and not for pip; a blank before an `@` for both, but it is a slip."""
    joined = re.sub("[\"']", "", " ".join([head, *split]))
    joined = "@".join(part.rstrip(" \t") for part in joined.split("@"))
    if holds_credential(_LOGIN.sub(r"\1//", joined)):
        what = (
            "a credential stands here, with quotes or blanks in it or without https:// before it."
        )
        raise ValueError(
            f"{what} Take it out: the workspace connection gives it to the image build."
        )
