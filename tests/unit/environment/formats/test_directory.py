"""Where environment files may be written, and how."""

from __future__ import annotations

from pathlib import Path

import pytest

from private_wheel.environment.formats.directory import check_directory, write_whole


@pytest.mark.parametrize("kind", ["file", "link", "loop", "below a file"])
def test_a_directory_that_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")
    out = Path("out")
    if kind in ("link", "loop"):
        out.symlink_to(tmp_path if kind == "link" else "out")
    else:
        out.write_text("")
    with pytest.raises(ValueError, match="out"):
        check_directory("out/inside" if kind == "below a file" else "out")


def test_a_link_in_the_place_of_a_file_is_replaced(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("untouched")
    (tmp_path / "conda.yml").symlink_to(elsewhere)
    write_whole(tmp_path / "conda.yml", "new\n")
    assert elsewhere.read_text() == "untouched"
    assert (tmp_path / "conda.yml").read_bytes() == b"new\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conda.yml", "elsewhere"]
