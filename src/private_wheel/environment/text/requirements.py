"""A requirements file as text: its logical lines with their positions, and the changed file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from private_wheel.environment.pip.lines import INDEXES, Entry, PipLine, read_pip_line
from private_wheel.environment.pip.options import URL
from private_wheel.environment.text.splices import Splice, spliced
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import quoted

# Far beyond what a person writes. Reading more lines would take minutes.
_MOST_LINES = 10_000
_COMMENT_LINE = re.compile(r"\s*#")
_INDENTED_COMMENT = re.compile(r"[ \t]+#")
_HEADER = re.compile(r"(?:[ \t]*#.*\n)+(?:[ \t]*\n)+")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A logical line: `text[start:end]`. Indented comments below it reach to `tail`."""

    pip: PipLine
    start: int
    end: int
    tail: int


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """A requirements file that was read once. Local paths in it are relative to `directory`."""

    path: str
    text: str
    directory: Path
    blocks: tuple[Block, ...]

    @property
    def lines(self) -> tuple[PipLine, ...]:
        """What pip reads."""
        return tuple(block.pip for block in self.blocks)


def read_requirements(text: str, path: str, directory: Path) -> Requirements:
    """Read the logical lines of a requirements file.

    Raises:
        WrongFile: pip cannot read a line, or a line needs another file.
    """
    lines = text.split("\n")[:-1]
    starts = [0, *(newline.end() for newline in re.finditer("\n", text))]
    blocks: list[Block] = []
    number = 0
    while number < len(lines):
        first = number
        raw, number = _logical_line(lines, first, path)
        pip = pip_line(raw, path, first + 1)
        if not pip.text:
            continue
        if len(blocks) == _MOST_LINES:
            problem = f"the file has more than {_MOST_LINES} lines for pip up to here."
            raise WrongFile(path, first + 1, problem)
        tail = number
        while tail < len(lines) and _INDENTED_COMMENT.match(lines[tail]):
            tail += 1
        blocks.append(Block(pip=pip, start=starts[first], end=starts[number], tail=starts[tail]))
    return Requirements(path=path, text=text, directory=directory, blocks=tuple(blocks))


def _logical_line(lines: Sequence[str], first: int, path: str) -> tuple[str, int]:
    """Return the logical line that begins at `first` as pip joins it, and the line after it."""
    # As pip does: `join_lines` in its req_file.py.
    joined = ""
    for number in range(first, len(lines)):
        line = lines[number]
        if _COMMENT_LINE.match(line):  # ends a continued line
            return f"{joined} {line}", number + 1
        if not line.endswith("\\"):
            return joined + line, number + 1
        joined += line.strip("\\")
    problem = "the line continues (\\), but the file ends here. Remove the \\ at its end."
    raise WrongFile(path, len(lines), problem)


def pip_line(raw: str, path: str, line: int) -> PipLine:
    """Read a logical line that must not need another file.

    Raises:
        WrongFile: pip cannot read it, or it needs another file.
    """
    try:
        pip = read_pip_line(raw, line)
    except ValueError as error:
        raise WrongFile(path, line, str(error)) from None
    for name in ("--requirement", "--constraint"):
        if pip.values(name):
            problem = f"{name} refers to another file, but the image build gets only this one."
            raise WrongFile(path, line, f"{problem} Copy its lines here.")
    for location in pip.values(*INDEXES, "--find-links"):
        is_url = bool(URL.match(location)) or "$" in location
        if location[:5].lower() == "file:" or not is_url:
            problem = (
                f"{quoted(location)} is on this machine, where the image build cannot read it."
            )
            raise WrongFile(path, line, f"{problem} Publish what it contains, and remove the line.")
    return pip


def joined(line: PipLine) -> PipLine:
    """Return the line alone: no comment, and no indentation of the lines that it was made of."""
    text = re.sub(r"(?<!\s)\s{2,}(?=--)", " ", line.text)
    return replace(line, text=text, comment="", line=0)


def with_entries(file: Requirements, entries: Sequence[Entry]) -> str:
    """Return the text with the lines of `entries`. Everything else stays as it is."""
    text, blocks = file.text, file.blocks
    splices = []
    insert_at = _first_position(text, blocks)
    for entry in entries:
        # A new line goes after the line before it, below the comments that belong to that.
        if entry.origin is None:
            splices.append(Splice(start=insert_at, end=insert_at, new=f"{entry.text}\n"))
            continue
        block = blocks[entry.origin]
        insert_at = block.tail
        if entry.text != block.pip.text:
            margin = re.match(r"[ \t]*", text[block.start :])
            new = f"{margin[0] if margin else ''}{entry.text}{block.pip.comment}\n"
            splices.append(Splice(start=block.start, end=block.end, new=new))
    kept = {entry.origin for entry in entries}
    for position, block in enumerate(blocks):
        if position not in kept:
            splices.append(Splice(start=block.start, end=block.tail, new=""))
    return spliced(text, splices)


def comments_between(file: Requirements) -> list[list[str]]:
    """Return the full-line comments before each logical line, and those at the end."""
    ends = [0, *(block.end for block in file.blocks)]
    starts = [*(block.start for block in file.blocks), len(file.text)]
    comments = []
    for end, start in zip(ends, starts, strict=True):
        lines = [line.strip() for line in file.text[end:start].split("\n")]
        comments.append([line for line in lines if line.startswith("#")])
    return comments


def _first_position(text: str, blocks: Sequence[Block]) -> int:
    """Return where a first line goes: after a header, which a blank line sets apart."""
    if not blocks:
        return len(text)
    header = _HEADER.match(text[: blocks[0].start])
    return header.end() if header else 0
