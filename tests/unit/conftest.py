"""What all unit tests may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty checkout the working directory."""
    folder = (tmp_path / "checkout").resolve()
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder
