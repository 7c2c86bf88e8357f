"""The proof that an environment works: what resolves and installs, what does not, and what foreign
code can see."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from private_wheel.azure.http import HttpClients
from private_wheel.environment.pip.lines import read_pip_line
from private_wheel.errors import (
    CredentialRefused,
    DoesNotInstall,
    DoesNotResolve,
    MissingPython,
    ServiceUnreachable,
)
from private_wheel.hosts import GitHub
from private_wheel.inputs.ambient import read_http_config
from private_wheel.proof import check
from private_wheel.proof.install import find_python
from private_wheel.proof.proof import Proof
from private_wheel.proof.resolve import Resolved
from private_wheel.publish.feed.accounts import Account
from private_wheel.publish.feed.address import parse_feed
from private_wheel.publish.feed.index import SimpleIndex
from private_wheel.publish.route import Result
from private_wheel.secrets.redaction import derived_forms
from private_wheel.system.pip_configuration import read_pip_configuration
from private_wheel.wheels.build import Workshop
from private_wheel.wheels.wheel import read_wheel
from sandbox import Sandbox
from tests.git_host import git_host
from tests.leaks import Secrets
from tests.processes import command_lines

WheelMaker = Callable[..., Path]
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
LEVELS = ("resolve", "install")
# Prints all that its process and those above it could tell of a credential.
SPY = """
import os, pathlib, subprocess, sys


def spy(say):
    process = os.getpid()
    while process > 1:
        for name in ("environ", "cmdline"):
            try:
                data = pathlib.Path("/proc", str(process), name).read_bytes()
                say(data.replace(b"\\0", b"\\n").decode(errors="replace"))
            except OSError:
                break
        status = pathlib.Path("/proc", str(process), "stat").read_text()
        if " (pytest)" in status or process == int(os.environ.get("SPY_UP_TO", "0")):
            break
        process = int(status.rpartition(")")[2].split()[1])
    for directory in {os.environ.get("TMPDIR", ""), os.getcwd()} - {""}:
        for file in pathlib.Path(directory).rglob("*"):
            if file.is_file() and file.stat().st_size < 10**6:
                say(f"file {file}")
                say(file.read_bytes().decode(errors="replace"))
"""


class Bench:
    """A feed, a public index that knows nothing of ours, and a proof over both."""

    def __init__(self, sandbox: Sandbox, tmp_path: Path, tiny_wheel: WheelMaker) -> None:
        self.sandbox, self.tiny_wheel = sandbox, tiny_wheel
        self.url = parse_feed(sandbox.feed_url("acme", "python")).index_url
        self.feed = sandbox.directory / "feeds" / "acme" / "_organisation"
        self.token = sandbox.tokens.read
        self.stdout = io.StringIO()
        self.asked_by = ["verify"]
        self.scratch = tmp_path / "scratch"
        self.scratch.mkdir()
        self.environ = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("PIP_", "UV_"))
            },
            **sandbox.environ(),
            "PIP_CONFIG_FILE": os.devnull,
            "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        }

    @property
    def log(self) -> str:
        return self.stdout.getvalue()

    def publish(self, *arguments: object, **options: object) -> Result:
        """Put a tiny wheel into the feed."""
        wheel = read_wheel(self.tiny_wheel(*arguments, **options))
        (self.feed / wheel.file_name).write_bytes(wheel.path.read_bytes())
        return Result(
            wheel=wheel, outcome="published", sha256=wheel.sha256, requirement=wheel.requirement
        )

    def lines(self, *requirements: str, option: str = "--extra-index-url") -> list[str]:
        return [f"{option} {self.url}", *requirements]

    @property
    def workshop(self) -> Workshop:
        """As the program would set it up now: a test may have changed the environment."""
        return Workshop(
            scratch=self.scratch,
            environ=self.environ,
            secrets=frozenset[str]().union(*map(derived_forms, self.sandbox_tokens())),
            pip=read_pip_configuration(self.environ),
            echo=GitHub(self.environ, self.stdout).foreign,
        )

    def run(
        self,
        level: str,
        lines: Sequence[str],
        results: Sequence[Result] = (),
        python_version: str = PYTHON,
    ) -> Any:
        account = Account(username="x", token=lambda: self.token, input="feed-token")
        part = [read_pip_line(line, 0) for line in lines]
        http = HttpClients(read_http_config(self.environ))
        with closing(SimpleIndex(parse_feed(self.url), account, http)) as index:
            proof = Proof(
                workshop=self.workshop,
                index=index,
                index_url=self.url,
                asked_by=self.asked_by,
            )
            if level == "private_wheels":
                resolved = proof.resolve(part, python_version, results)
                return proof.private_wheels(resolved, python_version, results)
            return getattr(proof, level)(part, python_version, results)

    def resolve(
        self, lines: Sequence[str], results: Sequence[Result] = (), **options: str
    ) -> Resolved:
        resolved = self.run("resolve", lines, results, **options)
        assert isinstance(resolved, Resolved)
        return resolved

    def sandbox_tokens(self) -> list[str]:
        tokens = self.sandbox.tokens
        return [tokens.read, tokens.write, tokens.expired]

    def asked(self, server: str) -> list[str]:
        return [request.path for request in self.sandbox.requests if request.server == server]


@pytest.fixture
def bench(
    sandbox: Sandbox, tmp_path: Path, tiny_wheel: WheelMaker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    for name, value in sandbox.environ().items():
        monkeypatch.setenv(name, value)
    bench = Bench(sandbox, tmp_path, tiny_wheel)
    yield bench
    assert [path for path in bench.scratch.rglob("*") if path.suffix not in ("", ".whl")] == []


def found(resolved: Resolved) -> dict[str, tuple[str, bool]]:
    return {package.name: (package.version, package.is_private) for package in resolved.packages}


# --- what works


def test_what_resolves_and_where_it_comes_from(bench: Bench) -> None:
    bench.publish("acme-core", "2.0", requires=["acme-public"])
    bench.sandbox.public_project("acme-public", "3.1")
    result = bench.publish(requires=["acme-core>=1"])
    resolved = bench.resolve(bench.lines(result.requirement), [result])
    assert found(resolved) == {
        "acme-forecast": ("1.2.3", True), "acme-core": ("2.0", True), "acme-public": ("3.1", False),
    }  # fmt: skip


def test_of_equal_versions_the_public_one_counts(bench: Bench) -> None:
    bench.publish("acme-core", "2.0")
    bench.sandbox.public_project("acme-core", "2.0")
    assert found(bench.resolve(bench.lines("acme-core"))) == {"acme-core": ("2.0", False)}


def test_the_higher_version_counts_wherever_it_is(bench: Bench) -> None:
    bench.publish("acme-core", "2.0")
    bench.sandbox.public_project("acme-core", "2.1")
    assert found(bench.resolve(bench.lines("acme-core"))) == {"acme-core": ("2.1", False)}


@pytest.mark.parametrize("level", LEVELS)
def test_with_one_index_only_no_other_is_asked(bench: Bench, level: str) -> None:
    bench.publish("acme-core", "2.0")
    bench.sandbox.public_project("acme-core", "99")
    result = bench.publish(requires=["acme-core"])
    bench.run(level, bench.lines(result.requirement, option="--index-url"), [result])
    assert "/_packaging/python/pypi/simple/acme-core/" in "".join(bench.asked("feed"))
    assert bench.asked("public-index") == []


@pytest.mark.parametrize(
    "spelling",
    ["{url}", "{bare}", "--index-url={bare}", "-i {url}", "--extra-index-url='{url}'", "{upper}"],
)
def test_any_spelling_of_the_index(bench: Bench, spelling: str) -> None:
    result = bench.publish()
    text = spelling.format(
        url=bench.url, bare=bench.url.rstrip("/"), upper=bench.url.replace("acme", "ACME")
    )
    line = text if text.startswith("-") else f"--extra-index-url {text}"
    assert found(bench.resolve([line, result.requirement])) == {"acme-forecast": ("1.2.3", True)}


def test_an_environment_of_another_python(bench: Bench) -> None:
    """Nothing of it has to be on this machine."""
    result = bench.publish(tag="cp314-cp314-manylinux_2_28_x86_64")
    assert found(bench.resolve(bench.lines(result.requirement), python_version="3.14"))


def test_an_index_of_the_users_own_that_refuses(bench: Bench) -> None:
    """Its packages may be elsewhere too, as pip would find."""
    result = bench.publish()
    lines = bench.lines(f"--extra-index-url {bench.sandbox.plain_index_url}", result.requirement)
    assert found(bench.resolve(lines))


@pytest.mark.parametrize("level", LEVELS)
def test_an_index_that_nobody_answers_at(bench: Bench, level: str) -> None:
    result = bench.publish()
    lines = bench.lines("--extra-index-url https://localhost:1/simple/", result.requirement)
    bench.environ["UV_HTTP_RETRIES"] = "0"
    with pytest.raises(ServiceUnreachable, match="cannot be reached"):
        bench.run(level, lines, [result])


def test_the_machines_links_count_beside_its_indexes_only(bench: Bench, tmp_path: Path) -> None:
    links = tmp_path / "links"
    links.mkdir()
    wheel = bench.tiny_wheel("acme-local", "1.0")
    wheel.rename(links / wheel.name)
    bench.environ["UV_FIND_LINKS"] = str(links)
    assert "acme-local" in found(bench.resolve(bench.lines("acme-local")))
    with pytest.raises(DoesNotResolve):
        bench.resolve(bench.lines("acme-local", option="--index-url"))


def test_what_the_machine_adds_to_python_is_not_in_an_image(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "only_here.py").write_text("")
    bench.environ["PYTHONPATH"] = str(tmp_path / "path")
    result = bench.publish(content="import only_here\n")
    with pytest.raises(DoesNotInstall, match="only_here"):
        bench.run("install", bench.lines(result.requirement), [result])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "line",
    [
        "-e git+https://git.invalid/acme-tools.git@v1#egg=acme-tools",
        "git+ssh://git@git.invalid/acme-tools.git@v1#egg=acme-tools",
        "acme-tools @ git+https://git.invalid/acme-tools.git@v1",
    ],
)
def test_sources_in_git(bench: Bench, tmp_path: Path, level: str, line: str) -> None:
    """As conda writes them into what it exports. The repository is one on this machine."""
    result = bench.publish(requires=["acme-tools"], content="import acme_tools\n")
    addresses = ("https://git.invalid/", "ssh://git@git.invalid/")
    bench.environ["HOME"] = str(git_host(tmp_path / "git", {"acme-tools": "v1"}, *addresses).parent)
    bench.run(level, bench.lines(line, result.requirement), [result])


def test_hashes_for_several_machines(bench: Bench) -> None:
    """As locks for all of them have."""
    results = {version: bench.publish("acme-core", version) for version in ("1.0", "2.0")}
    lines = [
        f'acme-core==2.0 ; python_version >= "3.8" --hash=sha256:{results["2.0"].sha256}',
        f'acme-core==1.0 ; python_version < "3.8" --hash=sha256:{results["1.0"].sha256}',
    ]
    for order in (lines, lines[::-1]):
        assert found(bench.resolve(bench.lines(*order))) == {"acme-core": ("2.0", True)}


@pytest.mark.parametrize("level", LEVELS)
def test_a_wheel_that_is_not_published_beside_hashes(bench: Bench, level: str) -> None:
    core = bench.publish("acme-core", "2.0")
    wheel = read_wheel(bench.tiny_wheel())
    result = Result(
        wheel=wheel, outcome="built", sha256=wheel.sha256, requirement=wheel.requirement
    )
    lines = [f"{one.requirement} --hash=sha256:{one.sha256}" for one in (core, result)]
    bench.run(level, bench.lines(*lines), [result])


def test_a_python_of_two_parts_is_the_newest_of_its_series(bench: Bench) -> None:
    """As conda installs it."""
    bench.publish("acme-late", "1.0")
    lines = bench.lines('acme-late ; python_full_version >= "3.11.1"')
    assert found(bench.resolve(lines, python_version="3.11")) == {"acme-late": ("1.0", True)}
    assert found(bench.resolve(lines, python_version="3.11.0")) == {}


def test_an_index_that_tells_no_hashes(bench: Bench) -> None:
    bench.sandbox.feed_switches.hashes = False
    result = bench.publish()
    assert found(bench.resolve(bench.lines(result.requirement)))


@pytest.mark.parametrize("level", LEVELS)
def test_wheels_by_url(bench: Bench, level: str) -> None:
    """Their storage is not asked: the file that was published is on this machine."""
    dependency = by_url(bench, "acme-core", "2.0")
    result = by_url(bench, "acme-forecast", "1.2.3", requires=["acme-core"])
    bare = replace(dependency, requirement=dependency.url)
    bench.run(level, [result.requirement, bare.requirement], [result, bare])
    assert bench.asked("feed") == []


def test_a_wheel_by_url_that_is_another_one(bench: Bench) -> None:
    result = by_url(bench, "acme-forecast", "1.2.3")
    other = replace(result, sha256="0" * 64, outcome="skipped")
    with pytest.raises(DoesNotResolve, match="is not the file of this run"):
        bench.resolve([other.requirement], [other])


def by_url(bench: Bench, name: str, version: str, **options: object) -> Result:
    wheel = read_wheel(bench.tiny_wheel(name, version, **options))
    url = f"https://storage.invalid/wheels/{wheel.file_name}"
    line = f"{name} @ {url}#sha256={wheel.sha256}"
    return Result(wheel=wheel, outcome="published", sha256=wheel.sha256, url=url, requirement=line)


@pytest.mark.parametrize("level", LEVELS)
def test_hashes(bench: Bench, level: str) -> None:
    result = bench.publish()
    dependency = by_url(bench, "acme-core", "2.0")
    lines = [f"{result.requirement} --hash=sha256:{result.sha256}", dependency.requirement]
    bench.run(level, bench.lines(*lines), [result, dependency])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("hashed", "requires"),
    [("0" * 64, []), ("", ["acme-core"])],
    ids=["another hash", "a package without one"],
)
def test_hashes_that_are_wrong(bench: Bench, level: str, hashed: str, requires: list[str]) -> None:
    bench.publish("acme-core", "2.0")
    result = bench.publish(requires=requires)
    lines = bench.lines(f"{result.requirement} --hash=sha256:{hashed or result.sha256}")
    with pytest.raises((DoesNotResolve, DoesNotInstall)):
        bench.run(level, lines, [result])


@pytest.mark.parametrize("level", LEVELS)
def test_a_hash_of_an_open_version(bench: Bench, level: str) -> None:
    result = bench.publish()
    line = f"acme-forecast>=1 ; python_version == '{PYTHON}' --hash=sha256:{result.sha256}"
    with pytest.raises((DoesNotResolve, DoesNotInstall), match="=="):
        bench.run(level, bench.lines(line), [result])


def test_prereleases_as_pip_takes_them(bench: Bench) -> None:
    bench.publish("acme-core", "2.0")
    bench.publish("acme-core", "3.0.dev4")
    result = bench.publish(requires=["acme-core==3.0.dev4"])
    assert found(bench.resolve(bench.lines(result.requirement)))["acme-core"] == ("3.0.dev4", True)
    assert found(bench.resolve(bench.lines("--pre", "acme-core")))["acme-core"] == (
        "3.0.dev4",
        True,
    )
    assert found(bench.resolve(bench.lines("acme-core")))["acme-core"] == ("2.0", True)


def test_what_is_imported(bench: Bench) -> None:
    result = bench.publish(content="print('hello from the package')\n")
    bench.run("install", bench.lines(result.requirement), [result])
    assert "  | hello from the package" in bench.log


# --- what does not


@pytest.mark.parametrize("level", LEVELS)
def test_a_private_dependency_that_is_nowhere(bench: Bench, level: str) -> None:
    result = bench.publish(requires=["acme-missing>=2"])
    with pytest.raises((DoesNotResolve, DoesNotInstall)) as caught:
        bench.run(level, bench.lines(result.requirement), [result])
    assert "acme-missing" in str(caught.value)
    assert "127.0.0.1" not in str(caught.value) + bench.log


def test_versions_that_exclude_each_other(bench: Bench) -> None:
    bench.publish("acme-core", "1.0")
    bench.publish("acme-core", "2.0")
    result = bench.publish(requires=["acme-core<2"])
    with pytest.raises(DoesNotResolve, match="acme-core"):
        bench.resolve(bench.lines(result.requirement, "acme-core==2.0"))


@pytest.mark.parametrize(
    "tag",
    [
        "cp312-cp312-manylinux_2_28_x86_64",
        "cp311-cp311-win_amd64",
        "cp311-cp311-manylinux_2_39_x86_64",
    ],
)
def test_a_wheel_for_another_python_or_platform(bench: Bench, tag: str) -> None:
    result = bench.publish(tag=tag)
    with pytest.raises(DoesNotResolve, match="acme-forecast"):
        bench.resolve(bench.lines(result.requirement), python_version="3.11")


@pytest.mark.parametrize("level", LEVELS)
def test_a_token_that_the_feed_refuses(bench: Bench, level: str) -> None:
    """What the feed says is told, and at once: not what uv makes of it after three attempts."""
    result = bench.publish()
    bench.token = bench.sandbox.tokens.expired
    started = time.monotonic()
    with pytest.raises(CredentialRefused, match="expired"):
        bench.run(level, bench.lines(result.requirement), [result])
    assert time.monotonic() - started < 5


def test_what_uv_cannot_know(bench: Bench) -> None:
    with pytest.raises(DoesNotResolve, match="--global-option"):
        bench.resolve(["six --global-option=build"])


def test_a_python_that_is_not_here(bench: Bench) -> None:
    with pytest.raises(MissingPython, match=r"3\.42"):
        find_python("3.42", bench.workshop)
    with pytest.raises(MissingPython, match=r"3\.42"):
        bench.run("install", [], python_version="3.42")


def test_a_python_among_the_tools_of_the_host(bench: Bench, tmp_path: Path) -> None:
    for number in ("3.42.9", "3.42.10", "3.4.2"):
        for architecture in ("x64", "arm64"):
            directory = tmp_path / "tools" / "Python" / number / architecture / "bin"
            directory.mkdir(parents=True)
            (directory / "python").symlink_to(sys.executable)
    bench.environ["AGENT_TOOLSDIRECTORY"] = str(tmp_path / "tools")
    for version in ("3.42", "3.42.1"):
        assert "3.42.10" in str(find_python(version, bench.workshop))


@pytest.mark.parametrize(
    "content",
    ["raise ValueError('no such model')", "import sys; sys.exit(0)"],
    ids=["raises", "exits"],
)
def test_a_package_that_cannot_be_imported(bench: Bench, content: str) -> None:
    result = bench.publish(content=content)
    with pytest.raises(DoesNotInstall, match="import acme_forecast") as caught:
        bench.run("install", bench.lines(result.requirement), [result])
    assert "no such model" in caught.value.said or "ends the interpreter" in caught.value.said


# --- foreign code


def sdist(bench: Bench, name: str, setup: str) -> None:
    """A source distribution in the feed, whose backend is its own."""
    module = name.replace("-", "_")
    backend = f"""
import pathlib, sys
{setup}
INFO = "{module}-1.0.dist-info"
METADATA = "Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n"
WHEEL = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"


def prepare_metadata_for_build_wheel(directory, config_settings=None):
    act()
    pathlib.Path(directory, INFO).mkdir()
    pathlib.Path(directory, INFO, "METADATA").write_text(METADATA)
    pathlib.Path(directory, INFO, "WHEEL").write_text(WHEEL)
    return INFO


def build_wheel(directory, config_settings=None, metadata_directory=None):
    import zipfile
    act()
    file = "{module}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(directory, file), "w") as wheel:
        wheel.writestr("{module}.py", "")
        wheel.writestr(INFO + "/METADATA", METADATA)
        wheel.writestr(INFO + "/WHEEL", WHEEL)
        wheel.writestr(INFO + "/RECORD", "")
    return file
"""
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    with tarfile.open(bench.feed / f"{module}-1.0.tar.gz", "w:gz") as archive:
        for member, text in {
            "PKG-INFO": metadata,
            "pyproject.toml": project,
            "backend.py": backend,
        }.items():
            entry = tarfile.TarInfo(f"{module}-1.0/{member}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))


@pytest.mark.parametrize("level", LEVELS)
def test_a_backend_finds_no_credential(bench: Bench, tmp_path: Path, level: str) -> None:
    evidence = tmp_path / "evidence.txt"
    sdist(
        bench,
        "acme-spy",
        f"{SPY}\n\n"
        f"def act():\n    with open({str(evidence)!r}, 'a') as file:\n        spy(file.write)\n",
    )
    configuration = tmp_path / "pip.conf"
    configuration.write_text(
        f"[global]\nextra-index-url = https://x:{bench.token}@mirror.invalid/simple\n"
        f"proxy = http://x:{bench.token}@proxy.invalid\n"
    )
    bench.environ |= {
        "SPY_UP_TO": str(os.getpid()),
        "PIP_CONFIG_FILE": str(configuration),
        "FEED_COPY": f"prefix {bench.token}",
        "GITHUB_OUTPUT": "the-hosts-file",
        "UV_EXTRA_INDEX_URL": bench.url.replace("://", f"://x:{bench.token}@"),
    }
    result = bench.publish(requires=["acme-spy"])
    bench.run(level, bench.lines(result.requirement), [result])
    text = evidence.read_bytes()
    assert b"requirements.txt" in text
    assert b"UV_INDEX_STRATEGY" in text
    assert b"the-hosts-file" not in text
    assert Secrets(bench.sandbox_tokens()).found_in(text) == []


def test_a_package_finds_no_credential_and_gives_no_commands(bench: Bench) -> None:
    """When it is imported: nothing of the index either."""
    bench.environ["SPY_UP_TO"] = str(os.getpid())
    bench.environ["FEED_COPY"] = f"prefix {bench.token}"
    result = bench.publish(
        content=f"{SPY}\nspy(print)\nprint('::error::no')\nprint('##vso[task.complete]')\n"
    )
    bench.run("install", bench.lines(result.requirement), [result])
    assert "SPY_UP_TO" in bench.log
    assert Secrets(bench.sandbox_tokens()).found_in(bench.log.encode()) == []
    commands = [
        line for line in bench.log.splitlines() if line.startswith("::") or "##vso[" in line
    ]
    assert commands == []


@pytest.mark.parametrize("level", LEVELS)
def test_cancelled_in_the_middle(bench: Bench, tmp_path: Path, level: str) -> None:
    # A shell that starts pytest in the background has it ignore the signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    started = tmp_path / "started"
    sdist(
        bench,
        "acme-slow",
        f"def act():\n    import time\n    open({str(started)!r}, 'w')\n    time.sleep(60)\n",
    )

    def cancel() -> None:
        while not started.exists():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=cancel, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        bench.run(level, bench.lines("acme-slow"))
    assert str(bench.scratch) not in command_lines()


@pytest.mark.parametrize("level", LEVELS)
def test_foreign_code_cannot_change_what_later_runs_install(
    bench: Bench, tmp_path: Path, level: str
) -> None:
    """The cache is the check's own: what is in the machine's stays as it is, and the check adds
    nothing to it."""
    bench.sandbox.public_project("acme-public", "3.1")
    act = "for file in pathlib.Path(os.environ['UV_CACHE_DIR']).rglob('*'): print(file)"
    sdist(bench, "acme-spy", f"import os\n\n\ndef act():\n    {act}\n    raise SystemExit(3)\n")
    result = bench.publish(requires=["acme-public"])
    bench.run(level, bench.lines(result.requirement), [result])
    with pytest.raises((DoesNotResolve, DoesNotInstall)) as caught:
        bench.run(level, bench.lines("acme-spy"))
    assert f"{bench.scratch}" in caught.value.said
    assert "acme_public" not in caught.value.said
    assert [path.name for path in (tmp_path / "uv-cache").rglob("*") if "acme" in path.name] == []


def test_what_is_imported_cannot_read_the_index(bench: Bench) -> None:
    """Though the address is in files that it can read."""
    code = """
import os, pathlib, re, urllib.request

opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
places = set()
for file in pathlib.Path(os.environ["TMPDIR"]).rglob("*"):
    if file.is_file():
        places |= set(re.findall(rb"http://127[.]0[.]0[.]1:[0-9]+/[\\w-]{20,}", file.read_bytes()))
for place in places:
    try:
        print("read", opener.open(place.decode() + "/simple/acme-salaries/", timeout=5).read())
    except OSError as error:
        print("refused", error)
"""
    bench.publish("acme-salaries", "9.9")
    dependency = by_url(bench, "acme-core", "2.0")
    result = bench.publish(content=code)
    bench.run(
        "install", bench.lines(result.requirement, dependency.requirement), [result, dependency]
    )
    assert "  | refused" in bench.log
    assert "  | read" not in bench.log


def test_our_memory_is_closed_before_it_holds_a_secret() -> None:
    """On Linux. A child's is its own matter, and open to us again."""
    # PR_GET_DUMPABLE
    tell = "import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)"
    code = f"""
import json, subprocess, sys
from private_wheel import __main__ as program


def told(*_):
    {tell}
    subprocess.run([sys.executable, "-c", {tell!r}], check=True)
    return 0


program.main = json.load = told
program.run()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], input="{}", capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0", "1", "0", "1"] or sys.platform != "linux"


def test_what_is_left_running_is_ended_on_linux(bench: Bench, tmp_path: Path) -> None:
    evidence = tmp_path / "number"
    act = f"""
import os, time


def act():
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.closerange(0, 64)
        pathlib.Path({str(evidence)!r}).write_text(str(os.getpid()))
        time.sleep(30)
        os._exit(0)
    while not os.path.exists({str(evidence)!r}):
        time.sleep(0.05)
"""
    sdist(bench, "acme-spy", act)
    bench.resolve(bench.lines("acme-spy"))
    assert sys.platform != "linux" or not Path("/proc", evidence.read_text()).exists()


@pytest.mark.parametrize(
    ("level", "failure", "words"),
    [
        ("resolve", DoesNotResolve, "uv"),
        ("install", DoesNotInstall, "uv"),
        ("install", DoesNotInstall, "import"),
    ],
)
def test_what_does_not_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, level: str, failure: type[Exception], words: str
) -> None:
    monkeypatch.setattr(check, "_UV_LIMIT" if words == "uv" else "_IMPORT_LIMIT", 6.0)
    sdist(bench, "acme-slow", "def act():\n    import time\n    time.sleep(60)\n")
    result = bench.publish(content="import time; time.sleep(60)")
    line = "acme-slow" if words == "uv" else result.requirement
    with pytest.raises(failure, match=rf"verify: {words}.* did not end within 0\.1 minutes\."):
        bench.run(level, bench.lines(line), [result])
    assert str(bench.scratch) not in command_lines()


def test_a_search_for_python_that_does_not_end(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "bin" / "python3.42"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(import_module("private_wheel.proof.install"), "_SEARCH", 1.0)
    bench.environ["PATH"] = f"{slow.parent}:{bench.environ['PATH']}"
    started = time.monotonic()
    with pytest.raises(MissingPython, match=r"3\.42"):
        find_python("3.42", bench.workshop)
    assert time.monotonic() - started < 50


def test_the_run_s_token_in_the_places_of_the_machine(bench: Bench, tmp_path: Path) -> None:
    """Those are left out, and the others count."""
    evidence = tmp_path / "environ"
    act = f"pathlib.Path({str(evidence)!r}).write_text(str(dict(os.environ)))"
    sdist(bench, "acme-spy", f"import os\n\n\ndef act():\n    {act}\n")
    links, other = tmp_path / "links", f"https://x:{bench.token}@mirror.invalid/links/"
    links.mkdir()
    configuration = tmp_path / "pip.conf"
    configuration.write_text(f"[global]\nfind-links = {other}\n    {links}\n")
    bench.environ["PIP_CONFIG_FILE"] = str(configuration)
    bench.resolve(bench.lines("acme-spy"))
    assert f"'UV_FIND_LINKS': '{links}'" in evidence.read_text()
    assert Secrets(bench.sandbox_tokens()).found_in(evidence.read_bytes()) == []


@pytest.mark.parametrize(
    "line",
    [
        "acme-core @ https://storage.invalid/${UV_INDEX}/acme_core-2.0-py3-none-any.whl",
        "--find-links https://storage.invalid/${UV_DEFAULT_INDEX}/",
        "--extra-index-url https://storage.invalid/${HOME}/simple/",
    ],
)
def test_variables_are_not_those_of_this_machine(bench: Bench, line: str) -> None:
    with pytest.raises(DoesNotResolve, match=r"\$\{[A-Z_]+\}"):
        bench.resolve(bench.lines(line))


@pytest.mark.parametrize(
    ("asked_by", "way_out"),
    [
        (["verify"], "set verify: published."),
        (["environment-formats"], "leave out the format wheelhouse."),
        (
            ["verify", "environment-formats"],
            "set verify: published and leave out the format wheelhouse.",
        ),
    ],
)
def test_the_way_out_is_one(bench: Bench, asked_by: list[str], way_out: str) -> None:
    bench.asked_by = asked_by
    with pytest.raises(DoesNotResolve) as caught:
        bench.resolve(
            ["acme-core @ https://storage.invalid/${NAME}/acme_core-2.0-py3-none-any.whl"]
        )
    assert str(caught.value).startswith(f"PW311: {asked_by[0]}: ")
    assert str(caught.value).endswith(f"or {way_out}")


# --- the wheelhouse


def test_the_private_dependencies(bench: Bench) -> None:
    """Of Python's and platform's wheels the best; public ones are not among them."""
    bench.publish("acme-base", "1.0")
    for tag in (
        "py3-none-any",
        "cp311-cp311-manylinux_2_17_x86_64",
        "cp311-cp311-manylinux_2_39_x86_64",
        "cp311-cp311-win_amd64",
    ):
        bench.publish("acme-core", "2.0", requires=["acme-base", "acme-public"], tag=tag)
    bench.publish("acme-public", "3.1")
    bench.sandbox.public_project("acme-public", "3.1")
    result = bench.publish(requires=["acme-core"])
    files = bench.run(
        "private_wheels", bench.lines(result.requirement), [result], python_version="3.11"
    )
    assert sorted(file.path.name for file in files) == [
        "acme_base-1.0-py3-none-any.whl", "acme_core-2.0-cp311-cp311-manylinux_2_17_x86_64.whl",
    ]  # fmt: skip
    for file in files:
        published = (bench.feed / file.path.name).read_bytes()
        assert (file.path.read_bytes(), file.sha256) == (
            published,
            hashlib.sha256(published).hexdigest(),
        )
    assert {file.path.parent.parent for file in files} == {bench.scratch}


def test_of_equal_wheels_the_last_build(bench: Bench) -> None:
    built = bench.publish("acme-core", "1.0").wheel.path
    for build in ("9", "10"):
        (bench.feed / f"acme_core-1.0-{build}-py3-none-any.whl").write_bytes(built.read_bytes())
    bench.publish("acme-core", "2.0")
    files = bench.run("private_wheels", bench.lines("acme-core==1.0"))
    assert [file.path.name for file in files] == ["acme_core-1.0-10-py3-none-any.whl"]


def test_a_private_dependency_without_a_wheel(bench: Bench) -> None:
    sdist(bench, "acme-source", "def act():\n    pass\n")
    with pytest.raises(DoesNotResolve, match=r"acme-source 1\.0 has no wheel"):
        bench.run("private_wheels", bench.lines("acme-source"))


def test_the_log_has_real_names(bench: Bench) -> None:
    result = by_url(bench, "acme-forecast", "1.2.3")
    bench.run("install", [result.requirement], [result])
    assert f"acme-forecast==1.2.3 (from {result.url}" in bench.log
    assert "127.0.0.1" not in bench.log
