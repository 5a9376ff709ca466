"""What earlier jobs' costs say of the next one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.jobs.pricing import high_cost


@pytest.mark.parametrize(
    ("costs", "high"),
    [
        ([], None),
        ([5, 5], None),
        ([1, 9, 5], 9),
        ([10, 1, 9, 2, 8, 3, 7, 4, 6, 5], 10),
        (range(1, 21), 19),
        (range(100, 0, -1), 91),
        ([2] * 19 + [500], 2),
    ],
)
def test_the_hold_is_what_nine_of_ten_jobs_stay_within_whatever_their_order(costs: list[int], high: int | None):
    assert high_cost([Decimal(each) for each in costs]) == high
