"""The breaker of a key: in an outage one job tries, the others rest; one failing job keeps nobody back."""

from __future__ import annotations

import pytest

from bot.jobs.turns.key_waits import FIRST_REST_S, JOBS_IN_A_ROW, LONGEST_REST_S, PROBE_S, Breaker
from tests.support.rig import ManualClock

KEY = "1 1:7"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def breaker(clock: ManualClock) -> Breaker:
    return Breaker(clock)


def fail(breaker: Breaker, count: int, name: str = KEY) -> None:
    for number in range(count):
        breaker.failed(name, f"job{number}")


def test_others_rest_once_enough_jobs_have_failed_in_a_row(breaker: Breaker):
    fail(breaker, JOBS_IN_A_ROW - 1)
    assert breaker.rest_s(KEY, "new") == 0
    breaker.failed(KEY, "last")
    assert breaker.rest_s(KEY, "new") == FIRST_REST_S


def test_one_job_that_always_fails_keeps_nobody_back(breaker: Breaker):
    for _ in range(100):
        breaker.failed(KEY, "poison")
    assert breaker.rest_s(KEY, "new") == 0


def test_an_answer_in_between_starts_the_count_anew(breaker: Breaker):
    fail(breaker, JOBS_IN_A_ROW - 1)
    breaker.worked(KEY)
    fail(breaker, JOBS_IN_A_ROW - 1)
    assert breaker.rest_s(KEY, "new") == 0


def test_one_job_tries_and_waits_grow_to_a_minute(breaker: Breaker, clock: ManualClock):
    fail(breaker, JOBS_IN_A_ROW)
    rests = []
    for number in range(5):
        rests.append(breaker.rest_s(KEY, "other"))
        clock.advance(rests[-1])
        assert breaker.rest_s(KEY, f"prober{number}") == 0
        assert breaker.rest_s(KEY, "other") > 0
        breaker.failed(KEY, f"prober{number}")
    assert rests == [10, 20, 40, LONGEST_REST_S, LONGEST_REST_S]


def test_what_was_under_way_when_it_began_does_not_prolong_it(breaker: Breaker):
    fail(breaker, 80)
    assert breaker.rest_s(KEY, "other") == FIRST_REST_S


def test_a_prober_that_never_tells_is_followed_by_another(breaker: Breaker, clock: ManualClock):
    fail(breaker, JOBS_IN_A_ROW)
    clock.advance(FIRST_REST_S)
    assert breaker.rest_s(KEY, "lost") == 0
    clock.advance(PROBE_S - 1)
    assert breaker.rest_s(KEY, "next") == 1
    clock.advance(1)
    assert breaker.rest_s(KEY, "next") == 0


def test_all_go_on_once_one_was_answered(breaker: Breaker, clock: ManualClock):
    fail(breaker, JOBS_IN_A_ROW)
    clock.advance(FIRST_REST_S)
    assert breaker.rest_s(KEY, "prober") == 0
    breaker.worked(KEY)
    assert breaker.rest_s(KEY, "other") == 0


def test_the_outage_of_one_key_is_no_others(breaker: Breaker):
    fail(breaker, JOBS_IN_A_ROW)
    assert breaker.rest_s("2 host", "other") == 0
