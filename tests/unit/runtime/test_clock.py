from __future__ import annotations

import pytest

from bot.runtime.clock import TOLERATED_S, SystemClock

NOW = 1_767_225_600.0
HOUR_S = 3600.0


class Machine(SystemClock):
    """A machine whose clock a test sets."""

    def __init__(self, now: float) -> None:
        self.now = now

    def _machine(self) -> float:
        return self.now


@pytest.mark.parametrize("wrong_s", [-HOUR_S, HOUR_S])
def test_a_wrong_clock_goes_by_the_databases_until_it_is_set_right(wrong_s: float) -> None:
    clock = Machine(NOW + wrong_s)
    clock.correct(NOW)
    assert clock.wall() == NOW
    clock.now += 7.0
    clock.correct(NOW + 7.5)
    assert clock.wall() == NOW + 7.0

    clock.now = NOW + 9.0  # as NTP does it
    clock.correct(NOW + 9.0)
    assert clock.wall() == NOW + 9.0
    clock.now += TOLERATED_S
    assert clock.wall() == NOW + 9.0 + TOLERATED_S


@pytest.mark.parametrize("apart_s", [-TOLERATED_S, -0.2, 0.2, TOLERATED_S])
def test_clocks_that_are_apart_as_clocks_are_stay_as_they_are(apart_s: float) -> None:
    clock = Machine(NOW)
    clock.correct(NOW + apart_s)
    assert clock.wall() == NOW
