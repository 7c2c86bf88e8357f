"""Write what is generated from the table of inputs; with --check, report what differs.

`python3 scripts/sync_metadata.py` needs nothing but Python; `make metadata` runs it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from scripts.metadata.action_yml import action_yml  # noqa: E402  # importable from here on
from scripts.metadata.readme_md import readme_md  # noqa: E402
from scripts.metadata.task_json import task_json  # noqa: E402
from scripts.metadata.vss_extension import vss_extension  # noqa: E402


def main(arguments: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser(prog="sync_metadata", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a file differs"
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout to look at")
    options = parser.parse_args(arguments)
    stale = {path: text for path, text in generated(options.root) if _read(path) != text}
    for path, text in stale.items():
        name = path.relative_to(options.root).as_posix()
        if options.check:
            print(
                f"{name} is not what src/private_wheel/inputs/table.py says: run `make metadata`.",
                file=sys.stderr,
            )
        else:
            _write(path, text)
            print(f"wrote {name}")
    return 1 if options.check and stale else 0


def generated(root: Path) -> Iterator[tuple[Path, str]]:
    """Each generated file below `root` with the text it must have."""
    yield root / "action.yml", action_yml()
    yield root / "task.json", task_json()
    yield root / "vss-extension.json", vss_extension()
    readme, workflow = root / "README.md", root / "examples" / "github" / "release.yml"
    yield readme, readme_md(_read(readme), _read(workflow))


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape") if path.exists() else ""


def _write(path: Path, text: str) -> None:
    """As a whole or not at all: the file is made beside its place and renamed."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
