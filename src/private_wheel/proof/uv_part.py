"""The pip part of an environment as uv can take it: pip's rules about options kept, addresses replaced."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from private_wheel.environment.pip_lines import PipLine, read_pip_line

# They tune pip alone, or would loosen what uv demands.
_LEFT_OUT = frozenset({"--prefer-binary", "--trusted-host", "--use-feature"})
# pip puts in the value of a variable: https://pip.pypa.io/en/stable/reference/requirements-file-format/
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_FOR_UV = frozenset({"--no-binary", "--only-binary"})
_UNDERSTOOD = frozenset(
    {"--editable", "--extra-index-url", "--find-links", "--hash", "--index-url", "--no-index", "--pre"}
)


class NotForUvError(Exception):
    """What uv cannot take, and `fix`, how to write it so that it can."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


@dataclass(kw_only=True)
class UvPart:
    """Requirements without options, and what the options said."""

    indexes: list[str]
    """In the order in which pip prefers them: the first of those that have the same version."""
    of_machine: bool = True
    """Whether the machine's own indexes count. Behind an `--index-url` of the part's they do not."""
    requirements: list[str] = field(default_factory=list)
    find_links: list[str] = field(default_factory=list)
    prereleases: bool = False
    hashes: bool = False

    def read(
        self, lines: Sequence[str], replaced_index: Callable[[str], str], replaced_line: Callable[[str], str]
    ) -> None:
        """Add `lines`. The two functions give the address that stands in for an index, and the line for a line.

        Raises:
            NotForUvError: an option is pip's alone, or a variable that of another machine.
        """
        for text in lines:
            if variable := _VARIABLE.search(text):
                what = f"{variable[0]} in it is a variable, whose value here is not the one of an image build."
                raise NotForUvError(what, "Write what it stands for")
            line = read_pip_line(text, 0)
            self.hashes |= line.is_hashed
            self._read_options(line, replaced_index)
            if line.target:
                self.requirements.append(replaced_line(text))

    def _read_options(self, line: PipLine, replaced_index: Callable[[str], str]) -> None:
        without_index = any(name == "--no-index" for name, _ in line.options)
        if without_index or line.values("--index-url"):
            self.indexes, self.of_machine = [], False
        for name, value in line.options:
            if name in _FOR_UV:
                self.requirements.append(f"{name} {value}")
            elif name == "--pre":
                self.prereleases = True
            elif name == "--find-links":
                self.find_links.append(value)
            elif name not in _UNDERSTOOD | _LEFT_OUT | {"--require-hashes"}:
                raise NotForUvError(f"only pip knows what {name} in it does.", "Take the option out")
        for url in [*line.values("--index-url")[-1:], *line.values("--extra-index-url")]:
            if not without_index and (index := replaced_index(url)) not in self.indexes:
                self.indexes.append(index)
