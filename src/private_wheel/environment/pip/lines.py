"""One logical line of a requirements file, as pip understands it.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from private_wheel.environment.pip.options import INDEXES, read_options
from private_wheel.environment.pip.target import Target, read_editable, read_target
from private_wheel.secrets.detection import held_credential

__all__ = ["INDEXES", "Entry", "PipLine", "Target", "read_pip_line"]

# A hash has some eighty letters, and there is one for each file of a release.
_LONGEST = 100_000
_COMMENT = re.compile(r"(?<!\S)#")
# What is installed begins with a login.
_LOGIN = re.compile(
    r"(^|(?<!\S)(?:-e ?|--e\w*[ =]))(?!file:|[a-z+]*ssh:)(?=[^\s/@:]+:[^\s/@]+@)",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class PipLine:
    """`text` is what pip reads, `comment` what stands behind it with the blanks before. `options` have pip's long
    names; `target` is what the line installs, if it does."""

    text: str
    comment: str
    line: int
    options: tuple[tuple[str, str], ...]
    target: Target | None

    def values(self, *names: str) -> list[str]:
        return [value for name, value in self.options if name in names]

    @property
    def is_hashed(self) -> bool:
        return any(name in ("--hash", "--require-hashes") for name, _ in self.options)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line as it will be: `origin` is its place in the old part (None: it is new); `text` is without comment."""

    origin: int | None
    text: str


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
    if held_credential(_LOGIN.sub(r"\1//", joined)):
        what = (
            "a credential stands here, with quotes or blanks in it or without https:// before it."
        )
        raise ValueError(
            f"{what} Take it out: the workspace connection gives it to the image build."
        )
