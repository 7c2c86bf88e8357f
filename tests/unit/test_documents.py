"""The pages that people read: every link inside the repository leads to a file, and to a heading in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from private_wheel.inputs import DOCS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])


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
