"""How far a transfer is: few lines in a log that is kept, a bar that grows in place in a terminal."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from private_wheel.hosts import GitHub, Host, Terminal, base
from private_wheel.hosts.base import HostHandler
from private_wheel.system.progress import Progress
from tests.protocol.github_runner import read_log

MIB = 2**20
PAUSE = 5.0
TITLE = "acme_forecast-1.2.3-py3-none-any.whl"
SECRET = "c2lnbmF0dXJlLW9mLWEtc2Fz"
HOSTILE = (
    "\n::set-output name=result::stolen",
    "\r::error::not ours",
    "::add-mask::e",
    "##vso[task.complete]x",
    "##[set-env name=PATH;]/x",
    "\x1b[2J\x1b[31mred\x07\x9b1m",
    "\v\f\x1c\x85\u2028::warning::not ours",
    "%0A::error::not ours",
)


class Clock:
    """In place of the module `time` where a host reads it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(base, "time", SimpleNamespace(monotonic=lambda: self.now))


class Screen(io.StringIO):
    """A terminal of 80 columns that understands as much as a bar needs."""

    WIDTH = 80

    def isatty(self) -> bool:
        return True

    @property
    def lines(self) -> list[str]:
        """What a person sees."""
        rows, column = [""], 0
        for part in re.findall(r"\x1b\[K|[\s\S]", self.getvalue()):
            if part == "\n":
                rows.append("")
                column = 0
            elif part == "\r":
                column = 0
            elif part == "\x1b[K":
                rows[-1] = rows[-1][:column]
            else:
                if column == self.WIDTH:
                    rows.append("")
                    column = 0
                rows[-1] = rows[-1][:column] + part + rows[-1][column + 1 :]
                column += 1
        return rows


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setenv("COLUMNS", str(Screen.WIDTH))
    return Screen()


def at(done: float, total: int = 100 * MIB, title: str = TITLE) -> Progress:
    return Progress(title=title, done=int(done), total=total)


@pytest.mark.parametrize("kind", [GitHub, Terminal])
def test_a_log_gets_a_line_in_five_seconds(
    clock: Clock, kind: Callable[[dict[str, str], io.StringIO], Host]
) -> None:
    stdout = io.StringIO()
    host = kind({}, stdout)
    for second in range(21):
        clock.now = 1000.0 + second
        for _ in range(3):  # one for each block
            host.progress(at(second * 4 * MIB))
    assert stdout.getvalue().splitlines() == [
        f"{TITLE}: {done} of 100 MiB ({done}%)"
        for done in (20, 40, 60, 80)
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [GitHub, Terminal])
def test_a_quick_transfer_needs_no_line(
    clock: Clock, kind: Callable[[dict[str, str], io.StringIO], Host]
) -> None:
    stdout = io.StringIO()
    host = kind({}, stdout)
    for done in range(0, 101, 10):
        clock.now += PAUSE / 11 - 0.01
        host.progress(at(done * MIB))
    assert stdout.getvalue() == ""


@settings(deadline=None)
@given(pauses=st.lists(st.floats(0, 12), max_size=60))
def test_there_are_never_two_lines_in_five_seconds(pauses: list[float]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        clock, stdout = Clock(monkeypatch), io.StringIO()
        host = GitHub({}, stdout)
        told = [clock.now]
        for pause in pauses:
            clock.now += pause
            before = stdout.tell()
            host.progress(at(MIB))
            if stdout.tell() > before:
                told.append(clock.now)
        assert all(later - earlier >= PAUSE - 1e-6 for earlier, later in pairwise(told))
        assert clock.now - told[-1] < PAUSE + 1e-6  # and none is kept back


def test_what_modules_log_is_shown_as_progress(clock: Clock) -> None:
    """Below the level at which a log is told, too: it is no message."""
    stdout = io.StringIO()
    handler = HostHandler(GitHub({}, stdout))
    logger = logging.Logger("private_wheel.tests")
    logger.addHandler(handler)
    logger.info(at(MIB))
    assert stdout.getvalue() == ""
    clock.now += PAUSE
    logger.info(at(50 * MIB))
    logger.info("a message")
    assert stdout.getvalue() == f"{TITLE}: 50 of 100 MiB (50%)\na message\n"


def test_a_terminal_has_a_bar_that_grows_in_place(screen: Screen) -> None:
    host = Terminal({}, screen)
    host.line("before")
    for done, bar in ((0, "." * 30), (50, "#" * 15 + "." * 15), (100, "#" * 30)):
        host.progress(at(done * MIB))
        assert screen.lines == ["before", f"[{bar}] {done:3}% {TITLE}"]


@pytest.mark.parametrize("kind", ["line", "warning", "foreign", "start_group"])
def test_the_next_line_takes_the_place_of_the_bar(screen: Screen, kind: str) -> None:
    expected = Screen()
    for stdout, bars in ((screen, 3), (expected, 0)):
        host = Terminal({}, stdout)
        for done in range(bars):
            host.progress(at(done * MIB))
        getattr(host, kind)("text")
        host.line("after")
    assert screen.lines == expected.lines
    assert "#" not in "".join(screen.lines)
    assert screen.getvalue().count("\r") == 4  # three bars, and once to clear the last of them


def test_the_bar_of_a_long_name_stays_on_one_line(screen: Screen) -> None:
    """A terminal goes back to the beginning of the last row only: what is on others would be left
    there."""
    title = "acme_forecast-1.2.3-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    host = Terminal({}, screen)
    for done in range(0, 101, 20):
        host.progress(at(done * MIB, title=title))
    assert len(screen.lines) == 1
    host.line("after")
    assert screen.lines == ["after", ""]


def test_a_file_gets_no_bar(clock: Clock, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w+", encoding="utf-8") as stdout:
        host = Terminal({}, stdout)
        host.progress(at(MIB))
        clock.now += PAUSE
        host.progress(at(50 * MIB))
        host.progress(at(51 * MIB))
        stdout.seek(0)
        assert stdout.read() == f"{TITLE}: 50 of 100 MiB (50%)\n"


@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_is_no_command(clock: Clock, title: str) -> None:
    stdout = io.StringIO()
    host = GitHub({}, stdout)
    clock.now += PAUSE
    host.progress(at(50 * MIB, title=title))
    assert "MiB" in stdout.getvalue()
    assert read_log(stdout.getvalue()).commands == ()
    assert "##vso" not in stdout.getvalue()


@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_cannot_move_the_cursor(screen: Screen, title: str) -> None:
    host = Terminal({}, screen)
    host.progress(at(50 * MIB, title=title))
    (line,) = screen.lines
    assert line.startswith("[###")
    assert line.isprintable()
    assert screen.getvalue().startswith("\r\x1b[K[")
    assert screen.getvalue().count("\r") == screen.getvalue().count("\x1b") == 1


@pytest.mark.parametrize("secret", [SECRET, f"{SECRET[:9]}\x1b[0m{SECRET[9:]}"])
@pytest.mark.parametrize("tty", [False, True])
def test_a_secret_in_a_title_is_hidden(clock: Clock, secret: str, tty: bool) -> None:
    stdout = Screen() if tty else io.StringIO()
    host = Terminal({}, stdout)
    host.mask([SECRET])
    clock.now += PAUSE
    host.progress(at(50 * MIB, title=f"a {secret} b"))
    assert "a *** b" in stdout.getvalue()
    assert SECRET not in stdout.getvalue()


@pytest.mark.parametrize(
    ("done", "total", "share"), [(0, 10, 0.0), (5, 10, 0.5), (10, 10, 1.0), (0, 0, 1.0)]
)
def test_share(done: int, total: int, share: float) -> None:
    assert at(done, total).share == share
    assert at(done, total).finished is (share == 1.0)
