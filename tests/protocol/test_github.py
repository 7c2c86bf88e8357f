"""Whatever the program prints or writes on GitHub, the runner takes it for what was meant and for
nothing else."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from private_wheel.errors import PrivateWheelError
from private_wheel.hosts import GitHub
from private_wheel.hosts.base import harmless_lines
from private_wheel.hosts.github import escape_data, escape_property
from private_wheel.inputs.table import OUTPUTS
from tests.masked_forms import masked_forms
from tests.protocol.github_runner import (
    COMMANDS,
    LONGEST_MESSAGE,
    MOST_ANNOTATIONS,
    BadOutputFile,
    Command,
    parse_command,
    read_log,
    read_outputs,
)

# What a hostile or careless tool prints, in pieces that hypothesis puts together.
PIECES = (
    *(
        "::",
        ":",
        "#",
        "##",
        "##[",
        "##vso[",
        "##VSO[task.setvariable variable=PATH]",
        "]",
        "[",
        "vso",
    ),
    *(f"::{name}::" for name in sorted(COMMANDS)),
    *(f"##[{name}]" for name in sorted(COMMANDS)),
    *(
        "::set-output name=result::",
        "::error file=a.py,line=1::",
        "##[set-env name=PATH;]",
        "::stop-commands::halt",
    ),
    *("\n", "\r", "\r\n", "\t", " ", "\v", "\f", "\x1c", "\x85", "\u2028", "\u200b", "\xa0", "\0"),
    *("\x1b[31m", "\x1b]0;title\x07", "\x9b1m"),
    *(
        "%",
        "%0A",
        "%0D",
        "%25",
        "%3A",
        "%AZP25",
        ",",
        ";",
        "=",
        "<<",
        "EOF",
        "\udcff",
        "\U0001f4e6",
        "words",
    ),
)
ANY_LETTER = st.characters(exclude_categories=())  # with lone surrogates: a file name may hold them
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(ANY_LETTER, max_size=8), max_size=12).map(
    "".join
)
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=60)
# What a terminal would not show, so that a person reads the secret all the same.
INVISIBLE = ("", "\0", "\x07", "\x1b[0m", "\x1b[31;1m", "\x9b0m", "\x7f")

Printer = Callable[[GitHub, str], None]


class Failure(PrivateWheelError):
    code, exit_status = "PW999", 1


def print_group(host: GitHub, text: str) -> None:
    with host.group(text):
        host.line(text)


PRINTERS: dict[str, Printer] = {
    "line": GitHub.line,
    "foreign": GitHub.foreign,
    "warning": GitHub.warning,
    "failure": lambda host, text: host.failure(Failure(text)),
    "group": print_group,
}
MEANT = {
    "line": [],
    "foreign": [],
    "warning": ["warning"],
    "failure": ["error"],
    "group": ["group", "endgroup"],
}
every_printer = pytest.mark.parametrize("name", PRINTERS)


class Step:
    """A host with its standard output and files, as the program has them."""

    def __init__(self, directory: Path = Path()) -> None:
        self._stdout = io.BytesIO()
        self.output_file = directory / "output"
        self.summary_file = directory / "summary"
        stdout = io.TextIOWrapper(
            self._stdout, encoding="utf-8", errors="replace", newline="\n", line_buffering=True
        )
        environ = {
            "GITHUB_OUTPUT": str(self.output_file),
            "GITHUB_STEP_SUMMARY": str(self.summary_file),
        }
        self.host = GitHub(environ, stdout)

    @property
    def printed(self) -> str:
        return self._stdout.getvalue().decode("utf-8")


def commands_of(output: str) -> list[str]:
    return [command.name for command in read_log(output).commands]


def readable(text: str) -> str:
    """As standard output can hold it."""
    return text.encode("utf-8", "replace").decode("utf-8")


@every_printer
@given(text=TEXTS)
def test_text_gives_no_command_that_is_not_ours(name: str, text: str) -> None:
    step = Step()
    PRINTERS[name](step.host, text)
    assert commands_of(step.printed) == MEANT[name]


@every_printer
@given(text=TEXTS)
def test_text_gives_no_command_to_azure_pipelines(name: str, text: str) -> None:
    """Its agent takes `##vso[` anywhere in a line, in the middle of a command of GitHub's too."""
    step = Step()
    PRINTERS[name](step.host, text)
    assert "##vso" not in step.printed.lower()


@given(text=TEXTS)
@example("#\0#vso[task.complete]")
@example("\x1b[1m::error::x")
@example("###[error]x")
@example("####vso[task.complete]")
@example("\u2003::error::x")
def test_harmless_lines_are_no_command_of_either_host(text: str) -> None:
    for line in harmless_lines(text):
        assert parse_command(line) is None
        assert "##vso" not in line.lower()  # a broken command gives a warning on Azure Pipelines
        assert "##[" not in line
        assert not {"\r", "\n"} & set(line)


@given(text=st.text(st.characters(categories=["L", "N", "P", "Zs"])))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assume("##" not in text and "::" not in text)
    assert list(harmless_lines(text)) == ([text] if text else [])


@pytest.mark.parametrize("name", ["warning", "failure"])
@given(text=TEXTS)
def test_annotations_arrive_as_they_were_meant(name: str, text: str) -> None:
    step = Step()
    PRINTERS[name](step.host, text)
    (annotation,) = read_log(step.printed).annotations
    shown = str(Failure(text)) if name == "failure" else text
    assert annotation.data == readable("\n".join(harmless_lines(shown)))
    assert annotation.properties == {
        "title": "PrivateWheel PW999" if name == "failure" else "PrivateWheel"
    }


@pytest.mark.parametrize("name", ["warning", "failure"])
@pytest.mark.parametrize("letter", ["x", "%", "\U0001f4e6", "x\n"])
def test_annotations_are_not_cut_without_a_word(name: str, letter: str) -> None:
    step = Step()
    PRINTERS[name](step.host, letter * 5000)
    log = read_log(step.printed)
    (annotation,) = log.annotations
    assert annotation in log.commands  # as a whole
    assert annotation.data.endswith("The log shows the rest.")
    assert "\n".join(log.lines).count(letter.strip()) >= 5000


@given(values=st.fixed_dictionaries({output.name: TEXTS for output in OUTPUTS}))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_outputs_arrive_as_they_were_set(tmp_path: Path, values: dict[str, str]) -> None:
    step = Step(tmp_path)
    step.output_file.write_bytes(b"earlier=1\n")
    step.host.set_outputs(values)
    with step.output_file.open(encoding="utf-8", newline="") as file:
        read = read_outputs(file.read())
    assert read.pop("earlier") == "1"
    assert read == {name: readable(value) for name, value in values.items()}
    assert step.printed == ""


@given(text=TEXTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_summaries_are_added_to_what_is_there(tmp_path: Path, text: str) -> None:
    step = Step(tmp_path)
    step.summary_file.write_bytes(b"# Earlier\n")
    step.host.write_summary(text)
    assert step.summary_file.read_bytes() == b"# Earlier\n" + readable(text).encode()


@given(secrets=st.lists(SECRETS, min_size=1, max_size=3))
def test_masks_arrive_and_nothing_else(secrets: list[str]) -> None:
    step = Step()
    step.host.mask(secrets)
    log = read_log(step.printed)
    assert {command.name for command in log.commands} == {"add-mask"}
    assert log.lines == ()
    assert log.masks == set().union(*map(masked_forms, secrets))


@given(text=TEXTS)
@example("words\n    \nwords")
def test_masks_of_strange_values_give_no_other_command(text: str) -> None:
    """The secrets are masked before they are judged: they may hold anything."""
    step = Step()
    step.host.mask([text])
    log = read_log(step.printed)
    assert {command.name for command in log.commands} <= {"add-mask"}
    assert log.lines == ()
    assert all(command.data.strip() for command in log.commands)  # the runner warns of a blank mask


@every_printer
@given(secret=SECRETS, before=TEXTS, after=TEXTS, data=st.data())
def test_no_form_of_a_secret_is_printed(
    name: str, secret: str, before: str, after: str, data: st.DataObject
) -> None:
    step = Step()
    step.host.mask([secret])
    masks = step.printed
    form = data.draw(st.sampled_from(sorted(masked_forms(secret))))
    split = data.draw(st.integers(0, len(form)))
    hidden = form[:split] + data.draw(st.sampled_from(INVISIBLE)) + form[split:]
    PRINTERS[name](step.host, before + hidden + after)
    log = read_log(step.printed.removeprefix(masks))
    shown = "\n".join([*log.lines, *(command.data for command in log.commands)])
    assert form not in shown
    assert form not in step.printed.removeprefix(masks)


@given(secret=SECRETS, user=st.text(st.characters(codec="ascii"), max_size=8))
def test_no_basic_authorization_is_printed(secret: str, user: str) -> None:
    """Whatever the user is called: what is left of `base64(user:secret)` is the user and a letter
    or two beside it."""
    step = Step()
    step.host.mask([secret])
    masks = step.printed
    step.host.line(base64.b64encode(f"{user}:{secret}".encode()).decode())
    (line,) = read_log(step.printed.removeprefix(masks)).lines
    assert len(line.replace("***", "")) <= len(base64.b64encode(f"{user}:".encode())) + 4


@given(text=TEXTS)
def test_properties_arrive_as_they_were_set(text: str) -> None:
    assume(text and not text[-1].isspace())  # the runner takes blanks off the last one
    command = parse_command(
        f"::error file={escape_property(text)},title={escape_property(text)}::{escape_data(text)}"
    )
    assert command == Command("error", text, {"file": text, "title": text})


@given(secret=SECRETS, before=TEXTS, after=TEXTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_secret_is_written(tmp_path: Path, secret: str, before: str, after: str) -> None:
    step = Step(tmp_path)
    for file in (step.output_file, step.summary_file):
        file.write_bytes(b"")
    step.host.mask([secret])
    step.host.set_outputs({"url": before + secret + after})
    step.host.write_summary(before + secret + after)
    for file in (step.output_file, step.summary_file):
        assert secret not in file.read_text(encoding="utf-8")


# --- the parsers themselves, where a port that is too lax would let everything pass


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("::error::text", Command("error", "text")),
        ("\t ::ERROR::text", Command("error", "text")),
        (
            "::error file=a%2Cb,Line=1,empty=::%25%0A%250A",
            Command("error", "%\n%0A", {"file": "a,b", "line": "1"}),
        ),
        ("::error title=a%3A%3Ab::c::d", Command("error", "c::d", {"title": "a::b"})),
        (
            "text ##[set-env name=PATH;x=%5D]%3B]",
            Command("set-env", ";]", {"name": "PATH", "x": "]"}),
        ),
        ("::unknown::##[error]text", Command("error", "text")),
        ("text ::error::text", None),
        (":error::text", None),
        ("::error:text", None),
        ("::unknown::text", None),
        ("##[section]text", None),
        ("##[error text", None),
    ],
)
def test_parser_of_lines(line: str, command: Command | None) -> None:
    assert parse_command(line) == command


def test_parser_of_logs() -> None:
    log = read_log(
        "a\r::add-mask::x%0A y\r\n::stop-commands::Halt\n::error::no\n::halt::\n::error::yes\n::group::g\nb"
    )
    assert [command.name for command in log.commands] == [
        "add-mask",
        "stop-commands",
        "error",
        "group",
    ]
    assert log.lines == ("a", "::error::no", "b")
    assert log.masks == {"x\n y", "x", "y"}
    assert log.groups == ("g",)


def test_limits_of_annotations() -> None:
    log = read_log(
        "".join(f"::{level}::{'x' * 5000}\n" for level in ("error", "warning") for _ in range(12))
    )
    assert len(log.annotations) == 2 * MOST_ANNOTATIONS
    assert {len(annotation.data) for annotation in log.annotations} == {LONGEST_MESSAGE}


@pytest.mark.parametrize(
    ("text", "outputs"),
    [
        ("a=1=2\n\nb=\nc=x<<y\n", {"a": "1=2", "b": "", "c": "x<<y"}),
        ("a<<EOF\n1\r\n\n2\nEOF\nb<<EOF\nEOF", {"a": "1\r\n\n2", "b": ""}),
    ],
)
def test_parser_of_outputs(text: str, outputs: dict[str, str]) -> None:
    assert read_outputs(text) == outputs


@pytest.mark.parametrize("text", ["a\n", "a<<\n1\n", "<<EOF\n1\nEOF\n", "a<<EOF\n1\n", "a<<EOF\n1"])
def test_parser_refuses_what_the_runner_refuses(text: str) -> None:
    with pytest.raises(BadOutputFile):
        read_outputs(text)
