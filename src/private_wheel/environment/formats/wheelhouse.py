"""The wheelhouse: the private wheels themselves, for Docker builds.

A Docker build cannot use the workspace connection.
Source: Azure/azure-sdk-for-python#35036, Azure/MachineLearningNotebooks#1985
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from private_wheel.environment.model import Environment
from private_wheel.environment.pip.index import without_index
from private_wheel.environment.pip.lines import PipLine, Target
from private_wheel.wheels.wheel import WheelFile

_DOCKERFILE = """\
# For Python {python_version} on Linux. Put this after FROM in your Dockerfile, and the directory
# wheelhouse/ next to the Dockerfile. No credential is needed.
COPY wheelhouse/ /opt/wheelhouse/
RUN cd /opt/wheelhouse && python -m pip install --no-cache-dir --requirement requirements.txt
"""


def wheelhouse_files(
    environment: Environment, dependencies: Sequence[WheelFile]
) -> dict[str, str | WheelFile]:
    """Return the text of each file, or the wheel to copy, by its path in the directory.

    `dependencies` are the wheels of the private packages that the environment depends on.
    """
    own = {result.wheel.canonical_name: result.wheel.file for result in environment.results}
    lines = _lines(environment, own, dependencies)
    python_version = environment.content.python_version
    files: dict[str, str | WheelFile] = {
        "Dockerfile.fragment": _DOCKERFILE.format(python_version=python_version),
        "requirements.txt": "".join(f"{line}\n" for line in lines),
    }
    for wheel in (*own.values(), *dependencies):
        files[f"wheels/{wheel.path.name}"] = wheel
    return files


def _lines(
    environment: Environment, own: Mapping[str, WheelFile], dependencies: Sequence[WheelFile]
) -> Iterator[str]:
    """Yield the pip part with local files instead of private packages and their index."""
    lines: Sequence[PipLine] = environment.content.pip_lines
    hashed = any(line.is_hashed for line in lines)
    if environment.index_url:
        # It cannot be read where the wheelhouse is installed.
        options, lines = without_index(lines, environment.index_url)
        yield from (line.text for line in options)
    # Before the lines that may name them: pip takes the first one.
    for wheel in dependencies:
        yield _local(wheel, Target(), hashed=hashed)
    for line in lines:
        if line.target and line.target.name in own:
            yield _local(own[line.target.name], line.target, hashed=hashed)
        else:
            yield line.text


def _local(wheel: WheelFile, target: Target, *, hashed: bool) -> str:
    """Return the line for a local file.

    pip takes the path relative to where it runs, which is the directory of the wheelhouse in our
    part of a Dockerfile.
    """
    line = f"./wheels/{wheel.path.name}"
    if target.extras:
        line += f"[{','.join(target.extras)}]"
    if target.marker:
        line += f" ; {target.marker}"
    if hashed:
        line += f" --hash=sha256:{wheel.sha256}"
    return line
