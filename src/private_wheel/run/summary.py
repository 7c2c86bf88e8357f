"""What a run has done so far, and the job summary made of it: for a success as for a failure."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from private_wheel.azureml.connection import ConnectionPlan
from private_wheel.errors import PrivateWheelError
from private_wheel.inputs.config import Config
from private_wheel.inputs.table import DOCS
from private_wheel.publish.route import Plan, Result

if TYPE_CHECKING:
    from private_wheel.azureml.registration import RegistrationPlan
    from private_wheel.environment.model import Environment

_OUTCOMES = {
    "published": "published",
    "identical": "already there, identical",
    "skipped": "already there with other content, left alone",
    "replaced": "replaced",
    "dry-run": "dry run: nothing sent",
    "built": "built",
}


@dataclass(kw_only=True)
class Record:
    """Filled step by step while the run goes on, so that a failure can tell what had been done."""

    config: Config | None = None
    plans: list[Plan] = field(default_factory=list)
    connection_plans: list[ConnectionPlan] = field(default_factory=list)
    registration_plans: list[RegistrationPlan] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    """What was sent for certain or perhaps: an answer may have been lost."""
    results: dict[str, Result] = field(default_factory=dict)
    """By their titles."""
    connections: list[ConnectionPlan] = field(default_factory=list)
    registrations: list[RegistrationPlan] = field(default_factory=list)
    environments: list[Environment] = field(default_factory=list)
    """As planned."""
    checks: list[str] = field(default_factory=list)
    """What was shown of the environments, in sentences."""
    files: dict[str, dict[str, Path]] = field(default_factory=dict)
    """The environment files by their format, of each place."""
    warnings: list[str] = field(default_factory=list)

    @property
    def listed(self) -> list[Result]:
        """The results so far in the order of the plans: some were carried out side by side."""
        return [self.results[plan.title] for plan in self.plans if plan.title in self.results]

    def environment_file(self, place: str) -> str:
        """The conda file of that place; empty if none was written."""
        return str(self.files.get(place, {}).get("conda", ""))

    def add(self, result: Result) -> None:
        self.results[result.title] = result


def summary(
    record: Record, error: PrivateWheelError | None, clean: Callable[[str], str] = str
) -> str:
    """The Markdown of the job summary. `clean` takes secrets out of a text: afterwards, Markdown's and HTML's escapes
    would hide them from whoever looks for them."""
    parts = [_heading(record, error)]
    if error:
        parts.append(_failure(error.code, clean(str(error))))
    if record.results:
        parts.append(_packages(record))
    parts.append(_facts(record))
    if error:
        parts.append(_what_now(record))
    if record.files:
        parts.append(_files(record))
    elif record.config and record.config.dry_run:
        parts += [
            _shown(f"{item.title}: conda.yml", item.content.conda, "yaml")
            for item in record.environments
        ]
    if record.warnings:
        parts.append(
            "\n".join(
                ["**Warnings**", "", *(f"- {_text(clean(warning))}" for warning in record.warnings)]
            )
        )
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(record: Record, error: PrivateWheelError | None) -> str:
    if error:
        return "### ❌ PrivateWheel failed"
    names = list(dict.fromkeys(result.wheel.requirement for result in record.listed))
    if record.config and record.config.dry_run:
        return "### 🔍 Dry run: nothing was published or changed"
    if len(names) == 1:
        return f"### 📦 {_text(names[0])}"
    return f"### 📦 {len(names)} packages" if names else "### 🔑 Workspace connection set"


def _failure(code: str, text: str) -> str:
    lines = "\n".join(f"> {_text(line)}" for line in text.splitlines())
    return f"{lines}\n\n[What {code} means]({DOCS}/errors.md#{code.lower()})"


def _packages(record: Record) -> str:
    rows = ["| Package | Version | Result | SHA-256 |", "|---|---|---|---|"]
    for result in record.listed:
        name = (
            f"[{_cell(result.wheel.name)}](<{result.url}>)"
            if result.url
            else _cell(result.wheel.name)
        )
        outcome = _OUTCOMES[result.outcome] + (
            f" (workspace {_cell(result.workspace)})" if result.workspace else ""
        )
        rows.append(f"| {name} | {_cell(result.wheel.version)} | {outcome} | `{result.sha256}` |")
    return "\n".join(rows)


def _facts(record: Record) -> str:
    lines = []
    if record.config and record.config.route.destination:
        line = record.config.route.destination.summary(record.config.destination)
        lines += [f"- {line}"] if line else []
    if record.config and record.config.feed:
        lines.append(f"- Index: `{record.config.feed.index_url}`")
    for plan in record.connection_plans:
        done = {"create": "created", "rotate": "rotated in place"}[plan.action]
        if plan not in record.connections:
            done = (
                f"not {done}"
                if not (record.config and record.config.dry_run)
                else f"would be {done}"
            )
        lines.append(f"- Connection `{plan.name}` in workspace `{plan.workspace.name}`: {done}")
    lines += [f"- {_text(check[0].upper() + check[1:])}" for check in record.checks]
    for registration in record.registration_plans:
        title = f"Environment `{registration.name} {registration.version}` in workspace `{registration.workspace.name}`"
        lines.append(f"- {title}: {_registered(record, registration)}")
    return "\n".join(lines)


def _registered(record: Record, plan: RegistrationPlan) -> str:
    if plan.action == "identical":
        return "already there, identical"
    if plan in record.registrations:
        return "registered"
    return "would be registered" if record.config and record.config.dry_run else "not registered"


def _what_now(record: Record) -> str:
    """What a failed run has left undone, and that running it again is safe."""
    if not record.begun:
        return "Nothing was changed anywhere."
    done = {*record.results, *(plan.title for plan in record.connections)}
    done |= {plan.title for plan in record.registrations}
    left = [plan.title for plan in record.plans] + [plan.title for plan in record.connection_plans]
    left += [plan.title for plan in record.registration_plans if plan.action == "register"]
    unknown = [name for name in left if name in record.begun and name not in done]
    undone = [name for name in left if name not in record.begun]
    lines = [f"Perhaps done: {', '.join(map(_text, unknown))}."] if unknown else []
    lines += [f"Not done: {', '.join(map(_text, undone))}."] if undone else []
    return " ".join(
        [*lines, "Run it again when the cause is mended: what is done is recognised and kept."]
    )


def _files(record: Record) -> str:
    parts = []
    for path in (path for files in record.files.values() for path in files.values()):
        if path.is_dir():
            text, kind = "".join(f"{name}\n" for name in _names_below(path)), ""
        else:
            text, kind = path.read_text(encoding="utf-8"), "yaml" if path.suffix == ".yml" else ""
        parts.append(_shown(path.as_posix() + ("/" if path.is_dir() else ""), text, kind))
    return "\n\n".join(parts)


def _shown(title: str, text: str, kind: str) -> str:
    """A text that opens at a click."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", text) or [""]))
    return (
        f"<details><summary>{_text(title)}</summary>\n\n{fence}{kind}\n{text}{fence}\n\n</details>"
    )


def _names_below(directory: Path) -> list[str]:
    return sorted(
        path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()
    )


def outputs(record: Record) -> dict[str, str]:
    """The outputs of the step, by their names in the table. Those of one package are the first one's."""
    import json

    config = record.config
    if not config:
        return {}
    packages = [
        _package_outputs(result, config.index_url, record.environment_file(result.workspace))
        for result in record.listed
    ]
    first: Mapping[str, str] = packages[0] if packages else {}
    shown = {
        "connection": record.connections[0].name if record.connections else "",
        "environment-file": first.get("environment-file", ""),
        "environment-dir": config.environment.directory if record.files else "",
        "packages-json": json.dumps(packages, sort_keys=True),
    }
    return {**{name: first.get(name, "") for name in _PACKAGE_OUTPUTS}, **shown}


_PACKAGE_OUTPUTS = (
    "name",
    "version",
    "wheel",
    "sha256",
    "url",
    "index-url",
    "requirement",
    "result",
)


def _package_outputs(result: Result, index_url: str, environment_file: str) -> dict[str, str]:
    wheel = result.wheel
    values = (
        wheel.name,
        wheel.version,
        wheel.file_name,
        result.sha256,
        result.url,
        index_url,
        result.requirement,
        result.outcome,
        result.workspace,
        environment_file,
    )
    return dict(zip((*_PACKAGE_OUTPUTS, "workspace", "environment-file"), values, strict=True))


def _text(text: str) -> str:
    """Foreign text as Markdown that shows it letter by letter."""
    return re.sub(r"([\\`*_{}\[\]<>|#~])", r"\\\1", html.escape(text, quote=False))


def _cell(text: str) -> str:
    return _text(" ".join(text.split()))
