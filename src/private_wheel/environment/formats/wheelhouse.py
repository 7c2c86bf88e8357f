"""The wheelhouse: the private wheels themselves, for Docker builds, which no workspace connection reaches.

Source: Azure/azure-sdk-for-python#35036, Azure/MachineLearningNotebooks#1985
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from private_wheel.environment.model import Environment
from private_wheel.environment.pip.index import without_index
from private_wheel.environment.pip.lines import PipLine, Target
from private_wheel.wheels.wheel import WheelFile

_DOCKERFILE = """\
# For Python {python_version} on Linux. Behind FROM in your Dockerfile, with the directory wheelhouse/ beside it. No
# credential is needed.
COPY wheelhouse/ /opt/wheelhouse/
RUN cd /opt/wheelhouse && python -m pip install --no-cache-dir --requirement requirements.txt
"""


def wheelhouse_files(
    environment: Environment, dependencies: Sequence[WheelFile]
) -> dict[str, str | WheelFile]:
    """The text of each file, or the file to copy, by its path in the directory. `dependencies` are the wheels of the
    private packages that the environment's own need."""
    own = {result.wheel.canonical_name: result.wheel.file for result in environment.results}
    wheels = [*own.values(), *dependencies]
    lines = _lines(environment, own, dependencies)
    return {
        "Dockerfile.fragment": _DOCKERFILE.format(
            python_version=environment.content.python_version
        ),
        "requirements.txt": "".join(f"{line}\n" for line in lines),
        **{f"wheels/{wheel.path.name}": wheel for wheel in wheels},
    }


def _lines(
    environment: Environment, own: Mapping[str, WheelFile], dependencies: Sequence[WheelFile]
) -> Iterator[str]:
    lines: Sequence[PipLine] = environment.content.pip_lines
    hashed = any(line.is_hashed for line in lines)
    if environment.index_url:
        # Nobody could read it where the wheelhouse is installed.
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
    """pip takes the path as seen from where it runs: the file's own directory, in our piece of a Dockerfile."""
    extras = f"[{','.join(target.extras)}]" if target.extras else ""
    marker = f" ; {target.marker}" if target.marker else ""
    return f"./wheels/{wheel.path.name}{extras}{marker}" + (
        f" --hash=sha256:{wheel.sha256}" if hashed else ""
    )
