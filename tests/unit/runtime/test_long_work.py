"""How far long work is: with the time left, in lines, and nothing for what is quick."""

from __future__ import annotations

import io

import pytest

from bot.runtime.progress import Progress, logged, meter_to
from tests.support.rig import ManualClock


def work(progress: Progress, clock: ManualClock, seconds: int, *, total: int) -> None:
    """Do work that takes so long, a hundredth of it at a time; `total` 0: nobody knows how much it is."""
    for part in range(101):
        progress("Copying", part * total // 100, total)
        clock.advance(seconds / 100)


def test_a_pipe_gets_a_line_now_and_then() -> None:
    pipe, clock = io.StringIO(), ManualClock()
    work(meter_to(pipe, clock), clock, 60, total=1000)
    lines = pipe.getvalue().splitlines()
    assert len(lines) == 6
    assert all(line.startswith("Copying: ") and line.endswith(" s left") for line in lines)


def test_a_bot_that_starts_logs_it(capsys: pytest.CaptureFixture[str]) -> None:
    clock = ManualClock()
    work(logged(clock), clock, 30, total=1000)
    assert "percent=" in capsys.readouterr().out
