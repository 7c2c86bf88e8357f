"""`make demo`: one release on loopback, from a tagged commit to an import from the environment file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sandbox import Sandbox
from sandbox.image_build import build_image

REPOSITORY = Path(__file__).resolve().parents[1]
EXAMPLE = REPOSITORY / "examples" / "acme-forecast"
TOOL_CACHE = REPOSITORY / ".make" / "tool-cache"
FORECAST = "from acme_forecast import seasonal_naive; print(seasonal_naive([3, 1, 4, 1, 5, 9], season=3, horizon=5))"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="private-wheel-demo-") as temporary:
        folder = Path(temporary)
        checkout = _tagged_commit(folder / "acme-forecast")
        with Sandbox(folder / "sandbox") as sandbox:
            return _release_and_install(sandbox, checkout, folder)


def _release_and_install(sandbox: Sandbox, checkout: Path, folder: Path) -> int:
    workspace = sandbox.workspace("acme-ml")
    say("Azure on loopback: a feed, a workspace, and sign-in; nothing leaves this machine")
    flags = ["--feed", sandbox.feed_url("acme", "python"), "--workspace", workspace.short]
    environ = {
        **os.environ,
        **sandbox.environ(),
        **sandbox.service_principal_environ(sandbox.identities.contributor),
        "RUNNER_TOOL_CACHE": str(TOOL_CACHE),
        "INPUT_FEEDTOKEN": sandbox.tokens.write,
        "INPUT_CONNECTIONTOKEN": sandbox.tokens.read,
    }
    for title in ("Release acme-forecast 1.2.3", "The same again: nothing is sent twice, the connection is rotated"):
        say(title)
        status = _private_wheel(flags, environ, checkout)
        if status:
            return status
    environment_file = checkout / "azureml-environment" / "conda.yml"
    say(f"The environment file that was handed over\n\n{environment_file.read_text(encoding='utf-8')}")
    say("What Azure ML does with it: an empty environment, the workspace's token, pip install, import")
    image = build_image(environment_file, workspace, folder / "image", {**os.environ, **sandbox.environ()})
    print("\n".join(image.output.splitlines()[-1:]))
    answer = subprocess.run([image.python, "-c", FORECAST], capture_output=True, text=True, check=True)  # noqa: S603
    print(f"import acme_forecast: seasonal_naive says {answer.stdout.strip()}")
    return 0


def _tagged_commit(checkout: Path) -> Path:
    """The example as a repository of its own, with its commit tagged."""
    shutil.copytree(EXAMPLE, checkout)
    author = ["-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false"]
    for command in (
        ["init", "--quiet"],
        ["add", "."],
        ["commit", "--quiet", "--message", "A release"],
        ["tag", "v1.2.3"],
    ):
        subprocess.run(["git", *author, *command], cwd=checkout, check=True)  # noqa: S603, S607
    return checkout


def _private_wheel(flags: list[str], environ: Mapping[str, str], checkout: Path) -> int:
    print("$ export INPUT_FEEDTOKEN=(may write) INPUT_CONNECTIONTOKEN=(may only read)")
    print(f"$ cd {checkout.name} && python3 …/entrypoint.py {' '.join(flags)}\n", flush=True)
    python = getattr(sys, "_base_executable", sys.executable)
    command = [python, str(REPOSITORY / "entrypoint.py"), *flags]
    return subprocess.run(command, cwd=checkout, env=environ, check=False).returncode  # noqa: S603


def say(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n### {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
