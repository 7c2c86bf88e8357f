"""Whatever the program prints on Azure Pipelines, the agent takes it for what was meant and for
nothing else."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from private_wheel.errors import PrivateWheelError
from private_wheel.hosts import AzurePipelines
from private_wheel.hosts.azure_pipelines import escape_data, escape_property
from private_wheel.hosts.base import harmless_lines
from private_wheel.inputs.table import OUTPUTS, camel_case
from private_wheel.system.progress import Progress
from scripts.metadata.task_json import task_json
from tests.masked_forms import masked_forms
from tests.protocol import github_runner
from tests.protocol.azure_agent import Agent, Outcome, read_log
from tests.protocol.azure_commands import Command, parse_command
from tests.protocol.test_github import ANY_LETTER, INVISIBLE, PIECES, SECRETS, readable

MORE_PIECES = (
    *(
        "##vso[task.complete result=Failed;]",
        "##vso[task.setvariable variable=PATH]/x",
        "##vso[artifact.upload ",
        "vso[",
    ),
    *(
        "task.",
        ".logissue",
        "type=error",
        "%3B",
        "%5D",
        "%AZP",
        "25",
        "%AZP250A",
        '"',
        "'",
        "\\",
        "\xe9",
        "***",
    ),
)
TEXTS = st.lists(
    st.sampled_from(PIECES + MORE_PIECES) | st.text(ANY_LETTER, max_size=8), max_size=12
).map("".join)
# Letters that .NET passes over when it looks for a text as the culture says, and that no terminal
# shows.
NO_WEIGHT = ("\xad", "\u200b", "\u200d", "\u2060", "\ufe0f", "\ufeff")
NAMES = {camel_case(output.name) for output in OUTPUTS}

Printer = Callable[[AzurePipelines, str], None]


class Failure(PrivateWheelError):
    code, exit_status = "PW999", 1


def print_group(host: AzurePipelines, text: str) -> None:
    with host.group(text):
        host.line(text)


PRINTERS: dict[str, Printer] = {
    "line": AzurePipelines.line,
    "foreign": AzurePipelines.foreign,
    "warning": AzurePipelines.warning,
    "failure": lambda host, text: host.failure(Failure(text)),
    "group": print_group,
}
MEANT = {
    "line": [],
    "foreign": [],
    "warning": ["task.logissue"],
    "failure": ["task.logissue"],
    "group": [],
}
every_printer = pytest.mark.parametrize("name", PRINTERS)


class Task:
    """A host with its standard output, as the program has them."""

    def __init__(self, directory: Path = Path(), **variables: str) -> None:
        self._stdout = io.BytesIO()
        stdout = io.TextIOWrapper(
            self._stdout, encoding="utf-8", errors="replace", newline="\n", line_buffering=True
        )
        self.host = AzurePipelines({"AGENT_TEMPDIRECTORY": str(directory), **variables}, stdout)

    @property
    def printed(self) -> str:
        return self._stdout.getvalue().decode("utf-8")

    def read(self, before: str = "", agent: Agent | None = None) -> Outcome:
        return read_log(self.printed.removeprefix(before), agent)


def commands_of(outcome: Outcome) -> list[str]:
    return [command.name for command in outcome.commands]


@every_printer
@given(text=TEXTS)
def test_text_gives_no_command_that_is_not_ours(name: str, text: str) -> None:
    task = Task()
    PRINTERS[name](task.host, text)
    outcome = task.read()
    assert commands_of(outcome) == MEANT[name]
    assert outcome.warnings == []
    assert outcome.result == "Succeeded"
    shown = [
        line
        for line in outcome.output
        if not line.startswith(("##vso[", "##[group]", "##[endgroup]"))
    ]
    assert not [
        line for line in shown if "##" in line and ("##[" in line or "##vso" in line.lower())
    ]


@every_printer
@given(text=TEXTS)
def test_text_gives_no_command_to_github(name: str, text: str) -> None:
    """What is meant for one host may be shown on the other: as an artifact's text, or by a runner
    inside of it."""
    task = Task()
    PRINTERS[name](task.host, text)
    ours = ("group", "endgroup")  # the same words in the form that GitHub's runner took once
    found = [
        command
        for command in github_runner.read_log(task.printed).commands
        if command.name not in ours
    ]
    assert [command.name for command in found] == []


@given(text=TEXTS)
@example("#\0#vso[task.complete result=Failed]")
@example("####vso[task.complete result=Failed]")
@example("a\x85##vso[task.complete result=Failed]")
@example("##VSO[task.complete result=Failed]")
def test_harmless_lines_are_no_command_of_either_host(text: str) -> None:
    for line in harmless_lines(text):
        assert parse_command(line) is None
        assert github_runner.parse_command(line) is None
        assert "##vso" not in line.lower()
        assert "##[" not in line
        assert not {"\r", "\n"} & set(line)


@pytest.mark.parametrize("letter", NO_WEIGHT, ids=ascii)
def test_letters_without_weight_make_no_keyword(letter: str) -> None:
    """The agent would warn of an unknown command, in place of the line: it finds `##vso[` with such
    a letter inside."""
    for place in range(1, 6):
        text = "##vso["[:place] + letter + "##vso["[place:] + "task.complete result=Failed;]"
        (line,) = harmless_lines(text)
        assert read_log(line).warnings == []


@given(text=TEXTS)
def test_data_and_properties_arrive_as_they_were_set(text: str) -> None:
    assume(text)
    line = f"##vso[a.b c={escape_property(text)};d={escape_property(text)};]{escape_data(text)}"
    assert parse_command(line) == Command("a.b", text, {"c": text, "d": text})
    assert len(read_log(line).output) == 1


@pytest.mark.parametrize("name", ["warning", "failure"])
@given(text=TEXTS)
def test_issues_arrive_as_they_were_meant(name: str, text: str) -> None:
    task = Task()
    host = task.host
    host.failure(Failure(text)) if name == "failure" else host.warning(text)
    (issue,) = task.read().issues
    shown = str(Failure(text)) if name == "failure" else text
    assert issue.message == readable("\n".join(harmless_lines(shown)))
    assert issue.type == ("error" if name == "failure" else "warning")
    assert issue.code == ("PW999" if name == "failure" else "")


@given(text=TEXTS, line=st.integers(1, 9999))
def test_places_of_issues_arrive(text: str, line: int) -> None:
    assume(text)
    task = Task()
    task.host.failure(Failure("words", path=text, line=line))
    (issue,) = task.read().issues
    assert (issue.path, issue.line) == (readable(text), str(line))
    assert issue.message == f"{readable(text)}({line},): error PW999: PW999: words"


@given(values=st.fixed_dictionaries({output.name: TEXTS for output in OUTPUTS}))
def test_outputs_arrive_as_they_were_set(values: dict[str, str]) -> None:
    task = Task()
    task.host.set_outputs(values)
    outcome = task.read(agent=Agent(json.loads(task_json())))
    assert outcome.outputs == {camel_case(name): readable(value) for name, value in values.items()}
    assert (outcome.refused, outcome.warnings) == ([], [])
    assert commands_of(outcome) == ["task.setvariable"] * len(values)


@given(text=TEXTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_summaries_arrive(tmp_path: Path, text: str) -> None:
    directory = tmp_path / "of %0A; the [agent] é"
    directory.mkdir(exist_ok=True)
    task = Task(directory)
    task.host.write_summary(text)
    outcome = task.read()
    assert outcome.summaries == [readable(text).encode()]
    assert commands_of(outcome) == ["task.uploadsummary"]


@pytest.mark.parametrize("name", ["azureml-environment", "of %3B; [it] = é", "%AZP25"])
def test_artifacts_arrive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    place = tmp_path / "a place; with ] %0D é"
    (place / "files" / "inner").mkdir(parents=True)
    (place / "files" / "inner" / "conda.yml").write_bytes(b"name: x\n")
    monkeypatch.chdir(place)
    task = Task()
    task.host.hand_over(name, Path("files"))
    assert task.read().artifacts == {name: {"inner/conda.yml": b"name: x\n"}}


@pytest.mark.parametrize("host_type", ["release", "Release", "deployment", "gates"])
def test_only_builds_have_artifacts(tmp_path: Path, host_type: str) -> None:
    (tmp_path / "file").write_text("")
    task = Task(SYSTEM_HOSTTYPE=host_type)
    task.host.hand_over("name", tmp_path)
    outcome = task.read(agent=Agent(host_type=host_type))
    assert (outcome.commands, outcome.issues, outcome.artifacts) == ([], [], {})
    assert any("not uploaded" in line for line in outcome.log)


@given(title=TEXTS, done=st.integers(0, 100))
def test_progress_arrives(title: str, done: int) -> None:
    task = Task()
    task.host._next_progress = 0.0
    task.host.progress(Progress(title=title, done=done, total=100))
    outcome = task.read()
    assert commands_of(outcome) == ["task.setprogress"]
    assert outcome.progress == [(done, readable(" ".join(harmless_lines(title))))]
    assert outcome.warnings == []


@given(
    secrets=st.lists(
        SECRETS | st.just('per%cent;%3B]"quo\'ted"\\\xe4\u20ac%AZP25'), min_size=1, max_size=3
    )
)
def test_masks_arrive_and_nothing_else(secrets: list[str]) -> None:
    task = Task()
    task.host.mask(secrets)
    outcome = task.read()
    assert set(commands_of(outcome)) == {"task.setsecret"}
    assert outcome.log == []
    assert {command.data for command in outcome.commands} == set().union(
        *map(masked_forms, secrets)
    )
    agent = Agent()
    read_log(task.printed, agent)
    for form in {
        *secrets,
        *(base64.b64encode(f":{secret}".encode()).decode() for secret in secrets),
    }:
        agent.read(f"before {form} after")
        assert form not in agent.outcome.log[-1]


@given(text=TEXTS)
@example("words\n    \nwords")
@example("\r\nwords\r\n")
def test_masks_of_strange_values_give_no_other_command(text: str) -> None:
    """The secrets are masked before they are judged: they may hold anything."""
    task = Task()
    task.host.mask([text])
    outcome = task.read()
    assert set(commands_of(outcome)) <= {"task.setsecret"}
    assert (outcome.log, outcome.issues) == ([], [])
    assert all(command.data.strip() for command in outcome.commands)


@every_printer
@given(secret=SECRETS, before=TEXTS, after=TEXTS, data=st.data())
def test_no_form_of_a_secret_is_printed(
    name: str, secret: str, before: str, after: str, data: st.DataObject
) -> None:
    task = Task()
    task.host.mask([secret])
    masks = task.printed
    form = data.draw(st.sampled_from(sorted(masked_forms(secret))))
    split = data.draw(st.integers(0, len(form)))
    hidden = form[:split] + data.draw(st.sampled_from(INVISIBLE)) + form[split:]
    PRINTERS[name](task.host, before + hidden + after)
    outcome = task.read(masks)  # an agent that was told no masks
    told = [
        text
        for command in outcome.commands
        for text in (command.data, *command.properties.values())
    ]
    assert not [text for text in (*outcome.log, *told) if form in text]


@given(secret=SECRETS)
def test_no_secret_is_in_the_place_of_an_issue(secret: str) -> None:
    """A file may be called after whatever a source holds; the log page shows the place, and masks
    are the agent's."""
    task = Task()
    task.host.mask([secret])
    masks = task.printed
    task.host.failure(Failure("words", path=f"{secret}.toml", line=7))
    assert secret not in task.read(masks).issues[0].path


@given(secret=SECRETS, before=TEXTS, after=TEXTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_secret_is_handed_on(tmp_path: Path, secret: str, before: str, after: str) -> None:
    task = Task(tmp_path)
    task.host.mask([secret])
    masks = task.printed
    task.host.set_outputs({"url": before + secret + after})
    task.host.write_summary(before + secret + after)
    outcome = task.read(masks)
    assert secret not in outcome.outputs["url"]
    assert secret.encode() not in outcome.summaries[0]


def test_only_our_outputs_may_be_set() -> None:
    lines = [
        f"##vso[task.setvariable variable={name};isOutput=true;]x"
        for name in ("PATH", "NAME", "sha256", "x")
    ]
    outcome = read_log("\n".join(lines), Agent(json.loads(task_json())))
    assert outcome.refused == ["PATH", "x"]
    assert len(outcome.warnings) == 2
    assert set(outcome.outputs) == {"NAME", "sha256"}  # capitals count as little as on the agent
    assert {name.lower() for name in outcome.outputs} <= {name.lower() for name in NAMES}
