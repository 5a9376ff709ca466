"""What the schedule saves in virtual time: each workload of the bench, with other seeds and generous bounds."""

from __future__ import annotations

import pytest

from tests.support.waiting import FASTER, STEADY_IMAGE, STEADY_VIDEO, WORKLOADS, measure

SEEDS = (1, 2)


@pytest.mark.parametrize(
    ("name", "reported"),
    [
        *((name, False) for name in WORKLOADS),
        (STEADY_IMAGE, True),
        *(pytest.param(name, True, marks=pytest.mark.long) for name in WORKLOADS if name != STEADY_IMAGE),
    ],
)
def test_it_polls_less_than_a_fixed_interval_of_the_same_lag(name: str, reported: bool):
    """As few as any where the API's wait leaves no choice; a fifth less where known jobs last longer."""
    figures = measure(name, SEEDS, reported=reported)
    is_long = any(word in name for word in ("video", "40 s", "tail", "faster")) and "nothing" not in name
    assert figures.polls <= (0.8 if is_long else 1.05) * figures.fixed_polls
    if name == FASTER:  # the first jobs that are faster have the waits of the slow ones
        assert figures.late <= 0.03 * figures.jobs
    else:
        assert figures.lateness <= 1.5  # more than 1 once in some thousand jobs


@pytest.mark.parametrize(
    ("name", "polls", "lag_s"), [(STEADY_IMAGE, 4.0, 1.1), (STEADY_VIDEO, 12.5, 2.8)], ids=["image", "video"]
)
def test_a_picture_and_a_film_that_are_known_are_seen_soon_with_few_polls(name: str, polls: float, lag_s: float):
    figures = measure(name, SEEDS)
    assert figures.polls <= polls
    assert figures.lag_s <= lag_s
