from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.jobs.durations import Durations
from bot.domain.jobs.poll_schedule import (
    CELLS,
    DUE_SHARE,
    WRONG_S,
    Expected,
    JobProgress,
    bar,
    progress_of,
    whole_seconds,
)
from bot.language import span
from tests.support.durations import taught

SECONDS = st.floats(0, 20_000)
SENT_AT = 1_795_600_000.0


@st.composite
def learned(draw: st.DrawFn) -> Durations:
    durations = Durations.prior(draw(st.sampled_from(["image", "video", "sora", "unheard of"])))
    return taught(durations, draw(st.lists(st.floats(0.1, 4000), max_size=20)))


def shown_over(durations: Durations, ages: Sequence[float]) -> list[JobProgress]:
    """Return what a card says at these ages, each time knowing what it said before."""
    shown: list[JobProgress] = []
    for age in ages:
        before = shown[-1].expected if shown else None
        shown.append(progress_of(durations, SENT_AT, SENT_AT + age, shown=before))
    return shown


@given(learned(), st.lists(SECONDS, min_size=2, max_size=30).map(sorted))
def test_a_bar_never_goes_back_and_is_never_full(durations: Durations, ages: list[float]):
    shares = [each.share for each in shown_over(durations, ages)]
    assert len({share is None for share in shares}) == 1, "a card has a bar or it has none"
    drawn = [share for share in shares if share is not None]
    assert all(0 <= share < 1 for share in drawn)
    assert all(later >= earlier - 1e-9 for earlier, later in itertools.pairwise(drawn))
    assert all(len(bar(share)) == CELLS and bar(share).endswith("▱") for share in drawn)


@given(learned(), st.lists(SECONDS, min_size=1, max_size=30).map(sorted))
def test_a_time_is_kept_until_it_is_wrong_by_more_than_ten_seconds(durations: Durations, ages: list[float]):
    due_s = durations.quantile(DUE_SHARE)
    first, ages = SENT_AT + due_s, sorted([*ages, due_s + WRONG_S - 1, due_s + WRONG_S + 1])
    for age, shown in zip(ages, shown_over(durations, ages), strict=True):
        at, now = shown.expected.at, SENT_AT + age
        if now < first + WRONG_S:
            assert shown.expected == Expected(first)
        else:
            assert shown.expected.is_late
        assert at is None or now < at + WRONG_S
        assert shown.next_s is None or shown.next_s > 0
        assert shown.next_s is None or at is None or now + shown.next_s <= at + WRONG_S + 1e-6


def test_what_takes_longer_than_usual_says_so_and_at_last_no_time():
    durations = taught(Durations.prior("finish"), [60.0] * 50)
    early, late, hopeless = shown_over(durations, [30, 80, 100 * 4])
    assert (early.expected.is_late, late.expected.is_late) == (False, True)
    assert late.expected.at is not None
    assert late.expected.at > SENT_AT + 80
    assert hopeless.expected == Expected(None, is_late=True)
    assert hopeless.next_s is None


@pytest.mark.parametrize(("takes_s", "has_bar"), [(8.0, False), (25.0, False), (40.0, True), (300.0, True)])
def test_only_a_long_job_has_a_bar_and_it_is_redrawn_once_for_each_of_its_cells(takes_s: float, has_bar: bool):
    durations = taught(Durations.prior("video"), [takes_s] * 50)
    age, redrawn = 0.0, [progress_of(durations, SENT_AT, SENT_AT)]
    while (wait_s := redrawn[-1].next_s) is not None and age + wait_s < takes_s:
        age += wait_s
        redrawn.append(progress_of(durations, SENT_AT, SENT_AT + age, shown=redrawn[-1].expected))
    assert all((each.share is not None) is has_bar for each in redrawn)
    assert len(redrawn) <= (CELLS if has_bar else 1)
    assert progress_of(durations, SENT_AT, SENT_AT, has_bar=False).share is None
    if takes_s >= 60:
        assert len({bar(each.share or 0.0) for each in redrawn}) >= 6


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
