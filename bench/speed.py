"""How long a release takes, as ratios measured in one run: ours against the recipe and against the
floor.

The recipe is what a user writes today: a virtual environment, `pip install build twine azure-ai-ml
azure-identity`, `python -m build`, `twine upload`, and an azure-ai-ml script that sets the
connection. The floor is `uv build` and one upload with curl. Cold is a machine that has none of it,
with empty caches; warm is the second run.

    python bench/speed.py [--repeat 5]
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from sandbox import Sandbox  # noqa: E402  # only importable from here on

PYTHON = getattr(sys, "_base_executable", sys.executable)
LIMITS = {"cold / recipe cold": 0.20, "warm / recipe warm": 0.35, "warm / floor": 2.5}
SET_CONNECTION = """
import os
from azure.ai.ml import MLClient
from azure.ai.ml.entities import PatTokenConfiguration, WorkspaceConnection
from azure.identity import ClientSecretCredential
credential = ClientSecretCredential(
    os.environ["AZURE_TENANT_ID"],
    os.environ["AZURE_CLIENT_ID"],
    os.environ["AZURE_CLIENT_SECRET"],
    authority=os.environ["AZURE_AUTHORITY_HOST"],
    disable_instance_discovery=True,
)
subscription, group, workspace = os.environ["WORKSPACE"].split("/")
client = MLClient(credential, subscription, group, workspace, cloud="SandboxCloud")
connection = WorkspaceConnection(
    name="acme",
    type="python_feed",
    target=os.environ["TARGET"],
    credentials=PatTokenConfiguration(pat=os.environ["READ_TOKEN"]),
)
client.connections.create_or_update(connection)
"""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where everything of a measurement lies. Each release has a version of its own, so that each
    one is sent."""

    folder: Path
    sandbox: Sandbox

    def checkout(self, version: str) -> Path:
        source = self.folder / "source" / version
        shutil.copytree(REPOSITORY / "examples" / "acme-forecast", source)
        project = source / "pyproject.toml"
        project.write_text(
            project.read_text().replace('version = "1.2.3"', f'version = "{version}"')
        )
        git = [
            "git",
            "-c",
            "user.name=bench",
            "-c",
            "user.email=bench@localhost",
            "-c",
            "commit.gpgsign=false",
        ]
        for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", version]):
            subprocess.run([*git, *arguments], cwd=source, check=True)  # noqa: S603
        return source

    def environ(self, caches: Path) -> dict[str, str]:
        sandbox = self.sandbox
        kept = {
            name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
        }
        return {
            **kept,
            **sandbox.environ(),
            **sandbox.service_principal_environ(sandbox.identities.contributor),
            "PIP_CACHE_DIR": str(caches / "pip"),
            "UV_CACHE_DIR": str(caches / "uv"),
            "RUNNER_TOOL_CACHE": str(caches / "tools"),
        }

    def ours(self, source: Path, caches: Path) -> None:
        workspace = self.sandbox.workspace("acme-ml").short
        tokens = {
            "INPUT_FEEDTOKEN": self.sandbox.tokens.write,
            "INPUT_CONNECTIONTOKEN": self.sandbox.tokens.read,
        }
        flags = ["--feed", self.sandbox.feed_url("acme", "python"), "--workspace", workspace]
        run(
            [PYTHON, REPOSITORY / "entrypoint.py", *flags],
            source,
            {**self.environ(caches), **tokens},
        )

    def recipe_tools(self, caches: Path) -> None:
        run([PYTHON, "-m", "venv", caches / "venv"], self.folder, self.environ(caches))
        tools = ["build", "twine", "azure-ai-ml", "azure-identity"]
        run(
            [caches / "venv/bin/pip", "install", "--quiet", *tools],
            self.folder,
            self.environ(caches),
        )

    def recipe(self, source: Path, caches: Path) -> None:
        python, sandbox = caches / "venv/bin/python", self.sandbox
        environ = {
            **self.environ(caches),
            "TWINE_USERNAME": "build",
            "TWINE_PASSWORD": sandbox.tokens.write,
            "WORKSPACE": sandbox.workspace("acme-ml").short,
            "TARGET": f"{sandbox.url('feed')}/acme",
            "READ_TOKEN": sandbox.tokens.read,
        }
        run([python, "-m", "build"], source, environ)
        upload = [
            "--non-interactive",
            "--repository-url",
            sandbox.feed_url("acme", "python", api="upload"),
        ]
        run(
            [python, "-m", "twine", "upload", *upload, *sorted((source / "dist").glob("*.whl"))],
            source,
            environ,
        )
        run([python, "-c", SET_CONNECTION], source, environ)

    def floor(self, source: Path, caches: Path) -> None:
        environ, sandbox = self.environ(caches), self.sandbox
        uv = next((caches / "tools").rglob("bin/uv"))
        run([uv, "build", "--quiet", "--wheel", source], source, environ)
        (wheel,) = (source / "dist").glob("*.whl")
        form = {
            ":action": "file_upload",
            "protocol_version": "1",
            "name": "acme-forecast",
            "version": source.name,
        }
        fields = [part for name, value in form.items() for part in ("-F", f"{name}={value}")]
        secret = self.folder / "curl.conf"
        secret.write_text(f'user = "build:{sandbox.tokens.write}"\n')
        curl = [
            "curl",
            "--silent",
            "--fail",
            "--cacert",
            str(sandbox.ca_file),
            "--config",
            str(secret),
            *fields,
        ]
        url = sandbox.feed_url("acme", "python", api="upload")
        run([*curl, "-F", f"content=@{wheel}", "-F", "metadata_version=2.4", url], source, environ)


def run(command: Sequence[str | Path], directory: Path, environ: Mapping[str, str]) -> None:
    ended = subprocess.run(  # noqa: S603
        command, cwd=directory, env=environ, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise SystemExit(f"{command} failed:\n{ended.stdout}{ended.stderr}")


def seconds(function: Callable[[], None]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def measure(bench: Bench, repeat: int) -> dict[str, float]:
    """Medians in seconds. The three warm ones take turns, so that noise meets all of them."""
    theirs, own = bench.folder / "recipe-caches", bench.folder / "own-caches"
    first, second = bench.checkout("1.0.0"), bench.checkout("1.0.1")
    recipe_cold = seconds(lambda: bench.recipe_tools(theirs)) + seconds(
        lambda: bench.recipe(first, theirs)
    )
    cold = seconds(lambda: bench.ours(second, own))
    bench.floor(bench.checkout("1.0.2"), own)
    warm: dict[str, list[float]] = {"recipe warm": [], "warm": [], "floor": []}
    ways = {
        "recipe warm": (bench.recipe, theirs),
        "warm": (bench.ours, own),
        "floor": (bench.floor, own),
    }
    for round_number in range(repeat):
        for number, (name, (way, caches)) in enumerate(ways.items()):
            source = bench.checkout(f"2.{round_number}.{number}")
            warm[name].append(seconds(partial(way, source, caches)))
    help_text = [PYTHON, REPOSITORY / "entrypoint.py", "--help"]
    help_times = [
        seconds(lambda: run(help_text, REPOSITORY, bench.environ(own))) for _ in range(repeat)
    ]
    medians = {name: statistics.median(times) for name, times in warm.items()}
    return {
        "recipe cold": recipe_cold,
        "cold": cold,
        **medians,
        "--help": statistics.median(help_times),
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=5, help="warm rounds (default: 5)")
    repeat = parser.parse_args().repeat
    with (
        tempfile.TemporaryDirectory(prefix="private-wheel-bench-") as temporary,
        Sandbox(Path(temporary) / "sandbox") as sandbox,
    ):
        times = measure(Bench(folder=Path(temporary), sandbox=sandbox), repeat)
    print("| What | Seconds |\n|---|---|")
    for name, value in times.items():
        print(f"| {name} | {value:.2f} |")
    print("\n| Ratio | Measured | Limit |\n|---|---|---|")
    for name, limit in LIMITS.items():
        ours, other = name.split(" / ")
        print(f"| {name} | {times[ours] / times[other]:.2f} | {limit:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
