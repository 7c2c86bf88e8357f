"""A minimal Debian in a directory: the four programs that README asks for, and an ordinary user.

Every command in it runs in mount and process namespaces of its own. When it ends, however it ends,
the kernel ends its processes and undoes its mounts.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scripts.bare_machine.registries import Registries
from scripts.set_up import ROOT, WORKSHOP, once

MACHINES = WORKSHOP / "bare"
_USER = "developer"
_HOME = f"/home/{_USER}"
_CHECKOUT = f"{_HOME}/private-wheel"
_PATH = "/usr/local/bin:/usr/bin:/bin"
_ROOT_PATH = f"/usr/local/sbin:/usr/sbin:/sbin:{_PATH}"
_PROGRAMS = ("python3", "python3-venv", "python3-pip", "git", "make")
_NODE_ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}
_NAMESPACES = (
    "unshare",
    "--mount",
    "--propagation=private",
    "--pid",
    "--fork",
    "--kill-child",
)
# The first process of a process namespace has to outlive the others, so the shell waits.
_ENTER = """
mount --rbind /dev "$0/dev"
"$@" && status=0 || status=$?
exit "$status"
"""


class CannotRun(Exception):
    """This machine cannot make or enter a bare one; the text says what to do."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a machine is made from.

    Attributes:
        name: What the machine is called here.
        suite: Debian's code name of the release.
        debian_packages: What it gets from Debian besides the programs that all machines have.
        npm_packages: What it gets from npm, for all users.
    """

    name: str
    suite: str
    debian_packages: tuple[str, ...] = ()
    npm_packages: tuple[str, ...] = ()


def recipes() -> list[Recipe]:
    """Return the machines that README's commands have to work on."""
    architecture = _NODE_ARCHITECTURES.get(platform.machine(), platform.machine())
    # Debian 12 has Node.js 18, which is too old.
    node = (f"node-linux-{architecture}@20", "npm@10")
    return [
        Recipe(name="debian-12", suite="bookworm", npm_packages=node),
        Recipe(name="debian-13", suite="trixie", debian_packages=("nodejs", "npm")),
    ]


def check_requirements() -> None:
    """Raise CannotRun unless this machine can make a bare one and enter it."""
    if platform.system() != "Linux":
        raise CannotRun("make test-bare needs Linux: it makes Debian machines with debootstrap.")
    if os.geteuid() != 0:
        raise CannotRun(
            "make test-bare needs root, to make Debian machines and enter them."
            " Run sudo make test-bare."
        )
    if not shutil.which("debootstrap"):
        raise CannotRun(
            "debootstrap is missing. Install it with apt-get install debootstrap, "
            "or with the package manager of this machine."
        )


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine in the directory `root`, with its way to the package registries."""

    root: Path
    registries: Registries

    def check_out(self) -> None:
        """Give the user an empty home with a fresh clone of this checkout's HEAD."""
        for leftovers in ("home", "tmp", "var/tmp"):
            for path in (self.root / leftovers).iterdir():
                _remove(path)
        home = self.root / _HOME.lstrip("/")
        home.mkdir()
        clone = ["git", "clone", "--quiet", "--no-hardlinks"]
        clone += [str(ROOT), str(home / "private-wheel")]
        subprocess.run(clone, check=True)  # noqa: S603  # fixed arguments
        self._call(["chown", "--recursive", f"{_USER}:{_USER}", _HOME], user="root", log=None)

    def run(self, command: str, limit: float) -> bool:
        """Run shell code in the clone, as the ordinary user, and return whether it succeeded.

        Raises:
            subprocess.TimeoutExpired: It took longer than `limit` seconds and was ended.
        """
        arguments = ["env", f"--chdir={_CHECKOUT}", "sh", "-c", command]
        with self.registries.written_to(self.root):
            return self._call(arguments, user=_USER, limit=limit, log=None) == 0

    def make(self, recipe: Recipe) -> None:
        """Make the machine anew. Raises CannotRun with the end of the log."""
        _remove(self.root)
        MACHINES.mkdir(mode=0o700, exist_ok=True)  # while in use, a machine may hold credentials
        log_file = MACHINES / f"{recipe.name}.log"
        with log_file.open("wb") as log:
            status = self._install(recipe, log.fileno())
        if status:
            end = log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-10:]
            raise CannotRun(
                "\n".join([f"{recipe.name} cannot be made. {log_file} ends with:", *end])
            )

    def _install(self, recipe: Recipe, log: int) -> int:
        """Return the exit status of the first step that fails, or 0."""
        include = ",".join(_PROGRAMS)
        bootstrap = ["debootstrap", "--variant=minbase", f"--include={include}", recipe.suite]
        bootstrap.append(str(self.root))
        if self.registries.debian_mirror:
            bootstrap.append(self.registries.debian_mirror)
        npm = ["npm", "install", "--global", "--ignore-scripts", "--prefix"]
        npm += [str(self.root / "usr" / "local"), *recipe.npm_packages]
        apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes"]
        apt += ["--no-install-recommends", *recipe.debian_packages]
        inside = partial(self._call, user="root", log=log)
        status = _call_outside(bootstrap, log=log) or inside(["useradd", _USER])
        if recipe.npm_packages:
            status = status or _call_outside(npm, log=log)
        if recipe.debian_packages:
            with self.registries.written_to(self.root):
                status = status or inside(["apt-get", "update"]) or inside(apt)
        return status

    def _call(
        self, arguments: Sequence[str], *, user: str, log: int | None, limit: float | None = None
    ) -> int:
        """Run a program in the machine and return its exit status."""
        chroot = shutil.which("chroot", path=_ROOT_PATH) or "chroot"
        command = [*_NAMESPACES, f"--mount-proc={self.root / 'proc'}"]
        command += ["sh", "-ec", _ENTER, str(self.root), chroot]
        command += [f"--userspec={user}:{user}", str(self.root), *arguments]
        environ = {"HOME": _HOME, "USER": user, "LOGNAME": user, "PATH": _PATH}
        if user == "root":
            environ.update(HOME="/root", PATH=_ROOT_PATH)
        return subprocess.run(  # noqa: S603  # programs of this module's choice
            command,
            env={**self.registries.variables, **environ},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            timeout=limit,
            check=False,
        ).returncode


def made(recipe: Recipe, registries: Registries) -> Machine:
    """Return the recipe's machine, made now unless it exists."""
    machine = Machine(root=MACHINES / recipe.name, registries=registries)
    once(machine.root, [repr(recipe), *_PROGRAMS], [], partial(machine.make, recipe))
    return machine


def _call_outside(arguments: Sequence[str], *, log: int) -> int:
    """Run a program of this machine and return its exit status; debootstrap mounts too."""
    command = [*_NAMESPACES, "--mount-proc", *arguments]
    return subprocess.run(  # noqa: S603  # programs of this module's choice
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
    ).returncode


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
