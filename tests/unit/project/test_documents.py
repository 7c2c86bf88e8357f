"""The pages that people read: every link leads somewhere, and what the examples set are inputs that
there are."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from private_wheel.inputs.table import DOCS, INPUTS

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])
EXAMPLES = sorted((ROOT / "examples" / "github").glob("*.yml"))
ROWS = {row.name: row for row in INPUTS}


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_links_of_the_program_lead_somewhere() -> None:
    assert DOCS.endswith("/docs")
    for source in (ROOT / "src").rglob("*.py"):
        for name in re.findall(r"blob/main/(docs/[\w.-]+\.md)", source.read_text(encoding="utf-8")):
            assert (ROOT / name).is_file(), name


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def inputs_in(content: Any) -> Iterator[tuple[str, str]]:
    """The inputs that a workflow, or a part of one, gives to this action."""
    if isinstance(content, list):
        for item in content:
            yield from inputs_in(item)
    elif isinstance(content, dict):
        if str(content.get("uses", "private-wheel")).startswith("private-wheel"):
            yield from (content.get("with") or {}).items()
        for value in content.values():
            yield from inputs_in(value)


def check_inputs(content: Any, host: str) -> int:
    given = list(inputs_in(content))
    for name, value in given:
        row = ROWS[name]
        assert host in row.hosts, name
        text = str(value).lower() if isinstance(value, bool) else str(value)
        assert not row.choices or set(text.split()) <= {*row.choices}, f"{name}: {value}"
    return len(given)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example_workflows_give_inputs_that_there_are(example: Path) -> None:
    assert check_inputs(YAML(typ="safe").load(example), "github")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example_workflows_are_told_of(example: Path) -> None:
    link = f"examples/github/{example.name})"
    embedded = example.read_text(encoding="utf-8").strip()
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    assert any(link in text or embedded in text for text in texts)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_parts_of_workflows_give_inputs_that_there_are(page: Path) -> None:
    for block in blocks(page, "yaml"):
        check_inputs(YAML(typ="safe").load(textwrap.dedent(block)), "github")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_have_flags_that_there_are(page: Path) -> None:
    for line in "".join(blocks(page, "console")).splitlines():
        if "entrypoint.py" in line:
            given = re.findall(r" --([a-z-]+)(?: ([^-\s]\S*))?", line.partition("entrypoint.py")[2])
            assert given, line
            check_inputs(
                {"with": {name: value or "true" for name, value in given if name != "help"}},
                "terminal",
            )
