"""Generated parts of README.md: the tables of inputs and outputs, and the example workflow."""

from __future__ import annotations

from collections.abc import Iterator

from private_wheel.inputs.table import HOSTS, INPUTS, OUTPUTS, Group, Input, Kind
from scripts.metadata.texts import choices


def readme_md(text: str, workflow: str) -> str:
    """`text` with what stands between its markers made new.

    Raises:
        ValueError: a marker is not there exactly once.
    """
    parts = {
        "inputs": _inputs(),
        "outputs": _outputs(),
        "workflow": f"```yaml\n{workflow.rstrip()}\n```",
    }
    for name, part in parts.items():
        before, opened, rest = text.partition(f"<!-- {name} -->\n")
        _, closed, after = rest.partition(f"<!-- /{name} -->")
        if not opened or not closed or f"<!-- {name} -->" in after:
            raise ValueError(
                f"README.md must have the markers <!-- {name} --> and <!-- /{name} --> once."
            )
        text = f"{before}{opened}{part}\n{closed}{after}"
    return text


def _inputs() -> str:
    return "\n\n".join(
        "\n".join(
            (
                f"**{group.value}**",
                "",
                "| Input | Default | Meaning |",
                "|---|---|---|",
                *map(_row, _members(group)),
            )
        )
        for group in Group
    )


def _members(group: Group) -> Iterator[Input]:
    return (row for row in INPUTS if row.group is group)


def _row(row: Input) -> str:
    secret = " (secret)" if row.kind is Kind.SECRET else ""
    default = f"`{row.default}`" if row.default else row.default_text
    meaning = " ".join(filter(None, (row.help, choices(row), _hosts(row))))
    return f"| `{row.name}`{secret} | {_cell(default)} | {_cell(meaning)} |"


def _hosts(row: Input) -> str:
    names = [name for host, name in HOSTS.items() if host in row.hosts]
    return "" if len(names) == len(HOSTS) else f"Only {' and '.join(names)}."


def _outputs() -> str:
    rows = (f"| `{output.name}` | {_cell(output.help)} |" for output in OUTPUTS)
    return "\n".join(("| Output | Meaning |", "|---|---|", *rows))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
