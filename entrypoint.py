"""Set up the program's own Python environment, once per machine, and start the program in it.

It needs Python 3.10 and nothing else. It parses on 3.6, so that an older Python gets a clear error;
hence the quoted annotations. It does without pathlib, whose import would double its start-up time.
"""

import os
import sys
import time
import zlib
from collections.abc import Mapping

TYPE_CHECKING = False  # as in typing, which takes longer to import than all that is done
if TYPE_CHECKING:
    from subprocess import Popen

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "src")
INSTALLER_LOCK = os.path.join(HERE, "requirements", "installer.txt")
RUNTIME_LOCK = os.path.join(HERE, "requirements", "runtime.txt")
# The interpreter itself, when a virtual environment of it runs us: that one may be gone tomorrow.
BASE_PYTHON = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from private_wheel.__main__ import run; sys.exit(run())"
)
# As `python -m pip`, but without the working directory on the path: the checkout may hold a pip.py.
PIP = (
    "import sys; sys.path[:] = [entry for entry in sys.path if entry]; "
    "import runpy; runpy.run_module('pip', run_name='__main__', alter_sys=True)"
)
FROM_HOST = (
    "In a pipeline, install one with actions/setup-python (GitHub) or UsePythonVersion@0 "
    "(Azure Pipelines)."
)
OLD_PYTHON = (
    "PW103: Python {}.{} is too old: private-wheel needs Python 3.10 or newer. " + FROM_HOST
)
NO_PIP = (
    "PW104: {} has no pip, which downloads the installer once. Add it with "
    "`python3 -m ensurepip` or `apt-get install python3-pip`, or use a Python that has pip. "
    + FROM_HOST
)
CACHE = (
    "PW105: the cache directory {} cannot be used: {}. Give this user permission to write there, "
    "and 200 MB of disk space. It is in RUNNER_TOOL_CACHE, else AGENT_TOOLSDIRECTORY, else the "
    "user's own cache directory."
)
DOWNLOAD = (
    "PW601: cannot install our own packages. Check index, proxy and certificate in "
    "`python3 -m pip config list`."
)
WRONG_HASH = (
    "PW602: a downloaded file does not have the hash that private-wheel's lock requires, so it was "
    "refused. Ask the administrator of the package index that pip uses why it serves another file."
)

# Signals that ended the run, in the order in which they came. See heed_signals.
CAUGHT: "list[int]" = []


class Stop(Exception):
    """The end of the run: Stop(exit status, text that starts with a code of docs/errors.md)."""


class Cancelled(Exception):
    """A signal has come, and nothing that was begun is left."""


def main(arguments: "list[str]") -> int:
    sys.dont_write_bytecode = True  # nothing is left beside the sources
    try:
        take_back_stderr()
        if tuple(sys.version_info) < (3, 10):
            raise Stop(2, OLD_PYTHON.format(*sys.version_info))
        sys.path.insert(0, SOURCE)
        if not {"-h", "--help", "--version"}.isdisjoint(arguments):
            from private_wheel.__main__ import main as program

            return program(os.environ, sys.stdout, arguments)
        heed_signals()
        description = describe_runtime()
        runtime = os.path.join(
            cache_directory(), f"{sys.implementation.cache_tag}-{zlib.crc32(description):08x}"
        )
        if not is_ready(runtime, description):
            make_runtime(runtime, description)
        return hand_over(runtime, arguments)
    except Stop as stop:
        return show(*stop.args)
    except Cancelled:
        print("The run was cancelled.", file=sys.stderr)
        return 128 + CAUGHT[0]
    except KeyboardInterrupt:  # before signals are heeded
        return 130


def take_back_stderr() -> None:
    """Undo what the shell step of the action did so that an early SIGINT shows no traceback."""
    number = os.environ.pop("PRIVATE_WHEEL_STDERR", "")
    if number:
        os.dup2(int(number), 2)
        os.close(int(number))


def heed_signals() -> None:
    """Note signals from now on, and look at them where it is safe.

    An exception from a handler could come between any two steps: it would leave a child behind, or
    a second one would break off what follows the first, or come too late to end a blocking call.
    """
    import signal

    for number in ending_signals():
        signal.signal(number, lambda number, _: CAUGHT.append(number))


def ending_signals() -> "list[int]":
    import signal

    names = ("SIGINT", "SIGTERM", "SIGHUP")
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def describe_runtime() -> bytes:
    """Return all that a runtime depends on: how it is made, interpreter, platform and locks."""
    from importlib.machinery import EXTENSION_SUFFIXES

    libc = machine = ""
    if sys.platform != "win32":  # there, the suffix says it all
        machine = os.uname().machine
        try:
            libc = os.confstr("CS_GNU_LIBC_VERSION") or ""
        except (ValueError, OSError):
            libc = "another libc"
    facts = ["made as 1", BASE_PYTHON, EXTENSION_SUFFIXES[0], machine, libc, ""]
    return os.fsencode("\n".join(facts)) + read(INSTALLER_LOCK) + read(RUNTIME_LOCK)


def cache_directory() -> str:
    of_host = os.environ.get("RUNNER_TOOL_CACHE") or os.environ.get("AGENT_TOOLSDIRECTORY")
    of_user = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    usual = {"win32": "~/AppData/Local", "darwin": "~/Library/Caches"}.get(sys.platform, "~/.cache")
    return os.path.join(
        os.path.abspath(os.path.expanduser(of_host or of_user or usual)), "private-wheel"
    )


def is_ready(runtime: str, description: bytes) -> bool:
    """Return whether the runtime exists for exactly this, and its interpreter too."""
    python, made_for = executable(runtime, "python"), os.path.join(runtime, "made-for.txt")
    return os.path.exists(python) and os.path.exists(made_for) and read(made_for) == description


def make_runtime(runtime: str, description: bytes) -> None:
    """Make the runtime under a temporary name and rename it, so that it is never half-made."""
    import shutil
    import tempfile

    conditions = description.count(b" == ")
    count = description.count(b"==") - conditions
    text = f"Preparing the runtime (once per machine): {count} packages"
    print(text, file=sys.stderr, flush=True)
    start, cache, workshop = time.monotonic(), os.path.dirname(runtime), ""
    try:
        os.makedirs(cache, exist_ok=True)
        yesterday = time.time() - 24 * 60 * 60
        for entry in os.scandir(cache):  # leftovers of killed runs; a younger one may be in use
            if entry.name.startswith(".making-") and entry.stat().st_mtime < yesterday:
                shutil.rmtree(entry.path, ignore_errors=True)
        workshop = tempfile.mkdtemp(prefix=".making-", dir=cache)
        made = os.path.join(workshop, "runtime")
        fill(made, workshop)
        with open(os.path.join(made, "made-for.txt"), "wb") as stream:
            stream.write(description)
        put_in_place(made, runtime, description)
    except OSError as error:
        raise Stop(2, CACHE.format(cache, error)) from error
    finally:
        remove(workshop)
    print(f"Prepared in {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


def remove(directory: str) -> None:
    """Remove a directory, also while a killed child's last file is written."""
    import shutil

    for _ in range(5):
        shutil.rmtree(directory, ignore_errors=True)
        if not os.path.exists(directory):
            return
        time.sleep(0.1)


def fill(made: str, workshop: str) -> None:
    """Make the virtual environment, with uv and the locked packages in it."""
    import shutil

    from private_wheel.system.pip_configuration import locked_uv_environ, read_pip_configuration

    # pip and uv are not foreign code, but they do not need the inputs of the step.
    environ = {}
    for name, value in os.environ.items():
        if not name.upper().startswith("INPUT_"):
            environ[name] = value
    uv = find_installer(workshop, environ)
    environ = locked_uv_environ(read_pip_configuration(environ), environ)
    environ = {"UV_CACHE_DIR": os.path.join(workshop, "cache"), **environ}
    run([uv, "venv", "--no-config", "--quiet", "--color", "never", "--no-project", "--offline",
         "--relocatable", "--python", BASE_PYTHON, made], environ)  # fmt: skip
    shutil.copy2(uv, executable(made, "uv"))  # the program builds with it later
    run([uv, "pip", "install", "--no-config", "--quiet", "--color", "never", "--require-hashes",
         "--no-deps", "--only-binary", ":all:", "--python", executable(made, "python"),
         "-r", RUNTIME_LOCK], environ)  # fmt: skip


def find_installer(workshop: str, environ: "Mapping[str, str]") -> str:
    """Return a uv of the locked version: that on PATH, or one that pip downloads by hash."""
    import contextlib
    import shutil

    locked = read(INSTALLER_LOCK).decode().split()[0].split("==")
    uv = shutil.which("uv") or ""
    with contextlib.suppress(Stop, OSError):
        # On Windows it may be the checkout's own: then its path is relative.
        if os.path.isabs(uv) and run([uv, "--version"], environ).split()[:2] == locked:
            return uv
    target = os.path.join(workshop, "installer")
    run([sys.executable, "-c", PIP, "install", "--require-hashes", "--no-deps",
         "--only-binary", ":all:", "--target", target, "--no-user", "--no-cache-dir", "--no-input",
         "--disable-pip-version-check", "-r", INSTALLER_LOCK],
        {**environ, "PIP_REQUIRE_VIRTUALENV": "0"})  # fmt: skip
    return os.path.join(target, "bin", "uv.exe" if sys.platform == "win32" else "uv")


def run(command: "list[str]", environ: "Mapping[str, str]") -> str:
    """Run pip or uv without standard input, and return its output, which also tells its errors."""
    import re

    status, output = ended(command, environ)
    text = output.decode("utf-8", "replace")
    said = re.sub(r"//[^/\s]+@", "//***@", text)  # credentials of an index
    if not status:
        return said
    lines = [line for line in said.splitlines() if line.strip()]
    last = "\n".join(["", *lines[-8:]])
    if re.search(r"No module named '?pip\b", said):
        raise Stop(2, NO_PIP.format(sys.executable))
    if re.search(r"No space left on device|Disk quota exceeded|os error (28|112|122)\b", said):
        raise Stop(2, CACHE.format(cache_directory(), "the disk is full") + last)
    if re.search(r"do not match the hashes|hash mismatch", said, re.IGNORECASE):
        raise Stop(6, WRONG_HASH + last)
    raise Stop(6, DOWNLOAD + last)


def ended(command: "list[str]", environ: "Mapping[str, str]") -> "tuple[int, bytes]":
    """Run a command, and return its exit status and output. A signal ends its process group."""
    from contextlib import suppress
    from subprocess import DEVNULL, PIPE, STDOUT, Popen, TimeoutExpired

    process = Popen(
        command,
        env=dict(environ),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        start_new_session=True,
    )
    output = None
    try:
        while output is None and not CAUGHT:
            with suppress(TimeoutExpired):  # communicate keeps what it has read
                output, _ = process.communicate(timeout=0.1)
        if CAUGHT:
            raise Cancelled
        return process.returncode, output or b""
    finally:
        end(process)


def end(process: "Popen[bytes]") -> None:
    import signal
    from contextlib import suppress

    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout:
        process.stdout.close()


def put_in_place(made: str, runtime: str, description: bytes) -> None:
    """Rename the new runtime. That of a faster job is as good; a broken one is removed."""
    for attempt in range(5):
        try:
            if os.path.lexists(runtime) and not is_ready(runtime, description):
                os.rename(runtime, f"{made}-{attempt}")
            return os.rename(made, runtime)
        except OSError:
            if is_ready(runtime, description):
                return None
            if attempt == 4:
                raise
            time.sleep(0.2)  # on Windows, a virus scanner may hold new files for a moment


def executable(runtime: str, name: str) -> str:
    if sys.platform == "win32":
        return os.path.join(runtime, "Scripts", name + ".exe")
    return os.path.join(runtime, "bin", name)


def read(file: str) -> bytes:
    with open(file, "rb") as stream:
        return stream.read()


def hand_over(runtime: str, arguments: "list[str]") -> int:
    """Start the program in its runtime; on POSIX in this very process, so that signals reach it.

    Foreign code can read the environment that a process of the same user was started with. So the
    program starts with a public one, and gets the whole environment as JSON on standard input.
    """
    import json
    import signal

    from private_wheel.secrets.child_environ import public_environ

    bytecode = "pycache_prefix=" + os.path.join(runtime, "bytecode")
    python = executable(runtime, "python")
    command = [python, "-I", "-X", bytecode, "-c", PROGRAM, SOURCE, *arguments]
    environment, environ = json.dumps(dict(os.environ)).encode(), public_environ(os.environ)
    if sys.platform == "win32":  # cannot replace a process; Ctrl+C reaches both
        import subprocess

        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGBREAK, signal.SIG_IGN)
        if CAUGHT:
            raise Cancelled
        return subprocess.run(command, input=environment, env=environ, check=False).returncode
    # From here on they wait for the program: an interpreter that starts would show a traceback.
    signal.pthread_sigmask(signal.SIG_BLOCK, ending_signals())
    if CAUGHT:
        raise Cancelled
    reading, writing = os.pipe()
    # A pipe holds 64 KiB, and an environment may be larger: a child fills it.
    if os.fork() == 0:
        os.close(reading)
        try:
            with os.fdopen(writing, "wb") as stream:
                stream.write(environment)
        finally:
            os._exit(0)
    os.dup2(reading, 0)
    os.set_inheritable(0, True)  # dup2 does not do it when there was no standard input
    os.execve(command[0], command, environ)


def show(status: int, text: str) -> int:
    """Report a failure once: as an annotation on a CI host, else on standard error."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        head, percent = "::error title=PrivateWheel::", "%25"
    elif os.environ.get("TF_BUILD"):
        code = text.partition(":")[0]
        head, percent = "##vso[task.logissue type=error;code=" + code + ";]", "%AZP25"
    else:
        print("error: " + text, file=sys.stderr)
        return status
    line = head + text.replace("%", percent).replace("\r", "%0D").replace("\n", "%0A") + "\n"
    sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace"))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
