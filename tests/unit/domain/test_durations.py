from __future__ import annotations

import json
import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.jobs.durations import BUCKETS, Durations, DurationsByKind, Kind
from tests.support.durations import taught

SECONDS = st.floats(min_value=0, max_value=30_000)
HISTORIES = st.lists(SECONDS, max_size=30)
SEEN = st.lists(st.tuples(SECONDS, SECONDS, st.booleans()), max_size=30)
"""Between which two ages a job was polled, and whether it was done at the second."""
ALL: Kind = ("image.generate", "", "")
FLUX: Kind = ("image.generate", "flux", "")
FLUX_4K: Kind = ("image.generate", "flux", "resolution=4k")


def lasting(median_s: float, count: int, rng: random.Random, spread: float = 0.35) -> list[float]:
    return [median_s * math.exp(rng.gauss(0, spread)) for _ in range(count)]


# ---------------------------------------------------------------------- what is told


@given(HISTORIES, st.floats(0, 1), st.floats(0, 1), SECONDS)
def test_a_higher_share_never_has_a_lower_duration(history: list[float], one: float, other: float, age: float):
    durations = taught(Durations.prior("image"), history)
    low, high = sorted((one, other))
    assert age <= durations.quantile(low, beyond_s=age) <= durations.quantile(high, beyond_s=age)


@given(SEEN, st.lists(SECONDS, min_size=2, max_size=9).map(sorted))
def test_whatever_was_seen_more_jobs_are_done_at_a_higher_age(seen: list[tuple[float, float, bool]], ages: list[float]):
    durations = Durations.prior("video")
    for one, other, is_done in seen:
        since_s, age_s = sorted((one, other))
        durations.note_running(0.0, since_s)
        (durations.note_done if is_done else durations.note_running)(since_s, age_s)
    shares = [durations.share_done(age) for age in ages]
    assert all(0 <= before <= after <= 1 for before, after in pairwise(shares))


# ---------------------------------------------------------------------- what is learned


def test_of_a_burst_the_quick_jobs_do_not_pass_for_all():
    """At 8 s half of them are done: the others count for what they have run."""
    took_s = lasting(8.0, 400, random.Random(1))
    blind, seeing = (taught(Durations.prior("image"), lasting(8.0, 100, random.Random(2))) for _ in range(2))
    for seconds in took_s:
        if seconds <= 8.0:
            taught(blind, [seconds])
            taught(seeing, [seconds])
        else:
            seeing.note_running(0.0, 8.0)
    assert blind.quantile(0.5) < 7.4
    assert 7.4 <= seeing.quantile(0.5) <= 8.6


def test_between_two_polls_a_job_is_taken_to_end_where_others_do():
    """Seen at 4 s and at 16 s alone, it most probably ended round 8 s: learned from such, the median stays."""
    rng = random.Random(3)
    durations = taught(Durations.prior("image"), lasting(8.0, 200, rng))
    before_s = durations.quantile(0.5)
    for _ in range(200):
        durations.note_running(0.0, 4.0)
        durations.note_done(4.0, 16.0)
    assert durations.quantile(0.5) == pytest.approx(before_s, rel=0.08)


def test_a_model_that_became_ten_times_faster_is_believed_after_three_jobs():
    durations = taught(Durations.prior("video"), lasting(90.0, 300, random.Random(4)))
    assert taught(durations, [9.0, 10.0, 8.0]).quantile(0.5) < 20


def test_a_model_that_became_ten_times_slower_is_believed_after_six_jobs():
    durations = taught(Durations.prior("image"), lasting(8.0, 300, random.Random(5)))
    assert taught(durations, [80.0, 90.0, 70.0, 85.0, 75.0, 80.0]).quantile(0.5) > 40


def test_what_is_made_of_it_is_made_again_once_a_job_has_ended():
    made: list[float] = []

    def make(durations: Durations) -> float:
        made.append(durations.quantile(0.5))
        return made[-1]

    durations = Durations.prior("image")
    assert durations.derived(make) == durations.derived(make)
    durations.note_running(0.0, 5.0)
    durations.derived(make)
    assert len(made) == 1
    durations.note_done(5.0, 6.0)
    assert durations.derived(make) < made[0]


# ---------------------------------------------------------------------- kinds


def test_a_narrower_kind_begins_with_what_is_known_of_the_wider():
    learned = DurationsByKind(most=10)
    for _ in range(100):
        learned.note_running((FLUX, ALL), "image", since_s=0.0, age_s=29.0)
        learned.note_done((FLUX, ALL), "image", since_s=29.0, age_s=31.0)
    assert learned.of((FLUX_4K, FLUX, ALL), "image") is learned.known[FLUX]
    learned.note_running((FLUX_4K, FLUX, ALL), "image", since_s=0.0, age_s=5.0)
    assert learned.known[FLUX_4K].quantile(0.5) == pytest.approx(30.0, rel=0.2)
    for _ in range(5):
        learned.note_done((FLUX_4K, FLUX, ALL), "image", since_s=5.0, age_s=6.0)
    assert learned.known[FLUX_4K].quantile(0.5) < 10
    assert learned.known[FLUX].quantile(0.5) > 20


def test_beyond_so_many_kinds_the_wider_ones_learn_alone():
    learned = DurationsByKind(most=2)
    assert learned.note_done((FLUX_4K, FLUX, ALL), "image", since_s=0.0, age_s=5.0) == {ALL, FLUX}
    assert learned.of((FLUX_4K, FLUX, ALL), "image") is learned.known[FLUX]


# ---------------------------------------------------------------------- on disk


@given(HISTORIES)
def test_what_is_written_is_read_back(history: list[float]):
    durations = taught(Durations.prior("image"), history)
    read = Durations.from_json(durations.to_json())
    assert read is not None
    assert read.ended == pytest.approx(durations.ended, abs=0.001)
    assert read.watched == pytest.approx(durations.watched, abs=0.001)


@given(
    st.one_of(
        st.text(max_size=50),
        st.lists(st.one_of(st.none(), st.booleans(), st.text(max_size=2), st.floats()), max_size=90).map(json.dumps),
        st.sampled_from(["-1", "NaN", "true", "1e7"]).map(lambda each: "[" + ",".join([each] * BUCKETS) + "]"),
        st.just('{"a": 1}'),
        st.just('{"ended": [1], "watched": [1]}'),
        st.just(json.dumps({"ended": [1.0] * BUCKETS, "watched": [-1.0] * BUCKETS})),
    )
)
def test_what_is_no_history_is_not_read(text: str):
    assert Durations.from_json(text) is None
