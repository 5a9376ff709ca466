"""How far long work is: with the time left on a terminal, in lines elsewhere, and nothing for what is quick."""

from __future__ import annotations

import io

import pytest

from bot.runtime.progress import CLEARED, Progress, logged, meter_to
from tests.support.rig import ManualClock


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def work(progress: Progress, clock: ManualClock, seconds: int, *, total: int) -> None:
    """Do work that takes so long, a hundredth of it at a time; `total` 0: nobody knows how much it is."""
    for part in range(101):
        progress("Copying", part * total // 100, total)
        clock.advance(seconds / 100)


def test_a_terminal_shows_percent_and_the_time_left_in_one_line() -> None:
    terminal, clock = Terminal(), ManualClock()
    work(meter_to(terminal, clock), clock, 60, total=1000)
    drawn = terminal.getvalue().split(CLEARED)
    assert "Copying: 50 %, about 30 s left" in drawn
    assert "Copying: 90 %, about 6 s left" in drawn
    assert drawn[-1] == "", "what follows starts on an empty line"
    assert "\n" not in terminal.getvalue()


def test_a_pipe_gets_a_line_now_and_then() -> None:
    pipe, clock = io.StringIO(), ManualClock()
    work(meter_to(pipe, clock), clock, 60, total=1000)
    lines = pipe.getvalue().splitlines()
    assert len(lines) == 6
    assert all(line.startswith("Copying: ") and line.endswith(" s left") for line in lines)


def test_what_is_quick_leaves_no_line() -> None:
    pipe, clock = io.StringIO(), ManualClock()
    work(meter_to(pipe, clock), clock, 1, total=1000)
    assert pipe.getvalue() == ""


def test_where_nobody_knows_how_much_it_is_the_time_so_far_is_told() -> None:
    pipe, clock = io.StringIO(), ManualClock()
    work(meter_to(pipe, clock), clock, 300, total=0)
    assert pipe.getvalue().splitlines()[-1] == "Copying: 5 min so far"


def test_a_bot_that_starts_logs_it(capsys: pytest.CaptureFixture[str]) -> None:
    clock = ManualClock()
    work(logged(clock), clock, 30, total=1000)
    assert "percent=" in capsys.readouterr().out
