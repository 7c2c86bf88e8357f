"""Pack the extension for Azure Pipelines into .make/extension: the real one and a trial edition.

The manifest vss-extension.json holds what the Marketplace shows; ids and versions come from
scripts/metadata/names.py, so that both extensions may be installed in one organisation.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from scripts.metadata.names import Edition
from scripts.metadata.task_json import task_json
from scripts.metadata.vss_extension import vss_extension
from scripts.set_up import ROOT, WORKSHOP

PLACE = WORKSHOP / "extension"
# All that runs, and the licence it runs under.
_FILES = (
    "LICENSE",
    "entrypoint.py",
    "icon.png",
    "launch.js",
    "requirements/installer.txt",
    "requirements/runtime.txt",
)


def main() -> int:
    shutil.rmtree(PLACE, ignore_errors=True)
    for edition in Edition:
        package = pack(edition)
        with zipfile.ZipFile(package) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
        if edition is Edition.REAL:
            for member in members:
                print(f"{member.file_size:>9,}  {member.filename}")
        size = package.stat().st_size / 1024
        print(f"{package.relative_to(ROOT).as_posix()}: {len(members)} files, {size:.0f} KiB")
    return 0


def pack(edition: Edition) -> Path:
    """Stage what belongs inside and let tfx make the package of it."""
    stage = PLACE / edition.value
    task = stage / "task"
    for name in _FILES:
        target = task / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    shutil.copytree(
        ROOT / "src", task / "src", ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    (task / "task.json").write_text(task_json(edition), encoding="utf-8", newline="\n")
    shutil.copyfile(ROOT / "docs" / "icon.png", stage / "icon.png")
    shutil.copyfile(ROOT / "docs" / "azure-pipelines.md", stage / "overview.md")
    (stage / "vss-extension.json").write_text(
        vss_extension(edition), encoding="utf-8", newline="\n"
    )
    tfx = ROOT / "node_modules" / "tfx-cli" / "_build" / "tfx-cli.js"
    command = [
        "node",
        str(tfx),
        "extension",
        "create",
        "--root",
        str(stage),
        "--manifests",
        "vss-extension.json",
    ]
    command += ["--output-path", str(PLACE), "--no-prompt", "--json"]
    made = subprocess.run(command, cwd=stage, capture_output=True, text=True, check=False)  # noqa: S603
    if made.returncode:
        raise SystemExit(f"tfx could not pack the extension:\n{made.stdout}{made.stderr}")
    return Path(json.loads(made.stdout[made.stdout.index("{") :])["path"])


if __name__ == "__main__":
    sys.exit(main())
