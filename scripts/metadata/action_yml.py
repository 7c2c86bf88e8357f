"""action.yml, GitHub's face: a composite action whose inputs reach the program by the step's environment alone."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from private_wheel.inputs.table import INPUTS, OUTPUTS, Input
from scripts.metadata.texts import described

_FRAME = """\
# Generated from src/private_wheel/inputs/table.py by scripts/sync_metadata.py: change those and run `make metadata`.
name: PrivateWheel
description: >-
  Build a Python package, publish it to a private feed, let Azure Machine Learning workspaces read it,
  and get the environment file that installs it.
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
      # GITHUB_ACTION_PATH and not the context's action_path: in a job container only the variable is right.
      # exec, so that no parent process keeps the secrets. The first Python that runs: on Windows, the name
      # python3 may belong to a stub of the app store.
      run: |
        for python in python3 python; do
          if "${{python}}" -c 'f""' > /dev/null 2>&1; then
            exec "${{python}}" "${{GITHUB_ACTION_PATH}}/entrypoint.py"
          fi
        done
        echo "::error title=PrivateWheel PW103::PW103: no Python was found. Add actions/setup-python before this step."
        exit 2
      env:
{environment}

    - name: Upload the environment files
      if: ${{{{ !cancelled() && inputs.artifact-name != '' && steps.release.outputs.environment-dir != '' }}}}
      uses: actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0
      with:
        name: ${{{{ inputs.artifact-name }}}}
        path: ${{{{ steps.release.outputs.environment-dir }}}}
        if-no-files-found: error
"""


def action_yml() -> str:
    """The whole file."""
    rows = [row for row in INPUTS if "github" in row.hosts]
    return _FRAME.format(
        inputs=_indented(line for row in rows for line in _input(row)),
        outputs=_indented(
            line
            for output in OUTPUTS
            for line in (
                f"{output.name}:",
                *_folded("description", output.help),
                f"  value: ${{{{ steps.release.outputs.{output.name} }}}}",
            )
        ),
        environment="\n".join(
            f"        {row.variable}: ${{{{ inputs.{row.name} }}}}" for row in rows
        ),
    )


def _input(row: Input) -> Iterator[str]:
    yield f"{row.name}:"
    yield from _folded("description", described(row))
    yield "  required: false"
    if row.default:
        yield f"  default: {json.dumps(row.default)}"


def _folded(key: str, text: str) -> Iterator[str]:
    """A folded YAML scalar: needs no quoting whatever the text holds."""
    yield f"  {key}: >-"
    yield from (
        f"    {line}"
        for line in textwrap.wrap(text, 112, break_long_words=False, break_on_hyphens=False)
    )


def _indented(lines: Iterator[str]) -> str:
    return textwrap.indent("\n".join(lines), "  ")
