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

# Characters. A hash has some 80, and there is one for each file of a release.
_LONGEST = 100_000
# What shlex, with which pip splits a line, does not take as it is.
_SPECIAL = re.compile(r"[\s\"'\\]")
_COMMENT = re.compile(r"(?<!\S)#")
# The start of a requirement that begins with a login.
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
    """A line as it will be.

    `origin` is the position of its old line in the pip part, None for a new line.
    """

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
    """Read a logical line.

    A line that names a package is read even if pip cannot read it, because a mention of a package
    that is added is replaced however it is written. Its target then has the problem.

    Args:
        raw: The line with its comment.
        line: Its number in the user's file.

    Raises:
        ValueError: pip cannot read it, with the sentence for the user.
    """
    if len(raw) > _LONGEST:
        raise ValueError(
            f"the line has more than {_LONGEST:,} characters. It is not a requirement."
        )
    match = _COMMENT.search(raw)
    code = raw[: match.start()] if match else raw
    code = code.rstrip()
    comment = raw[len(code) :] if match else ""
    text = code.strip()
    requirement, words = _split(text)
    _check_login([requirement, *words])
    options = read_options(words)
    target = _target_of(requirement, options)
    if target and target.problem and not target.name:
        raise ValueError(target.problem)
    return PipLine(text=text, comment=comment, line=line, options=tuple(options), target=target)


def _split(text: str) -> tuple[str, list[str]]:
    """Return what comes before the options, as it is, and the words of the options, as pip splits.

    Source: `break_args_options` in pip's req_file.py.
    """
    words = text.split(" ")
    options_start = len(words)
    for number, word in enumerate(words):
        if word.startswith("-"):
            options_start = number
            break
    try:
        option_words = shlex.split(" ".join(words[options_start:]))
    except ValueError:
        raise ValueError("a quote in the options is not closed. Close or remove it.") from None
    return " ".join(words[:options_start]), option_words


def _target_of(requirement: str, options: Sequence[Option]) -> Target | None:
    for option in options:
        if option.name == "--editable":
            # What comes before --editable is what pip takes as its value.
            return read_editable(requirement or option.value)
    return read_target(requirement) if requirement else None


def _check_login(parts: Sequence[str]) -> None:
    """Refuse a login that the check of the whole text cannot see.

    Quotes within it hide it from a reader of the text, but not from pip. A blank before an `@`
    hides it from both, but is a slip.
    """
    joined = re.sub("[\"']", "", " ".join(parts))
    joined = "@".join(part.rstrip(" \t") for part in joined.split("@"))
    if holds_credential(_LOGIN.sub(r"\1//", joined)):
        problem = "the line contains a credential, with quotes or blanks in it or without https://."
        raise ValueError(
            f"{problem} Remove it. The image build gets it from the workspace connection."
        )
