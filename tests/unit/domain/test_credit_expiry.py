"""Credits that expire: what of them is lost, for how long an account lasts, and when moderators are told."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.models import ExpiringCredits
from bot.domain.money.account import DAY_S, WORTH_TELLING, days_left, living, lost, of_expiry

NOW = 1_800_000_000.0
AMOUNTS = st.decimals(0, 100_000, places=3)


def lot(credits_: object, in_days: float) -> ExpiringCredits:
    return ExpiringCredits(credits=Decimal(str(credits_)), expires_at=NOW + in_days * DAY_S)


LOTS = st.lists(st.builds(lot, AMOUNTS, st.floats(-100, 400)), max_size=8)


@given(LOTS, AMOUNTS, AMOUNTS)
def test_no_more_is_lost_than_there_is_and_faster_spending_loses_less(
    lots: list[ExpiringCredits], slow: Decimal, more: Decimal
):
    there = sum((each.credits for each in living(lots, NOW)), Decimal(0))
    lost_slowly, lost_fast = (
        sum((each.credits for each in lost(lots, rate, NOW)), Decimal(0)) for rate in (slow, slow + more)
    )
    assert lost_slowly <= there
    assert lost_fast <= lost_slowly + WORTH_TELLING * len(lots)
    assert there - lost_slowly <= slow * 400 + WORTH_TELLING * len(lots)


@given(LOTS, AMOUNTS, st.decimals(1, 1000, places=3))
def test_an_account_lasts_no_longer_than_without_an_end(lots: list[ExpiringCredits], unending: Decimal, a_day: Decimal):
    free = unending + sum((each.credits for each in living(lots, NOW)), Decimal(0))
    found = days_left(free, lots, a_day, NOW)
    assert found is not None
    assert unending / a_day <= found <= free / a_day
    assert days_left(free, (), a_day, NOW) == free / a_day
    assert days_left(free, lots, Decimal(0), NOW) is None


def test_the_first_to_expire_is_spent_first():
    lots = [lot(100, 20), lot(100, 10), lot(50, -1)]
    assert [(each.credits, each.of) for each in lost(lots, Decimal(5), NOW)] == [(50, lots[1]), (50, lots[0])]
    assert list(lost(lots, Decimal(10), NOW)) == []
    assert days_left(Decimal(300), lots, Decimal(5), NOW) == 40


@pytest.mark.parametrize(
    ("in_days", "a_day", "names"),
    [
        (15, 0, []),
        (13, 0, ["14"]),
        (2, 0, ["3"]),
        (13, 10, []),
        (13, 5, ["14"]),
        (-1, 0, []),
    ],
)
def test_moderators_are_told_two_weeks_and_three_days_before(in_days: float, a_day: int, names: list[str]):
    found = of_expiry([lot(100, in_days)], Decimal(a_day), NOW)
    assert [each.name.rpartition(":")[2] for each in found] == names
    assert all(each.until == NOW + in_days * DAY_S for each in found)


def test_the_later_alert_makes_the_earlier_one_redundant_and_says_how_much():
    [early], [late] = of_expiry([lot(100, 13)], Decimal(5), NOW), of_expiry([lot(100, 3)], Decimal(5), NOW)
    assert "35 of them will be lost" in early.text
    assert "85 of them will be lost" in late.text
    assert early.covers == ()
    assert late.covers != (early.name,)  # another lot
    [same] = of_expiry([lot(100, 13)], Decimal(5), NOW + 11 * DAY_S)
    assert same.covers == (early.name,)
