"""The outputs of the step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from private_wheel.publish.route import Result
    from private_wheel.run.record import Record

_OF_A_PACKAGE = (
    "name",
    "version",
    "wheel",
    "sha256",
    "url",
    "index-url",
    "requirement",
    "result",
)


def outputs(record: Record) -> dict[str, str]:
    """Return the outputs by their names in the table; those of a package are the first one's."""
    import json

    config = record.config
    if not config:
        return {}
    packages = [_package(result, config.index_url, record) for result in record.listed]
    first: Mapping[str, str] = packages[0] if packages else {}
    values = {name: first.get(name, "") for name in _OF_A_PACKAGE}
    values["connection"] = record.connections[0].name if record.connections else ""
    values["environment-file"] = first.get("environment-file", "")
    values["environment-dir"] = config.environment.directory if record.files else ""
    values["packages-json"] = json.dumps(packages, sort_keys=True)
    return values


def _package(result: Result, index_url: str, record: Record) -> dict[str, str]:
    return {
        "name": result.wheel.name,
        "version": result.wheel.version,
        "wheel": result.wheel.file_name,
        "sha256": result.sha256,
        "url": result.url,
        "index-url": index_url,
        "requirement": result.requirement,
        "result": result.outcome,
        "workspace": result.workspace,
        "environment-file": record.environment_file(result.workspace),
    }
