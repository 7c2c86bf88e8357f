"""The entrypoint as a user's machine runs it: a real interpreter, real pip and uv, a real package
index."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import pytest

import entrypoint
from tests.processes import running

REPOSITORY = Path(entrypoint.HERE)
# What the entrypoint imports.
MODULES = (
    "__init__.py",
    "secrets/__init__.py",
    "secrets/child_environ.py",
    "system/__init__.py",
    "system/pip_configuration.py",
)
# Stands in for the program: tells what reached it, and does what the first argument says.
PROGRAM = """
import importlib, json, os, signal, sys

def run():
    environ = json.load(sys.stdin)
    told = {"pid": os.getpid(), "arguments": sys.argv[1:], "environ": environ, "prefix": sys.prefix}
    told["blocked"] = sorted(signal.pthread_sigmask(signal.SIG_BLOCK, []))
    with open("/proc/self/environ", "rb") as stream:
        told["process environ"] = stream.read().decode(errors="surrogateescape")
    if sys.argv[1:2] == ["import"]:
        told["imported"] = [importlib.import_module(name).__name__ for name in sys.argv[2:]]
    print(json.dumps(told))
    return 7 if sys.argv[1:2] == ["fail"] else 0

def main(environ, stdout, arguments):
    print("help for", *arguments, file=stdout)
    return 0
"""


@dataclass(kw_only=True)
class Machine:
    """A copy of the project and a machine to run it on: paths with blanks and letters, one index,
    no other."""

    root: Path
    index: str
    python: str = sys.executable
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.project.mkdir(parents=True)
        shutil.copy(REPOSITORY / "entrypoint.py", self.project)
        shutil.copytree(REPOSITORY / "requirements", self.project / "requirements")
        package = self.project / "src" / "private_wheel"
        package.mkdir(parents=True)
        for module in MODULES:
            (package / module).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / "src" / "private_wheel" / module, package / module)
        (package / "__main__.py").write_text(PROGRAM)
        for directory in (self.checkout, self.root / "path"):
            directory.mkdir()
        self.set_pip(f"index-url = {self.index}")

    @property
    def project(self) -> Path:
        return self.root / "das Projekt für alle"

    @property
    def checkout(self) -> Path:
        return self.root / "checkout"

    @property
    def cache(self) -> Path:
        return self.root / "tool cache é"

    @property
    def runtimes(self) -> list[Path]:
        return sorted((self.cache / "private-wheel").iterdir()) if self.cache.exists() else []

    @property
    def environ(self) -> dict[str, str]:
        nowhere = "http://127.0.0.1:9"
        own = {
            "HOME": str(self.root),
            "PATH": str(self.root / "path"),
            "RUNNER_TOOL_CACHE": str(self.cache),
        }
        only_loopback = {"HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere, "NO_PROXY": "127.0.0.1"}
        return {
            **own,
            **only_loopback,
            "PIP_CONFIG_FILE": str(self.root / "pip.conf"),
            **self.variables,
        }

    def set_pip(self, *settings: str) -> None:
        text = "\n".join(
            ["[global]", "extra-index-url =", "find-links =", "retries = 0", *settings]
        )
        (self.root / "pip.conf").write_text(text)

    def make(self) -> Path:
        assert self.run().status == 0
        [runtime] = self.runtimes
        return runtime

    def lock_only(self, *names: str) -> None:
        """Keeps these packages of the runtime's lock, for a test that needs a runtime but not all
        of it."""
        file = self.project / "requirements" / "runtime.txt"
        blocks = re.split(r"\n(?=\S)", file.read_text())
        kept = [block for block in blocks if block.split("==")[0] in names]
        assert len(kept) == len(names)
        file.write_text("\n".join(kept) + "\n")

    def put_uv_on_path(self, uv: Path) -> None:
        (self.root / "path" / "uv").symlink_to(uv)

    def start(self, *arguments: str, options: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.python, *options, self.project / "entrypoint.py", *arguments],
            env=self.environ,
            cwd=self.checkout,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, options: tuple[str, ...] = ()) -> Answer:
        with self.start(*arguments, options=options) as process:
            stdout, stderr = process.communicate(timeout=60)
        return Answer(process.returncode, stdout, stderr, process.pid)


@dataclass(frozen=True)
class Answer:
    status: int
    stdout: str
    stderr: str
    pid: int

    @property
    def told(self) -> dict[str, object]:
        assert self.status == 0, self.stdout + self.stderr
        told = json.loads(self.stdout)
        assert isinstance(told, dict)
        return told


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the locks name for this machine, from the index that pip is set to."""
    directory = tmp_path_factory.mktemp("wheels")
    for lock in ("installer.txt", "runtime.txt"):
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes",
             "--only-binary", ":all:", "--dest", directory, "--requirement", REPOSITORY / "requirements" / lock],
            check=True, capture_output=True,
        )  # fmt: skip
    return directory


@pytest.fixture(scope="session")
def mirror(wheels: Path) -> Iterator[str]:
    """A company's mirror: a package index that others wrote, with just these files."""
    port = _free_port()
    index = f"http://127.0.0.1:{port}/simple/"
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "pypiserver", "run", "--interface", "127.0.0.1", "--port", str(port),
         "--disable-fallback", "--backend", "simple-dir", "--server", "auto", wheels],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), urlopen(index, timeout=5):
                break
            time.sleep(0.1)
        yield index
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="session")
def uv(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("uv")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", target,
         *wheels.glob("uv-*")],
        check=True,
    )  # fmt: skip
    return target / "bin" / "uv"


@pytest.fixture
def machine(tmp_path: Path, mirror: str) -> Machine:
    return Machine(root=tmp_path, index=mirror)


@pytest.fixture
def quick(machine: Machine, uv: Path) -> Machine:
    """A machine that has the installer already, and needs one package only."""
    machine.put_uv_on_path(uv)
    machine.lock_only("packaging")
    return machine


def test_a_bare_machine_behind_a_mirror(machine: Machine) -> None:
    (machine.checkout / "pip.py").write_text("raise SystemExit('foreign code')")
    (machine.checkout / "runpy.py").write_text("raise SystemExit('foreign code')")
    for directory in (machine.checkout, machine.root / ".config" / "uv"):
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "uv.toml").write_text('exclude-newer = "2000-01-01"')
    programs = [
        "twine.commands.upload",
        "build",
        "requests",
        "packaging",
        "azure.identity",
        "ruamel.yaml",
    ]
    first = machine.run("import", *programs)
    assert first.told["imported"] == programs
    assert re.fullmatch(
        r"Preparing the runtime \(once per machine\): \d+ packages\nPrepared in .* s\n",
        first.stderr,
    )
    [runtime] = machine.runtimes
    assert first.told["prefix"] == str(runtime)
    said = subprocess.run(
        [runtime / "bin" / "uv", "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert (
        f"uv=={said.split()[1]} "
        in (machine.project / "requirements" / "installer.txt").read_text()
    )
    assert not list((machine.project / "src").rglob("*.pyc"))
    assert not (machine.root / ".cache").exists()

    before = runtime.stat().st_mtime_ns
    second = machine.run("fail", "--", "ä b", options=("-X", "importtime"))
    assert second.status == 7
    assert json.loads(second.stdout)["arguments"] == ["fail", "--", "ä b"]
    assert runtime.stat().st_mtime_ns == before
    imported = {line.split("|")[-1].strip() for line in second.stderr.splitlines()}
    assert "private_wheel.secrets.child_environ" in imported
    assert (
        not {
            "subprocess",
            "tempfile",
            "shutil",
            "hashlib",
            "pathlib",
            "private_wheel.system.pip_configuration",
        }
        & imported
    )
    assert all(line.startswith("import time:") for line in second.stderr.splitlines())


def test_the_process_environment_holds_no_secret(quick: Machine) -> None:
    secrets = {
        "INPUT_FEEDTOKEN": "s3cret-feed",
        "INPUT_PACKAGE": "one\ntwo",
        "SYSTEM_ACCESSTOKEN": "s3cret-system",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "s3cret-actions",
    }
    long = {
        f"LONG_{number}": "x" * 50_000 for number in range(4)
    }  # together more than a pipe holds
    quick.variables.update(**secrets, **long, ODD=os.fsdecode(b"\xff\xe9"))
    answer = quick.run()
    environ = answer.told["environ"]
    assert isinstance(environ, dict)
    assert {name: environ[name] for name in quick.environ} == quick.environ
    process_environ = str(answer.told["process environ"])
    assert "LONG_3=" in process_environ
    assert "s3cret" not in process_environ
    assert "INPUT_" not in process_environ
    assert (
        answer.told["pid"] == answer.pid
    )  # the same process, so a signal to it reaches the program


def test_the_tools_do_not_see_the_inputs(quick: Machine) -> None:
    spy = quick.root / "path" / "uv"
    real = spy.resolve()
    spy.unlink()
    spy.write_text(f'#!/bin/sh\n/usr/bin/env >> "{quick.root}/seen"\nexec "{real}" "$@"\n')
    spy.chmod(0o755)
    quick.variables["INPUT_FEEDTOKEN"] = "s3cret-feed"
    assert quick.run().status == 0
    seen = (quick.root / "seen").read_text()
    assert f"UV_DEFAULT_INDEX={quick.index}" in seen
    assert "s3cret" not in seen


def test_without_any_standard_input(quick: Machine) -> None:
    quick.make()
    told = subprocess.run(
        ["/bin/sh", "-c", '"$0" "$1" <&-', quick.python, quick.project / "entrypoint.py"],
        env=quick.environ, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert json.loads(told.stdout)["environ"]["RUNNER_TOOL_CACHE"] == str(quick.cache)


@pytest.mark.parametrize("question", ["-h", "--help", "--version"])
def test_help_needs_no_runtime(machine: Machine, question: str) -> None:
    answer = machine.run("--package", ".", question, options=("-X", "importtime"))
    assert (answer.status, answer.stdout) == (0, f"help for --package . {question}\n")
    assert not machine.cache.exists()
    assert not list(machine.project.rglob("*.pyc"))


def _break_hashes(machine: Machine, lock: str) -> None:
    file = machine.project / "requirements" / lock
    file.write_text(re.sub(r"sha256:\w{8}", "sha256:00000000", file.read_text()))


def _assert_refused(machine: Machine, answer: Answer, status: int, code: str) -> None:
    assert answer.status == status, answer.stderr
    lines = answer.stderr.removeprefix("Preparing the runtime (once per machine): ").splitlines()
    assert (
        [line for line in lines if "error: PW" in line]
        == [line for line in lines if f"error: {code}: " in line]
        != []
    )
    assert "Traceback" not in answer.stdout + answer.stderr
    assert machine.runtimes == []


def test_a_wrong_hash_of_the_installer(machine: Machine) -> None:
    _break_hashes(machine, "installer.txt")
    _assert_refused(machine, machine.run(), 6, "PW602")


def test_a_wrong_hash_of_a_package_whatever_uv_is_told(quick: Machine) -> None:
    _break_hashes(quick, "runtime.txt")
    quick.variables.update(UV_NO_VERIFY_HASHES="1", UV_REQUIRE_HASHES="0")
    _assert_refused(quick, quick.run(), 6, "PW602")


@pytest.mark.parametrize("lock", ["installer.txt", "runtime.txt"])
def test_nothing_is_installed_without_a_hash(machine: Machine, uv: Path, lock: str) -> None:
    if lock == "runtime.txt":
        machine.put_uv_on_path(uv)
    machine.lock_only("packaging")
    file = machine.project / "requirements" / lock
    file.write_text(file.read_text().split()[0] + "\n")
    _assert_refused(machine, machine.run(), 6, "PW601")


@pytest.mark.parametrize("has_uv", [False, True])
def test_an_index_that_does_not_answer(machine: Machine, uv: Path, has_uv: bool) -> None:
    if has_uv:
        machine.put_uv_on_path(uv)
    machine.set_pip(f"index-url = http://user:s3cret@127.0.0.1:{_free_port()}/simple")
    answer = machine.run()
    _assert_refused(machine, answer, 6, "PW601")
    assert "s3cret" not in answer.stderr


@pytest.mark.parametrize("has_uv", [False, True])
def test_a_download_that_breaks_off(machine: Machine, uv: Path, wheels: Path, has_uv: bool) -> None:
    if has_uv:
        machine.put_uv_on_path(uv)
        machine.lock_only("packaging")
    [wheel] = wheels.glob("packaging-*" if has_uv else "uv-*")
    page = f'<a href="/files/{wheel.name}">{wheel.name}</a>'.encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: "

    def answer(request: bytes) -> bytes:
        if b"/files/" in request:
            return (
                head + str(wheel.stat().st_size).encode() + b"\r\n\r\n" + wheel.read_bytes()[:2000]
            )
        return head + str(len(page)).encode() + b"\r\n\r\n" + page

    with _server(answer) as address:
        machine.set_pip(f"index-url = {address}")
        _assert_refused(machine, machine.run(), 6, "PW601")


@pytest.mark.parametrize("cache", ["a file", "/proc/private"])
def test_a_cache_that_cannot_be_written(machine: Machine, cache: str) -> None:
    (machine.root / "a file").touch()
    machine.variables["RUNNER_TOOL_CACHE"] = str(machine.root / cache)
    answer = machine.run()
    _assert_refused(machine, answer, 2, "PW105")
    assert str(machine.root / cache) in answer.stderr


def test_no_pip(machine: Machine, uv: Path) -> None:
    kind = (
        "--copies" if sys.version_info >= (3, 11) else "--symlinks"
    )  # a copy on 3.10 does not know its origin
    subprocess.run(
        [sys.executable, "-m", "venv", kind, "--without-pip", machine.root / "bare"], check=True
    )
    machine.python = str(machine.root / "bare" / "bin" / "python")
    answer = machine.run()
    _assert_refused(machine, answer, 2, "PW104")
    assert machine.python in answer.stderr

    machine.put_uv_on_path(uv)  # then there is nothing to do for pip
    machine.lock_only("packaging")
    assert machine.run("import", "packaging").told["imported"] == ["packaging"]
    shutil.rmtree(machine.root / "bare")
    machine.python = sys.executable
    assert (
        machine.run().stderr == ""
    )  # the runtime is of the interpreter, not of the environment that is gone


@pytest.mark.parametrize("script", ["echo uv 0.1.0", "exit 127"])
def test_another_uv_on_path_is_not_used(quick: Machine, script: str) -> None:
    other = quick.root / "path" / "uv"
    other.unlink()
    other.write_text(f"#!/bin/sh\n{script}\n")
    other.chmod(0o755)
    assert quick.run().status == 0
    [runtime] = quick.runtimes
    assert (runtime / "bin" / "uv").stat().st_size > 1_000_000


def test_an_externally_managed_python(machine: Machine) -> None:
    machine.python = str(_externally_managed(machine.root / "managed"))
    machine.lock_only("packaging")
    # Settings that some machines have, and that would stop a plain `pip install --target`.
    machine.set_pip(f"index-url = {machine.index}", "user = true", "require-virtualenv = false")
    plain = subprocess.run(
        [machine.python, "-m", "pip", "install", "packaging"],
        env=machine.environ,
        capture_output=True,
        text=True,
    )
    assert "externally-managed-environment" in plain.stderr
    machine.set_pip(f"index-url = {machine.index}", "user = true", "require-virtualenv = true")
    assert machine.run("import", "packaging").told["imported"] == ["packaging"]


def _externally_managed(prefix: Path) -> Path:
    """This interpreter as a Linux distribution ships it (PEP 668): its library with the marker, and
    its pip."""
    library = Path(os.__file__).parent
    managed = prefix / "lib" / library.name
    (managed / "site-packages").mkdir(parents=True)
    (prefix / "bin").mkdir()
    marker = managed / "EXTERNALLY-MANAGED"  # Debian's own Python has one already
    for entry in library.iterdir():
        if entry.name not in ("site-packages", marker.name):
            (managed / entry.name).symlink_to(entry)
    marker.write_text("[externally-managed]\nError=Use a virtual environment.\n")
    pip = importlib.util.find_spec("pip")
    assert pip is not None
    assert pip.origin is not None
    for directory in (
        "site-packages",
        "../python3/dist-packages",
    ):  # the second is where Debian's Python looks
        (managed / directory).resolve().mkdir(parents=True, exist_ok=True)
        (managed / directory).resolve().joinpath("pip").symlink_to(Path(pip.origin).parent)
    return Path(shutil.copy(entrypoint.BASE_PYTHON, prefix / "bin" / f"{library.name}"))


def test_an_old_python_gets_a_clear_line(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    line = (
        r"error: PW103: Python {} is too old: private-wheel needs Python 3\.10 or newer\. [^\n]*\n"
    )
    ast.parse((REPOSITORY / "entrypoint.py").read_text(), feature_version=(3, 7))
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version_info", (3, 9, 18, "final", 0))
        patch.setattr(sys, "dont_write_bytecode", True)
        status = entrypoint.main(["--help"])
    assert status == 2
    assert re.fullmatch(line.format("3.9"), capfd.readouterr().err)
    # And in earnest, with those that are here.
    for minor in (6, 7, 8, 9):
        name = f"python3.{minor}"
        for python in [
            *Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/{name}"),
            *Path("/usr/bin").glob(name),
        ]:
            machine.python = str(python)
            answer = machine.run("--help")
            assert (answer.status, answer.stdout) == (2, "")
            assert re.fullmatch(line.format(f"3.{minor}"), answer.stderr)


@pytest.mark.parametrize(
    ("host", "start"),
    [
        ({"GITHUB_ACTIONS": "true"}, r"::error title=PrivateWheel::PW602: [^\n]*%0A[^\n]*\n"),
        (
            {"TF_BUILD": "True"},
            r"##vso\[task\.logissue type=error;code=PW602;\]PW602: [^\n]*%0A[^\n]*\n",
        ),
    ],
)
def test_one_annotation(quick: Machine, host: dict[str, str], start: str) -> None:
    quick.variables.update(host)
    _break_hashes(quick, "runtime.txt")
    answer = quick.run()
    assert answer.status == 6
    assert re.fullmatch(start, answer.stdout)
    assert "PW602" not in answer.stderr


def test_a_tool_cannot_add_commands_or_show_credentials(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TF_BUILD", "True")
    said = "%0Afrom https://me:p@ss@index.example/simple\n\n##vso[task.complete]No space left on device (os error 28)"
    with pytest.raises(entrypoint.Stop) as stop:
        entrypoint.run([sys.executable, "-c", f"print({said!r}); raise SystemExit(1)"], os.environ)
    assert entrypoint.show(*stop.value.args) == 2
    [line] = capfd.readouterr().out.splitlines()
    assert line.startswith("##vso[task.logissue type=error;code=PW105;]PW105: the cache directory ")
    assert line.endswith("%0A%AZP250Afrom https://***@index.example/simple%0A##vso[task.complete]"
                         "No space left on device (os error 28)")  # fmt: skip


def test_two_jobs_at_once(machine: Machine) -> None:
    machine.lock_only("packaging")
    with machine.start() as one, machine.start() as two:
        answers = [process.communicate(timeout=60) for process in (one, two)]
    assert (one.returncode, two.returncode) == (0, 0), answers
    assert all("Prepared in" in stderr for _, stderr in answers)
    [runtime] = machine.runtimes
    assert all(json.loads(stdout)["prefix"] == str(runtime) for stdout, _ in answers)


@pytest.mark.parametrize(
    ("numbers", "status", "leftovers"),
    [
        ([signal.SIGKILL], -9, 1),
        ([signal.SIGTERM], 143, 0),
        # Both are there when it looks: the second must not break off what the first has begun.
        ([signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT], 130, 0),
    ],
    ids=["SIGKILL", "SIGTERM", "both at once"],
)
def test_a_run_that_is_stopped_in_the_middle(
    quick: Machine, numbers: list[signal.Signals], status: int, leftovers: int
) -> None:
    asked = threading.Event()
    done = threading.Event()

    def hang(request: bytes) -> bytes:
        asked.set()
        done.wait(60)
        return b""

    with _server(hang) as address:
        quick.set_pip(f"index-url = {address}")
        with quick.start() as process:
            assert asked.wait(60)
            told = time.monotonic()
            for number in numbers:
                process.send_signal(number)
            process.wait(60)
            assert time.monotonic() - told < 10
            left = running(process.pid, str(quick.cache))
            done.set()
            _, stderr = process.communicate()
    assert process.returncode == status
    assert "Traceback" not in stderr
    assert len(left) == leftovers
    assert [path.name.startswith(".making-") for path in quick.runtimes] == [True] * leftovers

    quick.set_pip(f"index-url = {quick.index}")
    assert quick.run().status == 0
    assert len(quick.runtimes) == 1 + leftovers  # it might have been at work still


def test_signals_wait_until_the_program_is_ready(quick: Machine) -> None:
    """An interpreter that is just starting shows a traceback for SIGINT."""
    assert quick.run().told["blocked"] == [signal.SIGHUP, signal.SIGINT, signal.SIGTERM]


def test_old_leftovers_go_and_young_ones_stay(quick: Machine) -> None:
    cache = quick.cache / "private-wheel"
    for name, hours in ((".making-old", 25), (".making-young", 23), ("another", 25)):
        (cache / name / "x").mkdir(parents=True)
        then = time.time() - hours * 3600
        os.utime(cache / name, (then, then))
    assert quick.run().status == 0
    assert {path.name for path in quick.runtimes} >= {".making-young", "another"}
    assert len(quick.runtimes) == 3


def test_a_runtime_whose_interpreter_is_gone_is_made_again(quick: Machine) -> None:
    runtime = quick.make()
    (runtime / "bin" / "python").unlink()
    (runtime / "bin" / "python").symlink_to("/gone/python")
    again = quick.run()
    assert again.told["prefix"] == str(runtime)
    assert "Prepared in" in again.stderr
    assert quick.runtimes == [runtime]


def test_another_lock_makes_another_runtime(quick: Machine) -> None:
    quick.make()
    lock = quick.project / "requirements" / "runtime.txt"
    lock.write_text("# another\n" + lock.read_text())
    assert quick.run().status == 0
    assert len(quick.runtimes) == 2


def test_a_name_that_two_locks_share_is_not_enough(quick: Machine) -> None:
    runtime = quick.make()
    (runtime / "made-for.txt").write_text("something else")
    assert "Prepared in" in quick.run().stderr
    assert quick.runtimes == [runtime]


@pytest.mark.parametrize("first", range(4))
def test_the_place_of_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, first: int
) -> None:
    places = ["RUNNER_TOOL_CACHE", "AGENT_TOOLSDIRECTORY", "XDG_CACHE_HOME", "HOME"]
    for number, name in enumerate(places):
        monkeypatch.setenv(name, str(tmp_path / name) if number >= first else "")
    inside = "HOME/.cache" if first == 3 else places[first]
    assert entrypoint.cache_directory() == str(tmp_path / inside / "private-wheel")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        assert isinstance(port, int)
        return port


@contextlib.contextmanager
def _server(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """A server on loopback that says `answer(request)` to each connection and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.sendall(answer(connection.recv(65536)))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/simple/"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(20)
