from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.jobs.durations import PRIOR_MEDIAN_S, Durations
from bot.domain.jobs.poll_schedule import (
    INTERVAL_MAX_S,
    LATE_S,
    LATE_SHARE,
    LONG_AFTER_S,
    LONG_WAIT_S,
    POLL_AFTER_S,
    deadline_s,
    done_between,
    next_poll_s,
    recheck_at,
    remaining_s,
)
from tests.support.durations import taught

SECONDS = st.floats(min_value=0, max_value=20_000)
HISTORIES = st.lists(SECONDS, max_size=30)
JITTERS = st.floats(min_value=-1, max_value=1)
SERVERS_WISH_S = 2.0
"""The API's sample says `poll_after_ms: 2000`."""


def lasting(median_s: float, count: int, seed: int = 1) -> list[float]:
    rng = random.Random(seed)
    return [median_s * math.exp(rng.gauss(0, 0.35)) for _ in range(count)]


def looks(durations: Durations, until_s: float, *, wish_s: float | None = None, jitter: float = 0.0) -> list[float]:
    """Return at which ages a job is polled that is done at `until_s`."""
    ages = [next_poll_s(durations, 0.0, poll_after_s=wish_s, jitter=jitter)]
    while ages[-1] < until_s:
        ages.append(ages[-1] + next_poll_s(durations, ages[-1], poll_after_s=wish_s, jitter=jitter))
        assert len(ages) < 2000
    return ages


# ---------------------------------------------------------------------- when to look


@given(HISTORIES, SECONDS, JITTERS)
def test_a_wait_is_never_zero_nor_endless(history: list[float], age: float, jitter: float):
    durations = taught(Durations.prior("image"), history)
    assert POLL_AFTER_S <= next_poll_s(durations, age, poll_after_s=None, jitter=jitter) <= INTERVAL_MAX_S


@given(HISTORIES, SECONDS, JITTERS, st.floats(0, 3600))
def test_the_servers_wish_is_never_undercut(history: list[float], age: float, jitter: float, wish: float):
    durations = taught(Durations.prior("image"), history)
    assert next_poll_s(durations, age, poll_after_s=wish, jitter=jitter) >= wish


@given(HISTORIES, st.floats(LONG_AFTER_S, 20_000), JITTERS)
def test_after_a_minute_there_is_at_most_one_poll_in_five_seconds(history: list[float], age: float, jitter: float):
    durations = taught(Durations.prior("image"), history)
    for wish in (None, 0.02, 2.0):
        assert next_poll_s(durations, age, poll_after_s=wish, jitter=jitter) >= LONG_WAIT_S


@given(st.floats(1, 900), st.integers(0, 2**32), JITTERS)
def test_no_job_as_long_as_those_before_is_seen_later_than_a_quarter_of_its_time_and_two_seconds(
    median_s: float, seed: int, jitter: float
):
    *history, took_s = lasting(median_s, 41, seed)
    durations = taught(Durations.prior("video"), history)
    took_s = max(took_s, min(history))
    assert looks(durations, took_s, jitter=jitter)[-1] <= took_s * (1 + LATE_SHARE) + LATE_S + POLL_AFTER_S


@pytest.mark.parametrize("workflow", [*PRIOR_MEDIAN_S, "unheard of"])
@pytest.mark.parametrize("took_s", [0.6, 1.0, 3.0, 8.0, 20.0, 60.0, 240.0, 2000.0])
def test_while_nothing_is_known_no_job_is_seen_later_than_that_whatever_its_duration(workflow: str, took_s: float):
    seen_s = looks(Durations.prior(workflow), took_s, wish_s=SERVERS_WISH_S)[-1]
    assert seen_s <= max(SERVERS_WISH_S, took_s * (1 + LATE_SHARE) + LATE_S + POLL_AFTER_S)


def test_polls_follow_closely_where_jobs_end_and_rest_where_none_does():
    """Half of the jobs take 5 s, half 60 s: between them there is little to see."""
    durations = taught(Durations.prior("image"), [*lasting(5.0, 100), *lasting(60.0, 100)][::-1])
    ages = looks(durations, 120.0)
    assert sum(age < 3 for age in ages) <= 1
    assert 2 <= sum(3 <= age < 8 for age in ages) <= 4
    assert sum(18 <= age < 28 for age in ages) <= 2
    assert 4 <= sum(45 <= age < 75 for age in ages) <= 10


def test_a_job_that_is_past_all_others_is_polled_more_and_more_seldom():
    durations = taught(Durations.prior("image"), lasting(8.0, 200))
    waits = [next_poll_s(durations, age, poll_after_s=None, jitter=0) for age in (30, 60, 120, 600, 6000)]
    assert waits == sorted(waits)
    assert waits[0] > 1.5
    assert waits[-1] > 0.8 * INTERVAL_MAX_S


@pytest.mark.parametrize(("before_s", "now_s"), [(60.0, 10.0), (300.0, 20.0), (60.0, 3.0)])
def test_a_model_that_got_faster_is_followed_after_three_jobs(before_s: float, now_s: float):
    durations = taught(Durations.prior("video"), lasting(before_s, 100))
    for _ in range(3):
        *watched, since_s, seen_s = [0.0, 0.0, *looks(durations, now_s)]
        assert seen_s <= before_s  # at once, it is seen no later than it was before
        durations.note_running(0.0, since_s)
        durations.note_done(since_s, seen_s)
    assert looks(durations, now_s)[-1] <= now_s * (1 + LATE_SHARE) + LATE_S + POLL_AFTER_S
    assert watched is not None


# ---------------------------------------------------------------------- how long it takes still


def test_the_time_left_shrinks_with_the_age_until_the_job_is_older_than_most():
    durations = taught(Durations.prior("image"), lasting(100.0, 100))
    lefts = [remaining_s(durations, age) for age in (0, 20, 40, 60)]
    assert lefts == sorted(lefts, reverse=True)
    assert lefts[0] == pytest.approx(100, rel=0.15)
    late = remaining_s(durations, 8_000)
    assert remaining_s(durations, 16_000) >= late > 1


@given(HISTORIES)
def test_no_job_is_given_up_before_half_an_hour_or_kept_past_six(history: list[float]):
    assert 1800 <= deadline_s(taught(Durations.prior("image"), history)) <= 6 * 3600


def test_a_slow_kind_of_job_has_more_time_than_a_fast_one():
    assert deadline_s(taught(Durations.prior("image"), [10.0] * 50)) == 1800
    assert deadline_s(taught(Durations.prior("image"), [600.0] * 50)) > 3600


def test_jobs_that_hang_have_no_more_time_because_of_each_other():
    durations = taught(Durations.prior("image"), [10.0] * 5)
    for _ in range(20):
        durations.note_running(0.0, 900.0)
    assert deadline_s(taught(durations, [10.0])) == 1800


# ---------------------------------------------------------------------- what is learned, and slow waits


@pytest.mark.parametrize(
    ("reported_s", "last_seen_s", "seen_done_s", "learned"),
    [
        (10.0, 9.0, 11.0, (10.0, 10.0)),
        (12.5, 9.0, 11.0, (9.0, 11.0)),  # it was done when it was polled
        (8.5, 9.0, 11.0, (9.0, 11.0)),  # it was not
        (86_400.0, 9.0, 11.0, (9.0, 11.0)),  # the clock of the API is wrong
        (-5.0, 9.0, 11.0, (9.0, 11.0)),
        (0.0, 9.0, 11.0, (9.0, 11.0)),
        (0.0, 0.0, 2.0, (0.0, 2.0)),  # created = completed
        (11.0, 9.0, 11.0, (9.0, 11.0)),  # completed = now
        (math.inf, 9.0, 11.0, (9.0, 11.0)),
        (math.nan, 9.0, 11.0, (9.0, 11.0)),
        (None, 9.0, 11.0, (9.0, 11.0)),
        (None, 5.0, 40.0, (5.0, 40.0)),
        (30.0, None, 3600.0, (30.0, 30.0)),  # the bot was away
        (7200.0, None, 3600.0, None),
        (0.0, None, 3600.0, None),
        (3600.0, None, 3600.0, None),
        (None, None, 3600.0, None),
    ],
)
def test_durations_are_learned_from_what_was_seen(
    reported_s: float | None, last_seen_s: float | None, seen_done_s: float, learned: tuple[float, float] | None
):
    assert done_between(reported_s, last_seen_s, seen_done_s) == learned


@given(st.floats(0, 20_000), st.floats(0, 20_000), st.none() | st.floats())
def test_nothing_is_learned_but_what_was_seen(one_s: float, other_s: float, reported_s: float | None):
    low_s, high_s = sorted((one_s, other_s))
    learned = done_between(reported_s, low_s, high_s)
    assert learned is not None
    assert low_s <= learned[0] <= learned[1] <= high_s


def test_a_job_that_ended_is_polled_for_seven_days():
    submitted_at, now, polls = 0.0, 1800.0, 0
    times = []
    while (at := recheck_at(now, submitted_at, polls)) is not None:
        times.append(at / 86_400)
        now, polls = at, polls + 1
        assert polls < 20
    assert 6 < times[-1] <= 7
    assert len(times) == 8
