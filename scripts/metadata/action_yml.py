"""action.yml for GitHub: a composite action.

Its inputs reach the program through the step's environment alone.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from itertools import chain

from private_wheel.inputs.table import INPUTS, OUTPUTS, Input, Output
from scripts.metadata.texts import described

_FRAME = """\
# Generated from src/private_wheel/inputs/table.py by scripts/sync_metadata.py.
# Change those and run `make metadata`.
name: PrivateWheel
description: >-
  Build a Python package, publish it to a private feed, let Azure Machine Learning workspaces
  read it, and get the environment file that installs it.
author: private-wheel
branding:
  icon: package
  color: blue

inputs:
{inputs}

outputs:
{outputs}

runs:
  using: composite
  steps:
    - name: Release
      id: release
      shell: bash
      # GITHUB_ACTION_PATH, not the context's action_path: in a job container only the variable
      # is right. exec, so that no parent process keeps the secrets. The first Python that runs:
      # on Windows, python3 may be a stub of the app store. A cancelled job sends SIGINT to this
      # process alone: bash forgets it while a child runs, and a Python that is just starting shows
      # a traceback, so the entrypoint gets standard error back when it is ready. Windows hands over
      # no other descriptor.
      run: |
        trap 'exit 130' INT
        for python in python3 python; do
          if "${{python}}" -c 'f""' > /dev/null 2>&1; then
            if [ "${{RUNNER_OS:-}}" != "Windows" ]; then
              export PRIVATE_WHEEL_STDERR=3
              exec 3>&2 2> /dev/null
            fi
            exec "${{python}}" "${{GITHUB_ACTION_PATH}}/entrypoint.py"
          fi
        done
        echo "{no_python}"
        exit 2
      env:
{environment}

    - name: Upload the environment files
      if: {has_files}
      uses: actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0
      with:
        name: ${{{{ inputs.artifact-name }}}}
        path: ${{{{ steps.release.outputs.environment-dir }}}}
        if-no-files-found: error
"""


_NO_PYTHON = (
    "::error title=PrivateWheel PW103::"
    "PW103: no Python was found. Add actions/setup-python before this step."
)
_HAS_FILES = (
    "${{ !cancelled() && inputs.artifact-name != ''"
    " && steps.release.outputs.environment-dir != '' }}"
)


def action_yml() -> str:
    """Return the text of the file."""
    rows = [row for row in INPUTS if "github" in row.hosts]
    environment = [f"        {row.variable}: ${{{{ inputs.{row.name} }}}}" for row in rows]
    return _FRAME.format(
        inputs=_indented(chain.from_iterable(map(_input, rows))),
        outputs=_indented(chain.from_iterable(map(_output, OUTPUTS))),
        environment="\n".join(environment),
        no_python=_NO_PYTHON,
        has_files=_HAS_FILES,
    )


def _input(row: Input) -> Iterator[str]:
    yield f"{row.name}:"
    yield from _folded("description", described(row))
    yield "  required: false"
    if row.default:
        yield f"  default: {json.dumps(row.default)}"


def _output(row: Output) -> Iterator[str]:
    yield f"{row.name}:"
    yield from _folded("description", row.help)
    yield f"  value: ${{{{ steps.release.outputs.{row.name} }}}}"


def _folded(key: str, text: str) -> Iterator[str]:
    """Write a folded YAML scalar, which needs no quotes whatever the text is."""
    yield f"  {key}: >-"
    for line in textwrap.wrap(text, 112, break_long_words=False, break_on_hyphens=False):
        yield f"    {line}"


def _indented(lines: Iterable[str]) -> str:
    return textwrap.indent("\n".join(lines), "  ")
