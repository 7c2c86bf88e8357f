"""Environment files that are written from scratch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from private_wheel.environment.text.definition import indented
from private_wheel.environment.text.requirements import Requirements, comments_between, joined
from private_wheel.environment.text.scalars import scalar

_SCHEMA = "https://azuremlschemas.azureedge.net/latest/environment.schema.json"
# Pinned, so that a new pip does not change old images:
# https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-environments
_PIP = "25.2"
_LAST_PIP = {"3.6": "21.3.1", "3.7": "24.0", "3.8": "25.0.1"}


def fresh_conda(
    name: str, python_version: str, requirements: Requirements
) -> tuple[str, dict[str, Any]]:
    """Return a conda file with `requirements` as its pip part, comments kept, and what it says."""
    pip = _LAST_PIP.get(".".join(python_version.split(".")[:2]), _PIP)
    dependencies = [f"python={python_version}", f"pip={pip}"]
    text = [
        f"name: {scalar(name)}",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        *(f"  - {dependency}" for dependency in dependencies),
        "  - pip:",
    ]
    blocks = requirements.blocks
    for position, comments in enumerate(comments_between(requirements)):
        text += [f"      {comment}" for comment in comments]
        if position == len(blocks):
            continue
        comment = blocks[position].pip.comment.strip()
        source = scalar(joined(blocks[position].pip).text)
        text.append(f"      - {source}  {comment}" if comment else f"      - {source}")
    lines = [joined(line).text for line in requirements.lines]
    data = {
        "name": name,
        "channels": ["conda-forge"],
        "dependencies": [*dependencies, {"pip": lines}],
    }
    return "\n".join(text) + "\n", data


def fresh_definition(
    name: str, version: str, image: str, conda_text: str, conda_data: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return Azure ML's environment YAML with a conda file inside, and what it says."""
    text = (
        f"$schema: {_SCHEMA}\n"
        f"name: {scalar(name)}\n"
        f"version: {scalar(version)}\n"
        f"image: {scalar(image)}\n"
        f"conda_file:\n{indented(conda_text, 2)}"
    )
    data = {
        "$schema": _SCHEMA,
        "name": name,
        "version": version,
        "image": image,
        "conda_file": conda_data,
    }
    return text, data


def fresh_requirements(name: str, lines: list[str], *, leaves_out_packages: bool) -> str:
    """Return the pip part of a conda file, which says so if there are conda packages too."""
    text = [line for line in lines if line]
    if leaves_out_packages:
        title = " ".join(name.split()) or "the conda file"
        text.insert(0, f"# The pip part of {title}: conda packages are not in it.")
    return "".join(f"{line}\n" for line in text)
