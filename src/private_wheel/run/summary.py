"""The job summary: what a run has done, as Markdown, after a success as after a failure."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from private_wheel.errors import Interrupted, PrivateWheelError
from private_wheel.inputs.table import DOCS

if TYPE_CHECKING:
    from private_wheel.azureml.connection import ConnectionPlan
    from private_wheel.azureml.registration import RegistrationPlan
    from private_wheel.publish.route import Result
    from private_wheel.run.record import Record

_OUTCOMES = {
    "published": "published",
    "identical": "already exists, identical",
    "skipped": "already exists with other content, left unchanged",
    "replaced": "replaced",
    "dry-run": "dry run: nothing sent",
    "built": "built",
}
_CONNECTION_ACTIONS = {"create": "created", "rotate": "rotated in place"}


def summary(
    record: Record, error: PrivateWheelError | None, clean: Callable[[str], str] = str
) -> str:
    """Return the Markdown of the job summary.

    Args:
        record: What the run has planned and done.
        error: Why it failed, if it did.
        clean: Removes secrets from a text. Escapes of Markdown and HTML would hide them later.
    """
    parts = [_heading(record, error)]
    if error:
        parts.append(_failure(error.code, clean(str(error))))
    if record.results:
        parts.append(_packages(record))
    parts.append("\n".join(f"- {fact}" for fact in _facts(record)))
    if error:
        parts.append(_what_now(record, error))
    parts += _files(record) if record.files else _planned_files(record)
    if record.warnings:
        warnings = [f"- {_text(clean(warning))}" for warning in record.warnings]
        parts.append("\n".join(["**Warnings**", "", *warnings]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(record: Record, error: PrivateWheelError | None) -> str:
    if error:
        return "### ❌ PrivateWheel failed"
    if record.is_dry_run:
        return "### 🔍 Dry run: nothing was published or changed"
    names = list(dict.fromkeys(result.wheel.requirement for result in record.listed))
    if not names:
        return "### 🔑 Workspace connection set"
    title = _text(names[0]) if len(names) == 1 else f"{len(names)} packages"
    return f"### 📦 {title}"


def _failure(code: str, text: str) -> str:
    lines = "\n".join(f"> {_text(line)}" for line in text.splitlines())
    return f"{lines}\n\n[What {code} means]({DOCS}/errors.md#{code.lower()})"


def _packages(record: Record) -> str:
    rows = ["| Package | Version | Result | SHA-256 |", "|---|---|---|---|"]
    return "\n".join([*rows, *map(_row, record.listed)])


def _row(result: Result) -> str:
    name = _cell(result.wheel.name)
    if result.url:
        name = f"[{name}](<{result.url}>)"
    outcome = _OUTCOMES[result.outcome]
    if result.workspace:
        outcome += f" (workspace {_cell(result.workspace)})"
    return f"| {name} | {_cell(result.wheel.version)} | {outcome} | `{result.sha256}` |"


def _facts(record: Record) -> list[str]:
    facts = []
    config = record.config
    destination = config.route.destination if config else None
    if config and destination and destination.summary:
        facts.append(destination.summary(config.destination))
    if config and config.feed:
        facts.append(f"Index: `{config.feed.index_url}`")
    for connection in record.connection_plans:
        title = f"Connection `{connection.name}` in workspace `{connection.workspace.name}`"
        facts.append(f"{title}: {_connected(record, connection)}")
    facts += [_text(check[0].upper() + check[1:]) for check in record.checks]
    for plan in record.registration_plans:
        title = f"Environment `{plan.name} {plan.version}` in workspace `{plan.workspace.name}`"
        facts.append(f"{title}: {_registered(record, plan)}")
    return [fact for fact in facts if fact]


def _connected(record: Record, plan: ConnectionPlan) -> str:
    action = _CONNECTION_ACTIONS[plan.action]
    if plan in record.connections:
        return action
    return f"would be {action}" if record.is_dry_run else f"not {action}"


def _registered(record: Record, plan: RegistrationPlan) -> str:
    if plan.action == "identical":
        return "already exists, identical"
    if plan in record.registrations:
        return "registered"
    return "would be registered" if record.is_dry_run else "not registered"


def _what_now(record: Record, error: PrivateWheelError) -> str:
    """Return what a failed run has left undone, and that it is safe to run again."""
    if not record.begun:
        return "Nothing was changed."
    sentences = []
    if record.unanswered:
        sentences.append(f"Possibly completed: {', '.join(map(_text, record.unanswered))}.")
    if record.not_begun:
        sentences.append(f"Not completed: {', '.join(map(_text, record.not_begun))}.")
    if isinstance(error, Interrupted):
        sentences.append("Run again; completed steps are skipped.")
    else:
        sentences.append("Fix the error and run again; completed steps are skipped.")
    return " ".join(sentences)


def _files(record: Record) -> list[str]:
    parts: list[str] = []
    for files in record.files.values():
        parts += map(_file, files.values())
    return parts


def _file(path: Path) -> str:
    if path.is_dir():
        names = "".join(f"{name}\n" for name in _names_below(path))
        return _details(f"{path.as_posix()}/", names, "")
    language = "yaml" if path.suffix == ".yml" else ""
    return _details(path.as_posix(), path.read_text(encoding="utf-8"), language)


def _planned_files(record: Record) -> list[str]:
    if not record.is_dry_run:
        return []
    parts = []
    for environment in record.environments:
        title = f"{environment.title}: conda.yml"
        parts.append(_details(title, environment.content.conda, "yaml"))
    return parts


def _details(title: str, text: str, language: str) -> str:
    """Return a code block that is folded under its title."""
    runs = [len(run) for run in re.findall(r"`+", text)]
    fence = "`" * max(3, max(runs, default=0) + 1)
    block = f"{fence}{language}\n{text}{fence}"
    return f"<details><summary>{_text(title)}</summary>\n\n{block}\n\n</details>"


def _names_below(directory: Path) -> list[str]:
    files = [path for path in directory.rglob("*") if path.is_file()]
    return sorted(path.relative_to(directory).as_posix() for path in files)


def _text(text: str) -> str:
    """Return any text as Markdown that shows it character by character."""
    return re.sub(r"([\\`*_{}\[\]<>|#~])", r"\\\1", html.escape(text, quote=False))


def _cell(text: str) -> str:
    return _text(" ".join(text.split()))
