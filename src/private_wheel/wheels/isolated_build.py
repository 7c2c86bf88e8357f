"""The child process that builds one wheel with pypa/build and uv.

Standard input is a JSON object: `source` and `directory` (paths), and `environ`, which is all that
the backend sees. This process itself has the machine's package index settings, which uv needs.
Exit status 1 means that the build failed and the reason was printed.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def main() -> int:
    """Build the wheel, and return the exit status."""
    request = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO)
    from build import BuildBackendException, BuildException, ProjectBuilder
    from build.env import DefaultIsolatedEnv

    def run_backend(
        cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None
    ) -> None:
        environ = {**request["environ"], **(extra_environ or {})}
        subprocess.run(cmd, cwd=cwd, env=environ, check=True)  # noqa: S603  # pyproject_hooks' own

    try:
        with DefaultIsolatedEnv(installer="uv") as isolated:
            builder = ProjectBuilder.from_isolated_env(
                isolated, request["source"], runner=run_backend
            )
            isolated.install(builder.build_system_requires)
            isolated.install(builder.get_requires_for_build("wheel"))
            builder.build("wheel", request["directory"])
    except (BuildException, BuildBackendException) as error:
        print(f"ERROR {error}", flush=True)
        return 1
    except subprocess.CalledProcessError as error:
        installer = Path(error.cmd[0]).name
        print(f"ERROR {installer} could not install the build requirements", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
