"""Wheels to measure with: valid ones, whose content cannot be compressed."""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from pathlib import Path

_WHEEL = "Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_PIECE = 4 * 2**20


def make_wheel(directory: Path, name: str, size: int) -> Path:
    """A wheel of one stored member with `size` random bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"{name}-1.0-py3-none-any.whl"
    info, digest = f"{name}-1.0.dist-info", hashlib.sha256()
    texts = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": _WHEEL,
    }
    with zipfile.ZipFile(file, "w") as archive:
        with archive.open(f"{name}.bin", "w", force_zip64=True) as member:
            for start in range(0, size, _PIECE):
                piece = os.urandom(min(_PIECE, size - start))
                digest.update(piece)
                member.write(piece)
        record = [f"{name}.bin,sha256={_encoded(digest.digest())},{size}"]
        for path, text in texts.items():
            archive.writestr(path, text)
            record.append(
                f"{path},sha256={_encoded(hashlib.sha256(text.encode()).digest())},{len(text)}"
            )
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,", ""]))
    return file


def _encoded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
