from __future__ import annotations

from bot.runtime.pace import KEPT, RateLimiter
from tests.support.rig import ManualClock


def test_so_many_may_begin_in_a_while_and_the_next_when_the_first_is_long_enough_ago():
    clock = ManualClock()
    pace = RateLimiter(clock, 3, 60)
    for _ in range(3):
        assert pace.wait_s("ada") == 0
        clock.advance(10)
    assert pace.wait_s("ada") == 30
    assert pace.wait_s("bob") == 0
    clock.advance(30)
    assert pace.wait_s("ada") == 0
    assert pace.wait_s("ada") == 10


def test_what_is_refused_does_not_count():
    clock = ManualClock()
    pace = RateLimiter(clock, 1, 60)
    assert pace.wait_s("ada") == 0
    clock.advance(59)
    assert pace.wait_s("ada") == 1
    clock.advance(1)
    assert pace.wait_s("ada") == 0


def test_a_peek_tells_of_several_and_counts_nothing():
    clock = ManualClock()
    pace = RateLimiter(clock, 3, 60)
    assert pace.peek_s("ada", 3) == 0
    assert pace.wait_s("ada") == 0
    clock.advance(10)
    assert pace.wait_s("ada") == 0
    assert pace.peek_s("ada") == 0
    assert pace.peek_s("ada", 2) == 50
    assert pace.peek_s("ada", 3) == 60
    assert pace.peek_s("bob", 3) == 0
    assert len(pace) == 1


def test_what_is_noted_counts_though_it_is_too_much():
    clock = ManualClock()
    pace = RateLimiter(clock, 2, 60)
    for _ in range(5):
        pace.note("ada")
    assert pace.wait_s("ada") == 60
    clock.advance(60)
    assert pace.wait_s("ada") == 0


def test_memory_stays_flat():
    pace = RateLimiter(ManualClock(), 1, 60)
    for who in range(KEPT + 100):
        pace.wait_s(who)
    assert len(pace) == KEPT
