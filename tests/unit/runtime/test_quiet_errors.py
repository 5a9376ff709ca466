"""What fails again and again is logged with one traceback, then once an hour."""

from __future__ import annotations

import structlog
from structlog.testing import capture_logs

from bot.runtime.logs import HOUR_S, KINDS_KEPT, QuietErrors
from tests.support.rig import ManualClock

log = structlog.get_logger(__name__)


def test_one_traceback_then_a_line_an_hour_for_each_subject() -> None:
    clock = ManualClock()
    quiet = QuietErrors(clock)
    with capture_logs() as lines:
        for _ in range(24 * 120):
            quiet.note(log, "turn.failed", "A", ValueError("x"), job="A")
            clock.advance(30.0)
        quiet.note(log, "turn.failed", "B", ValueError("x"), job="B")
        quiet.note(log, "turn.failed", "A", KeyError("y"), job="A")
    traced = [line["job"] for line in lines if "exc_info" in line]
    assert traced == ["A", "B", "A"]
    hourly = [line for line in lines if "times" in line]
    assert len(hourly) == 23
    assert {line["times"] for line in hourly} == {HOUR_S / 30.0}


def test_memory_stays_flat() -> None:
    quiet = QuietErrors(ManualClock())
    for number in range(KINDS_KEPT + 100):
        quiet.note(log, "turn.failed", f"{number}", ValueError("x"))
    assert len(quiet._seen) == KINDS_KEPT
