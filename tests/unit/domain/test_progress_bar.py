from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.jobs.durations import Durations
from bot.domain.jobs.poll_schedule import CELLS, bar, progress_of, rounded_left_s, whole_seconds
from bot.language import span
from tests.support.durations import taught

SECONDS = st.floats(0, 20_000)


@st.composite
def learned(draw: st.DrawFn) -> Durations:
    durations = Durations.prior(draw(st.sampled_from(["image", "video", "sora", "unheard of"])))
    return taught(durations, draw(st.lists(st.floats(0.1, 4000), max_size=20)))


@given(learned(), st.lists(SECONDS, min_size=2, max_size=30).map(sorted))
def test_a_bar_never_goes_back_and_is_never_full(durations: Durations, ages: list[float]):
    shares = [progress_of(durations, age).share for age in ages]
    assert all(0 <= share < 1 for share in shares)
    assert all(later >= earlier - 1e-9 for earlier, later in itertools.pairwise(shares))
    assert all(len(bar(share)) == CELLS and bar(share).endswith("▱") for share in shares)


@given(learned(), SECONDS)
def test_there_is_always_time_left_or_none_is_told(durations: Durations, age: float):
    progress = progress_of(durations, age)
    assert progress.left_s is None or progress.left_s > 0
    assert progress.is_late or progress.left_s is not None


def test_what_takes_longer_than_usual_says_so_and_at_last_no_time():
    durations = taught(Durations.prior("finish"), [60.0] * 50)
    assert not progress_of(durations, 30).is_late
    assert progress_of(durations, 100).is_late
    assert progress_of(durations, 100 * 4).left_s is None


@given(st.floats(0.01, 10**6))
def test_time_is_rounded_up_so_that_it_has_not_passed_too_early(left: float):
    assert left <= rounded_left_s(left) <= left + 61


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (28, "28 s"),
        (59.7, "1 min"),
        (60, "1 min"),
        (88, "1 min 28 s"),
        (720, "12 min"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_a_span_is_told_as_people_tell_it(seconds: float, words: str):
    assert span(whole_seconds(seconds)) == words
