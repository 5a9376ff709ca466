from __future__ import annotations

import itertools
import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.poll_schedule import (
    BUCKETS,
    FIRST_LOOK_S,
    INTERVAL_MAX_S,
    JITTER,
    PRIOR_MEDIAN_S,
    Durations,
    deadline_s,
    first_poll_s,
    next_poll_s,
    remaining_s,
)

SECONDS = st.floats(min_value=0, max_value=20_000)
HISTORIES = st.lists(SECONDS, max_size=40)
JITTERS = st.floats(min_value=-1, max_value=1)


def learned(history: list[float], workflow: str = "image") -> Durations:
    durations = Durations.prior(workflow)
    for seconds in history:
        durations.add(seconds)
    return durations


# ---------------------------------------------------------------------- what is learned


@given(HISTORIES, st.floats(0, 1), st.floats(0, 1))
def test_a_higher_share_never_has_a_lower_duration(history: list[float], one: float, other: float):
    durations = learned(history)
    low, high = sorted((one, other))
    assert durations.quantile(low) <= durations.quantile(high)


@given(HISTORIES, st.floats(0.01, 1), SECONDS)
def test_what_has_run_for_a_while_takes_at_least_that_long(history: list[float], share: float, age: float):
    assert learned(history).quantile(share, beyond_s=age) >= age


@given(st.floats(min_value=0.3, max_value=15_000))
def test_many_equal_durations_are_known_to_within_a_bucket(seconds: float):
    durations = learned([seconds] * 200)
    for share in (0.1, 0.5, 0.9):
        assert seconds * 0.99 <= durations.quantile(share) <= seconds * 1.16


@pytest.mark.parametrize("nonsense", [math.nan, math.inf, -math.inf, -1.0])
def test_a_nonsense_duration_changes_nothing(nonsense: float):
    durations = learned([3.0, 4.0])
    before = list(durations.weights)
    durations.add(nonsense)
    assert durations.weights == before


def test_a_change_of_pace_is_believed_after_some_thirty_jobs():
    durations = learned([10.0] * 100)
    for _ in range(35):
        durations.add(40.0)
    assert durations.quantile(0.5) > 30


def test_one_odd_job_does_not_change_the_median():
    durations = learned([10.0] * 50)
    before = durations.quantile(0.5)
    durations.add(9_000)
    assert durations.quantile(0.5) == before


@pytest.mark.parametrize("workflow", [*PRIOR_MEDIAN_S, "unheard of"])
def test_every_workflow_starts_from_a_guess_round_its_median(workflow: str):
    median = PRIOR_MEDIAN_S.get(workflow, 60.0)
    assert median / 1.2 <= Durations.prior(workflow).quantile(0.5) <= median * 1.2


@given(HISTORIES)
def test_what_is_written_is_read_back(history: list[float]):
    durations = learned(history)
    read = Durations.from_json(durations.to_json())
    assert read is not None
    assert read.weights == pytest.approx(durations.weights, abs=0.001)


@given(
    st.one_of(
        st.text(max_size=50),
        st.lists(st.one_of(st.none(), st.booleans(), st.text(max_size=2), st.floats()), max_size=90).map(json.dumps),
        st.just("[" + ",".join(["-1"] * BUCKETS) + "]"),
        st.just("[" + ",".join(["NaN"] * BUCKETS) + "]"),
        st.just("[" + ",".join(["true"] * BUCKETS) + "]"),
        st.just('{"a": 1}'),
    )
)
def test_what_is_no_histogram_is_not_read(text: str):
    read = Durations.from_json(text)
    assert read is None or all(math.isfinite(weight) and weight >= 0 for weight in read.weights)
    if text.startswith(("[-1", "[NaN", "[true", "{")):
        assert read is None


def test_without_any_weight_waiting_still_grows():
    empty = Durations()
    assert empty.quantile(0.5) > 0
    assert empty.quantile(0.5, beyond_s=100) > 100


# ---------------------------------------------------------------------- when to look


@given(HISTORIES, SECONDS, JITTERS)
def test_a_wait_is_never_zero_endless_or_longer_than_the_first_percentiles_or_a_minute(
    history: list[float], age: float, jitter: float
):
    durations = learned(history)
    wait = next_poll_s(durations, age, poll_after_s=None, jitter=jitter)
    until_early = max(0.0, durations.quantile(0.07) - age)
    assert 0.5 <= wait <= (max(until_early, INTERVAL_MAX_S)) * (1 + JITTER) + 1e-6


@given(HISTORIES, SECONDS, JITTERS, st.floats(0, 3600))
def test_the_servers_wish_is_never_undercut(history: list[float], age: float, jitter: float, wish: float):
    durations = learned(history)
    assert next_poll_s(durations, age, poll_after_s=wish, jitter=jitter) >= wish
    assert first_poll_s(durations, poll_after_s=wish, jitter=jitter) >= wish


@given(HISTORIES, JITTERS)
def test_the_first_look_comes_within_two_seconds(history: list[float], jitter: float):
    assert 0 < first_poll_s(learned(history), poll_after_s=None, jitter=jitter) <= FIRST_LOOK_S * (1 + JITTER)


@given(HISTORIES, SECONDS)
def test_jitter_spreads_by_a_tenth(history: list[float], age: float):
    durations = learned(history)
    low, middle, high = (next_poll_s(durations, age, poll_after_s=None, jitter=j) for j in (-1, 0, 1))
    assert low == pytest.approx(middle * 0.9)
    assert high == pytest.approx(middle * 1.1)


def test_past_the_99th_percentile_waits_grow_by_three_tenths_up_to_a_minute():
    durations = learned([10.0] * 100)
    age, waits = durations.quantile(0.99) + 0.01, []
    for _ in range(100):
        waits.append(next_poll_s(durations, age, poll_after_s=None, jitter=0))
        age += waits[-1]
        if waits[-1] >= INTERVAL_MAX_S:
            break
    assert waits[-1] == INTERVAL_MAX_S
    steps = [after / before for before, after in itertools.pairwise(waits[:-1])]
    assert len(steps) > 8
    assert all(step == pytest.approx(1.3, abs=0.01) for step in steps)
    assert next_poll_s(durations, 1e6, poll_after_s=None, jitter=0) == INTERVAL_MAX_S


@given(HISTORIES, SECONDS)
def test_the_time_left_is_at_least_a_second(history: list[float], age: float):
    assert remaining_s(learned(history), age) >= 1


def test_the_time_left_shrinks_with_the_age_until_the_job_is_older_than_most():
    durations = learned([100.0] * 50)
    median = durations.quantile(0.5)
    assert remaining_s(durations, 0) == median
    assert remaining_s(durations, 40) == pytest.approx(median - 40)
    late = remaining_s(durations, 10_000)
    assert remaining_s(durations, 20_000) > late > 1


@given(HISTORIES)
def test_no_job_is_given_up_before_half_an_hour_or_kept_past_six(history: list[float]):
    assert 1800 <= deadline_s(learned(history)) <= 6 * 3600


def test_a_slow_kind_of_job_has_more_time_than_a_fast_one():
    assert deadline_s(learned([10.0] * 50)) == 1800
    assert deadline_s(learned([600.0] * 50)) > 3600


# ---------------------------------------------------------------------- what it saves


def looks(took_s: list[float], durations: Durations, rng: random.Random) -> tuple[float, float]:
    """Return looks per job and mean lag in seconds, waiting as learned."""
    count, lag = 0, 0.0
    for took in took_s:
        age = first_poll_s(durations, poll_after_s=None, jitter=rng.uniform(-1, 1))
        count += 1
        while age < took:
            age += next_poll_s(durations, age, poll_after_s=None, jitter=rng.uniform(-1, 1))
            count += 1
        lag += age - took
    return count / len(took_s), lag / len(took_s)


def looks_at_fixed(took_s: list[float], interval_s: float) -> float:
    return sum(math.ceil(took / interval_s) for took in took_s) / len(took_s)


def lasting(median_s: float, count: int, rng: random.Random) -> list[float]:
    return [median_s * math.exp(rng.gauss(0, 0.35)) for _ in range(count)]


@pytest.mark.parametrize(
    ("median_s", "lag_at_most_s", "polls_at_most"),
    [(8.0, 0.55, 7.3), pytest.param(60.0, 4.0, 10.1, marks=pytest.mark.long)],
    ids=["image, median 8 s", "video, median 60 s"],
)
def test_learned_waiting_polls_little_more_often_than_it_doubles_its_age(
    median_s: float, lag_at_most_s: float, polls_at_most: float
):
    """Some of the polls only notice a model that got faster: at 1, 2, 4 … s, until half of the usual time is over."""
    runs = []
    for seed in range(40):
        rng = random.Random(seed)
        durations, to_come = learned(lasting(median_s, 150, rng)), lasting(median_s, 200, rng)
        per_job, lag_s = looks(to_come, durations, rng)
        # A fixed interval's mean lag is half of it.
        runs.append((per_job, lag_s, looks_at_fixed(to_come, 2 * lag_s)))
    per_job, lag_s, fixed = (sum(column) / len(runs) for column in zip(*runs, strict=True))
    assert lag_s <= lag_at_most_s
    assert per_job <= polls_at_most
    doublings = math.log2(0.5 * median_s)
    assert per_job - doublings <= 0.62 * fixed


def test_before_anything_is_learned_the_lag_of_a_picture_stays_below_a_second():
    rng = random.Random(7)
    to_come = [8.0 * math.exp(rng.gauss(0, 0.35)) for _ in range(2000)]
    per_job, lag_s = looks(to_come, Durations.prior("image"), rng)
    assert lag_s < 1
    assert per_job < 8
