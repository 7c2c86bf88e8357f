"""Set up what the Makefile's targets need, once for each state of the locks.

Usage: `set_up.py python node`.

`python`: the virtual environment .make/venv from requirements/dev.txt, by hash. `node`:
node_modules beside every package-lock.json of ours, without running any script of a package.
Standard library only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKSHOP = ROOT / ".make"
VENV = WORKSHOP / "venv"
LOCK = ROOT / "requirements" / "dev.txt"
OLDEST_NODE = 20


class Missing(Exception):
    """A program that the machine must have is missing."""


def main(parts: Sequence[str]) -> int:
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]
    from entrypoint import BASE_PYTHON, Stop

    if Path(sys.prefix) == VENV:  # it is active: it cannot remake itself
        return subprocess.run([BASE_PYTHON, "-B", __file__, *parts], check=False).returncode  # noqa: S603
    WORKSHOP.mkdir(exist_ok=True)
    try:
        if "python" in parts:
            installer = ROOT / "requirements" / "installer.txt"
            once(VENV, [sys.executable, sys.version], [LOCK, installer], _make_venv)
        if "node" in parts:
            version = _node_version()
            for lock in package_locks():
                once(
                    lock.with_name("node_modules"),
                    [version],
                    [lock],
                    partial(_install, lock.parent),
                )
    except (Missing, Stop) as error:
        print(error.args[-1], file=sys.stderr)
        return 1
    return 0


def once(made: Path, facts: Sequence[str], files: Sequence[Path], make: Callable[[], None]) -> None:
    """Call `make` unless `made` exists for the same facts and files; resume nothing half-made."""
    digest = hashlib.sha256("\n".join([str(ROOT), *facts]).encode())
    for file in (*files, Path(__file__)):
        digest.update(file.read_bytes())
    name = made.relative_to(ROOT).as_posix()
    stamp = WORKSHOP / f"{name.replace('/', '-').lstrip('.')}.stamp"
    if made.exists() and stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    stamp.unlink(missing_ok=True)
    start = time.monotonic()
    print(f"Setting up {name} …", end=" ", file=sys.stderr, flush=True)
    try:
        make()
    except BaseException:
        print(file=sys.stderr)
        raise
    print(f"{time.monotonic() - start:.1f} s", file=sys.stderr)
    stamp.write_text(digest.hexdigest())


def _make_venv() -> None:
    from entrypoint import executable, find_installer, run
    from private_wheel.system.pip_configuration import locked_uv_environ, read_pip_configuration

    shutil.rmtree(VENV, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        uv = find_installer(scratch, os.environ)
        environ = locked_uv_environ(read_pip_configuration(os.environ), os.environ)
        run(
            [
                uv,
                "venv",
                "--quiet",
                "--no-config",
                "--no-project",
                "--python",
                sys.executable,
                str(VENV),
            ],
            environ,
        )
        own_uv = executable(str(VENV), "uv")
        shutil.copy2(uv, own_uv)  # `make sync` locks with it
    python = executable(str(VENV), "python")
    install = [own_uv, "pip", "install", "--quiet", "--no-config", "--require-hashes", "--no-deps"]
    run(
        [*install, "--only-binary", ":all:", "--python", python, "--requirements", str(LOCK)],
        environ,
    )
    _add_sources()


def _add_sources() -> None:
    """Make the checkout importable in the virtual environment, from whatever directory."""
    packages = next(VENV.glob("lib/python*/site-packages"), VENV / "Lib" / "site-packages")
    (packages / "private_wheel_checkout.pth").write_text(
        f"{ROOT}\n{ROOT / 'src'}\n", encoding="utf-8"
    )


def _node_version() -> str:
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        raise Missing(
            f"Node.js is missing: install version {OLDEST_NODE} or newer, with npm (https://nodejs.org)."
        )
    version = subprocess.run(  # noqa: S603
        [node, "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        raise Missing(
            f"Node.js {version} is too old: install version {OLDEST_NODE} or newer (https://nodejs.org)."
        )
    return version


def package_locks() -> Iterator[Path]:
    for depth in ("", "*/", "*/*/", "*/*/*/"):
        yield from sorted(
            lock
            for lock in ROOT.glob(f"{depth}package-lock.json")
            if "node_modules" not in lock.parts
        )


def _install(directory: Path) -> None:
    npm = shutil.which("npm") or "npm"
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(  # noqa: S603  # npm with fixed arguments
        command,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        folder = directory.relative_to(ROOT).as_posix()
        raise Missing(f"npm ci failed in {folder}:\n{done.stdout}{done.stderr}".strip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
