"""Waiting while little is known, and when a model got faster. What bounds a lag is the work's age."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.poll_schedule import (
    PRIOR_MEDIAN_S,
    Durations,
    first_poll_s,
    next_poll_s,
    observed_s,
    recheck_at,
    slow_wait_s,
)

SAMPLES_UNTIL_WARM = 3
JITTER_SHARE = 0.1
SERVERS_WISH_S = 2.0
"""The API's sample says `poll_after_ms: 2000`."""
TAKES_S = (0.6, 1.0, 3.0, 8.0, 20.0, 60.0, 240.0)


def lag_and_polls(
    durations: Durations, took_s: float, *, wish_s: float | None = None, jitter: float = 0.0
) -> tuple[float, int]:
    """Return how late a job of `took_s` is seen to be done, in seconds, and after how many polls."""
    age, polls = first_poll_s(durations, poll_after_s=wish_s, jitter=jitter), 1
    while age < took_s:
        age += next_poll_s(durations, age, poll_after_s=None, jitter=jitter)
        polls += 1
        assert polls < 1000
    return age - took_s, polls


def known(workflow: str, *took_s: float) -> Durations:
    durations = Durations.prior(workflow)
    for seconds in took_s:
        durations.add(seconds)
    return durations


@pytest.mark.parametrize("wish_s", [None, SERVERS_WISH_S], ids=["no wish", "the API's wish"])
@pytest.mark.parametrize("workflow", sorted(PRIOR_MEDIAN_S))
def test_while_little_is_known_no_job_is_seen_later_than_after_twice_its_time(workflow: str, wish_s: float | None):
    late = []
    for took_s, samples in itertools.product(TAKES_S, range(SAMPLES_UNTIL_WARM)):
        lag_s, _ = lag_and_polls(known(workflow, *[took_s] * samples), took_s, wish_s=wish_s)
        if lag_s > max(SERVERS_WISH_S * 1.2, took_s * (1 + JITTER_SHARE)):
            late.append((took_s, samples, round(lag_s, 1)))
    assert late == []


@pytest.mark.parametrize("workflow", sorted(PRIOR_MEDIAN_S))
def test_the_first_waits_double_from_about_a_second(workflow: str):
    durations = known(workflow)
    age = first_poll_s(durations, poll_after_s=None, jitter=0)
    assert age <= 2.0
    for _ in range(5):
        wait = next_poll_s(durations, age, poll_after_s=None, jitter=0)
        assert wait <= age * (1 + JITTER_SHARE)
        age += wait
    assert age >= 4.0  # and they are no hammering


@given(
    st.sampled_from(sorted(PRIOR_MEDIAN_S)),
    st.lists(st.floats(0.5, 4000), max_size=60),
    st.floats(2, 20_000),
    st.floats(-1, 1),
)
def test_whatever_was_learned_a_poll_at_twice_the_age_stays_in_play(
    workflow: str, history: list[float], age: float, jitter: float
):
    wait = next_poll_s(known(workflow, *history), age, poll_after_s=None, jitter=jitter)
    assert wait <= age * (1 + JITTER_SHARE) + 0.01


@pytest.mark.parametrize(("before_s", "now_s"), [(60.0, 10.0), (300.0, 20.0), (60.0, 3.0)])
def test_a_model_that_got_faster_is_noticed_at_once(before_s: float, now_s: float):
    durations = known("video", *[before_s] * 60)
    for _ in range(5):
        lag_s, _ = lag_and_polls(durations, now_s, wish_s=SERVERS_WISH_S)
        assert lag_s <= max(SERVERS_WISH_S * 1.2, now_s * (1 + JITTER_SHARE))
        durations.add(now_s)


@pytest.mark.parametrize(("took_s", "at_most_s"), [(8.0, 1.5), (60.0, 9.0)])
def test_warm_waiting_keeps_its_small_lag_and_needs_few_polls_more(took_s: float, at_most_s: float):
    lag_s, polls = lag_and_polls(known("video", *[took_s] * 60), took_s, wish_s=SERVERS_WISH_S)
    assert lag_s <= at_most_s
    assert polls <= 10


# ---------------------------------------------------------------------- what is learned, and slow waits


@pytest.mark.parametrize(
    ("told_s", "last_seen_s", "seen_done_s", "learned"),
    [
        (10.0, 9.0, 11.0, 10.0),
        (12.5, 9.0, 11.0, 12.5),  # within two seconds
        (86_400.0, 9.0, 11.0, 10.0),  # the clock of the API is wrong
        (-5.0, 9.0, 11.0, 10.0),
        (0.0, 9.0, 11.0, 10.0),
        (math.inf, 9.0, 11.0, 10.0),
        (math.nan, 9.0, 11.0, 10.0),
        (None, 9.0, 11.0, 10.0),
        (None, 0.0, 2.0, None),  # seen too late to say
        (None, 5.0, 40.0, None),
        (86_400.0, 5.0, 40.0, None),
        (30.0, None, 3600.0, 30.0),  # the bot was away
        (7200.0, None, 3600.0, None),
        (None, None, 3600.0, None),
    ],
)
def test_durations_are_learned_from_what_was_seen(
    told_s: float | None, last_seen_s: float | None, seen_done_s: float, learned: float | None
):
    assert observed_s(told_s, last_seen_s, seen_done_s) == learned


@given(st.floats(1, 5000), st.floats(-1, 1))
def test_polls_at_twice_the_age_alone_are_enough_to_learn_from(age_s: float, jitter: float):
    seen_done_s = age_s + age_s * (1 + JITTER_SHARE * jitter)
    took_s = observed_s(None, age_s, seen_done_s)
    assert took_s is not None
    assert age_s <= took_s <= seen_done_s


@given(st.floats(0, 20_000), st.floats(0, 20_000), st.none() | st.floats())
def test_what_is_learned_is_never_far_from_what_was_seen(one_s: float, other_s: float, told_s: float | None):
    low_s, high_s = sorted((one_s, other_s))
    took_s = observed_s(told_s, low_s, high_s)
    slack_s = max(2.0, 0.1 * high_s)
    assert took_s is None or max(0.0, low_s - slack_s) <= took_s <= high_s + slack_s


def test_slow_waits_are_an_hour_then_six_then_days():
    assert [slow_wait_s(polls) / 3600 for polls in range(5)] == [1, 6, 24, 24, 24]


def test_a_job_that_ended_is_polled_for_seven_days():
    submitted_at, now, polls = 0.0, 1800.0, 0
    times = []
    while (at := recheck_at(now, submitted_at, polls)) is not None:
        times.append(at / 86_400)
        now, polls = at, polls + 1
        assert polls < 20
    assert 6 < times[-1] <= 7
    assert len(times) == 8
