"""`python -m sandbox`: runs it until Ctrl-C, and prints what you need to try the program."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from sandbox.assembly import Sandbox
from sandbox.blob.accounts import CONTAINERS
from sandbox.declared import FEEDS, SERVERS, WORKSPACES


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument(
        "--directory", type=Path, help="where to keep packages (default: a temporary directory)"
    )
    directory = parser.parse_args().directory
    # So that the temporary directory is removed then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with (
        suppress(KeyboardInterrupt),
        tempfile.TemporaryDirectory(prefix="sandbox-") as temporary,
        Sandbox(directory or Path(temporary)) as sandbox,
    ):
        print(_description(sandbox), flush=True)
        while True:  # Event().wait() does not react to Ctrl-C on Windows
            time.sleep(1)


def _description(sandbox: Sandbox) -> str:
    """Return the text in shell syntax, so that it can be pasted or sourced."""
    variables = {
        **sandbox.environ(),
        **sandbox.service_principal_environ(sandbox.identities.contributor),
        **sandbox.github_oidc_environ(),
    }
    user, password = sandbox.plain_index_account
    lines = ["# Servers"]
    lines += [f"#   {name:18} {sandbox.url(name)}" for name in SERVERS]
    lines += ["# Feeds"]
    lines += [
        f"#   {sandbox.feed_url(organisation, 'python', project)}"
        for organisation, project in FEEDS
    ]
    lines += [f"#   {sandbox.plain_index_url}  ({user} / {password})", "# Feed tokens of acme"]
    kinds = ("read", "write", "write_only", "expired")
    lines += [f"#   {kind:16} {getattr(sandbox.tokens, kind)}" for kind in kinds]
    lines += ["# The container for wheels, and the workspaces with the container of each"]
    lines += [f"#   {sandbox.container_url}"]
    for name in WORKSPACES:
        workspace = sandbox.workspace(name)
        account = workspace.storage_account
        lines.append(f"#   {workspace.short}  {sandbox.blob_url(account, CONTAINERS[account])}")
    lines += ["# The contributor's sign-in, and the variables that make a client use the sandbox"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    short_name = sandbox.workspace("acme-ml").short
    lines += ["# Inputs of a first release: the token that can write is for the feed,"]
    lines += ["# the one that can only read is for the workspace"]
    inputs = {
        "INPUT_FEED": sandbox.feed_url("acme", "python"),
        "INPUT_FEEDTOKEN": sandbox.tokens.write,
        "INPUT_WORKSPACE": short_name,
        "INPUT_CONNECTIONTOKEN": sandbox.tokens.read,
    }
    lines += [f"export {name}={shlex.quote(value)}" for name, value in inputs.items()]
    lines += ["# Inputs of the other routes, which need the contributor's sign-in only"]
    lines += [f"#   unset {' '.join(inputs)}"]
    lines += [f"#   INPUT_PUBLISHTO=blob INPUT_CONTAINER={sandbox.container_url}"]
    lines += [f"#   INPUT_PUBLISHTO=workspace INPUT_WORKSPACE={short_name}"]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
