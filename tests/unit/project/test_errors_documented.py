"""docs/errors.md and the codes in the program: each code once here and once there, with the same
exit status."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from private_wheel import errors
from private_wheel.errors import PrivateWheelError
from private_wheel.inputs.table import INPUTS

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
# The headings stand alone, because the job summary links to #pw101.
_PARTS = re.split(r"^## (PW\d{3})$", PAGE, flags=re.MULTILINE)[1:]
SECTIONS = dict(zip(_PARTS[::2], _PARTS[1::2], strict=True))
_STATUS_BY_DIGIT = {"1": 2, "3": 3, "4": 4, "5": 5, "6": 6, "9": 1}


def classes() -> Iterator[type[PrivateWheelError]]:
    for value in vars(errors).values():
        if (
            isinstance(value, type)
            and issubclass(value, PrivateWheelError)
            and value is not PrivateWheelError
        ):
            yield value


def codes_in(name: str) -> set[str]:
    return set(re.findall(r"\bPW\d{3}\b", (ROOT / name).read_text(encoding="utf-8")))


CLASSES = list(classes())
CODES = {cause.code for cause in CLASSES} | codes_in("entrypoint.py")


def test_codes_are_unique() -> None:
    assert len({cause.code for cause in CLASSES}) == len(CLASSES)
    assert not {cause.code for cause in CLASSES} & codes_in("entrypoint.py")


def test_headings_and_codes_are_the_same() -> None:
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert headings == sorted(CODES)


def test_the_action_has_no_code_of_its_own() -> None:
    assert codes_in("action.yml") <= CODES


@pytest.mark.parametrize("code", sorted(SECTIONS))
def test_each_code_is_explained(code: str) -> None:
    section = SECTIONS[code]
    assert re.search(r"^\*\*.+\.\*\* Exit status (\d)\.$", section, re.MULTILINE)
    assert "\n*Fix:* " in section
    assert f"\n```text\n{code}: " in section


@pytest.mark.parametrize("cause", CLASSES, ids=lambda cause: cause.__name__)
def test_the_exit_status_is_the_documented_one(cause: type[PrivateWheelError]) -> None:
    assert f"Exit status {cause.exit_status}." in SECTIONS[cause.code]
    assert _STATUS_BY_DIGIT[cause.code[2]] == cause.exit_status


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_first_digit_tells_the_exit_status(code: str) -> None:
    assert f"Exit status {_STATUS_BY_DIGIT[code[2]]}." in SECTIONS[code]


def test_links_inside_the_page_lead_somewhere() -> None:
    for code in re.findall(r"\(#(pw\d{3})\)", PAGE):
        assert code.upper() in SECTIONS


def test_errors_name_inputs_that_there_are() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")]
    named = {name for text in texts for name in re.findall(r"""\binput="([^"]+)\"""", text)}
    assert "package" in named
    assert named <= {declared.name for declared in INPUTS}
