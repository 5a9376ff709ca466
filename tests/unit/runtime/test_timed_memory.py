"""Answers are believed for a while, and so many at most."""

from __future__ import annotations

from bot.runtime.pace import KEPT, TimedMemory
from tests.support.rig import ManualClock


def test_an_answer_is_remembered_for_its_time_and_no_longer() -> None:
    clock = ManualClock()
    memory: TimedMemory[str, bool] = TimedMemory(clock, 60)
    assert memory.get("a") is None
    assert memory.put("a", False) is False
    clock.advance(59)
    assert memory.get("a") is False
    clock.advance(1)
    assert memory.get("a") is None


def test_a_newer_answer_takes_the_place_of_an_older_one() -> None:
    clock = ManualClock()
    memory: TimedMemory[str, int] = TimedMemory(clock, 60)
    memory.put("a", 1)
    clock.advance(30)
    memory.put("a", 2)
    clock.advance(45)
    assert memory.get("a") == 2
    assert len(memory) == 1


def test_what_is_remembered_is_bounded_and_the_oldest_goes_first() -> None:
    memory: TimedMemory[int, int] = TimedMemory(ManualClock(), 60)
    for number in range(KEPT + 10):
        memory.put(number, number)
    assert len(memory) == KEPT
    assert memory.get(9) is None
    assert memory.get(10) == 10
