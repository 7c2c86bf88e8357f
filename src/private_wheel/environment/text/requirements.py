"""A requirements file as text: its logical lines with their places, and the file with other lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from private_wheel.environment.pip.lines import INDEXES, Entry, PipLine, read_pip_line
from private_wheel.environment.pip.options import URL
from private_wheel.environment.text.splices import Splice, spliced
from private_wheel.environment.wrong_file import WrongFile
from private_wheel.secrets.quoting import quoted

# No environment of a person's comes near; beyond, reading them would take minutes.
_MOST_LINES = 10_000
_COMMENT_LINE = re.compile(r"\s*#")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A logical line: `text[start:end]` holds it, `text[end:tail]` the indented comments beneath it."""

    pip: PipLine
    start: int
    end: int
    tail: int


def read_requirements(text: str, path: str) -> list[Block]:
    """The logical lines of a requirements file.

    Raises:
        WrongFile: pip could not read one, or it needs another file.
    """
    blocks: list[Block] = []
    starts = _line_starts(text)
    place = 0
    while place < len(starts) - 1:
        first = place
        raw = ""
        while True:
            line = text[starts[place] : starts[place + 1]].rstrip("\n")
            is_comment = bool(_COMMENT_LINE.match(line))
            place += 1
            raw += " " + line if is_comment else line.strip("\\") if line.endswith("\\") else line
            if is_comment or not line.endswith("\\") or place == len(starts) - 1:
                break
        if line.endswith("\\") and not is_comment:
            raise WrongFile(
                path,
                place,
                "the line goes on (\\), and the file ends here. Take out the \\ at its end.",
            )
        if not (pip := pip_line(raw, path, first + 1)).text:
            continue
        if len(blocks) == _MOST_LINES:
            raise WrongFile(
                path,
                first + 1,
                f"there are more than {_MOST_LINES} lines for pip: this is no environment.",
            )
        tail = place
        while tail < len(starts) - 1 and re.match(
            r"[ \t]+#", text[starts[tail] : starts[tail + 1]]
        ):
            tail += 1
        blocks.append(Block(pip=pip, start=starts[first], end=starts[place], tail=starts[tail]))
    return blocks


def pip_line(raw: str, path: str, line: int) -> PipLine:
    """Raises:
    WrongFile: pip could not read it, or it needs another file.
    """
    try:
        pip = read_pip_line(raw, line)
    except ValueError as error:
        raise WrongFile(path, line, str(error)) from None
    for name in ("--requirement", "--constraint"):
        if pip.values(name):
            what = f"{name} names another file, and the image build gets this one alone. Put its lines here."
            raise WrongFile(path, line, what)
    for place in pip.values(*INDEXES, "--find-links"):
        if place[:5].lower() == "file:" or not (URL.match(place) or "$" in place):
            what = f"{quoted(place)} lies on this machine, where the image build cannot see it."
            raise WrongFile(path, line, f"{what} Publish what is there, and take the line out.")
    return pip


def with_entries(text: str, blocks: Sequence[Block], entries: Sequence[Entry]) -> str:
    """The file with the lines of `entries`; comments, blank lines and unchanged lines are as they were."""
    splices = []
    at = _first_place(text, blocks)
    for entry in entries:
        if entry.origin is None:
            splices.append(Splice(start=at, end=at, new=f"{entry.text}\n"))
            continue
        block = blocks[entry.origin]
        if entry.text != block.pip.text:
            margin = re.match(r"[ \t]*", text[block.start :])
            new = f"{margin[0] if margin else ''}{entry.text}{block.pip.comment}\n"
            splices.append(Splice(start=block.start, end=block.end, new=new))
        at = block.tail
    stay = {entry.origin for entry in entries}
    splices += [
        Splice(start=block.start, end=block.tail, new="")
        for place, block in enumerate(blocks)
        if place not in stay
    ]
    return spliced(text, splices)


def comments_between(text: str, blocks: Sequence[Block]) -> list[list[str]]:
    """The full-line comments before each block, and those at the end."""
    starts, ends = [block.start for block in blocks], [block.end for block in blocks]
    gaps = (text[end:start] for end, start in zip([0, *ends], [*starts, len(text)], strict=True))
    return [
        [line.strip() for line in gap.split("\n") if line.strip().startswith("#")] for gap in gaps
    ]


def _first_place(text: str, blocks: Sequence[Block]) -> int:
    """Where a first line goes: behind the comments that a blank line sets apart as the file's header."""
    before = text[: blocks[0].start] if blocks else text
    header = re.match(r"(?:[ \t]*#.*\n)+(?:[ \t]*\n)+", before)
    if not blocks:
        return len(text)
    return header.end() if header else 0


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]
