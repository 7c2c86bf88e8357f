"""`make demo`: publishes one tagged commit by all three routes on loopback, up to an import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import Sandbox
from sandbox.workspace.image_build import build_image

REPOSITORY = Path(__file__).resolve().parents[1]
EXAMPLE = REPOSITORY / "examples" / "acme-forecast"
TOOL_CACHE = REPOSITORY / ".make" / "tool-cache"
FORECAST = (
    "from acme_forecast import seasonal_naive;"
    " print(seasonal_naive([3, 1, 4, 1, 5, 9], season=3, horizon=5))"
)


@dataclass(frozen=True, kw_only=True)
class Route:
    """What a user types, and what happens then.

    Attributes:
        access: How an image build gets the wheel.
        again: What a second run shows; empty for a route that is run once.
    """

    title: str
    flags: list[str]
    access: str
    tokens: Mapping[str, str] = field(default_factory=dict)
    again: str = ""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="private-wheel-demo-") as temporary:
        folder = Path(temporary)
        checkout = _tagged_commit(folder / "acme-forecast")
        with Sandbox(folder / "sandbox") as sandbox:
            say("Azure on loopback, and one package, acme-forecast 1.2.3. Nothing is sent outside.")
            print("You are in its checkout, next to PrivateWheel's, and signed in to Azure.")
            for route in _routes(sandbox):
                if status := _show(route, sandbox, checkout, folder):
                    return status
    return 0


def _routes(sandbox: Sandbox) -> Iterator[Route]:
    workspace = sandbox.workspace("acme-ml").short
    yield Route(
        title="Route 1 of 3, a feed: for the organisation",
        flags=["--feed", sandbox.feed_url("acme", "python"), "--workspace", workspace],
        tokens={
            "INPUT_FEEDTOKEN": sandbox.tokens.write,
            "INPUT_CONNECTIONTOKEN": sandbox.tokens.read,
        },
        access="pip gets the token of the workspace's connection.",
        again="The same command again: nothing is sent twice, and the connection is updated",
    )
    yield Route(
        title="Route 2 of 3, a container: private storage",
        flags=["--publish-to", "blob", "--container", sandbox.container_url],
        access="You give the build access to the storage. Here it gets a signed link.",
    )
    yield Route(
        title="Route 3 of 3, the workspace's own storage: a few wheels for one workspace",
        flags=["--publish-to", "workspace", "--workspace", workspace],
        access="As documented for SDK v1, the workspace replaces the URL with a signed link.",
    )


def _show(route: Route, sandbox: Sandbox, checkout: Path, folder: Path) -> int:
    sign_in = sandbox.service_principal_environ(sandbox.identities.contributor)
    machine = {**os.environ, **sandbox.environ()}
    environ = {**machine, **sign_in, **route.tokens, "RUNNER_TOOL_CACHE": str(TOOL_CACHE)}
    for title in filter(None, (route.title, route.again)):
        say(title)
        if status := _private_wheel(route, environ, checkout):
            return status
    environment_file = checkout / "azureml-environment" / "conda.yml"
    say(f"The environment file\n\n{environment_file.read_text(encoding='utf-8').rstrip()}")
    say("What an image build does with it: pip installs it into an empty environment")
    print(route.access, flush=True)
    workspace = sandbox.workspace("acme-ml")
    target = Path(tempfile.mkdtemp(dir=folder))
    image = build_image(environment_file, workspace, target, machine, sign=sandbox.signed_url)
    print(image.output.splitlines()[-1])
    answer = subprocess.run(  # noqa: S603
        [image.python, "-c", FORECAST], capture_output=True, text=True, check=True
    )
    print(f"import acme_forecast: seasonal_naive returns {answer.stdout.strip()}")
    return 0


def _tagged_commit(checkout: Path) -> Path:
    """Copy the example into a repository of its own, with a tagged commit."""
    shutil.copytree(EXAMPLE, checkout)
    author = [
        "-c",
        "user.name=demo",
        "-c",
        "user.email=demo@localhost",
        "-c",
        "commit.gpgsign=false",
    ]
    commit = ["commit", "--quiet", "--message", "A release"]
    for command in (["init", "--quiet"], ["add", "."], commit, ["tag", "v1.2.3"]):
        subprocess.run(["git", *author, *command], cwd=checkout, check=True)  # noqa: S603, S607
    return checkout


def _private_wheel(route: Route, environ: Mapping[str, str], checkout: Path) -> int:
    if route.tokens:
        print("$ export INPUT_FEEDTOKEN=(can write) INPUT_CONNECTIONTOKEN=(can only read)")
    print(f"$ python3 ../private-wheel/entrypoint.py {' '.join(route.flags)}\n", flush=True)
    python = getattr(sys, "_base_executable", sys.executable)
    command = [python, str(REPOSITORY / "entrypoint.py"), *route.flags]
    return subprocess.run(command, cwd=checkout, env=environ, check=False).returncode  # noqa: S603


def say(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n### {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
