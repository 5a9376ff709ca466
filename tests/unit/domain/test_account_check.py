from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.money.account import AccountCheck, compare

CREDITS = st.decimals(min_value=0, max_value=1000, places=1)


def figures(balance: str, known: str = "0", adjusted: str = "0", open_: str = "0") -> AccountCheck:
    return AccountCheck(balance=Decimal(balance), known=Decimal(known), adjusted=Decimal(adjusted), open=Decimal(open_))


def after(*each: AccountCheck) -> AccountCheck:
    check = None
    for now in each:
        check = compare(check, now)
    assert check is not None
    return check


def test_the_first_comparison_finds_nothing():
    assert after(figures("100", "50")).difference == 0


@pytest.mark.parametrize(
    ("steps", "difference"),
    [
        ([figures("100"), figures("88", "12")], 0),
        ([figures("100"), figures("88")], 12),
        ([figures("100"), figures("88"), figures("88")], 12),
        ([figures("100"), figures("93"), figures("88")], 12),
        # A job is open: it may have been charged, or not yet.
        ([figures("100"), figures("80", "0", "0", "20")], 0),
        ([figures("100"), figures("68", "0", "0", "20")], 12),
        # It was charged at its create, and is settled now.
        ([figures("80", "0", "0", "20"), figures("80", "20")], 0),
        # Credits were added: nobody says how many, and what was found before is still there.
        ([figures("100"), figures("88"), figures("500")], 12),
        # A late result explains what was charged before.
        ([figures("100"), figures("88"), figures("88", "12", "12")], 0),
        ([figures("100"), figures("88"), figures("500", "12", "12")], 0),
        # A failed job was refunded.
        ([figures("88", "0", "0", "12"), figures("100")], 0),
    ],
)
def test_what_was_charged_beyond_the_books_is_found(steps: list[AccountCheck], difference: int):
    assert after(*steps).difference == difference


@given(st.lists(st.tuples(CREDITS, st.booleans()), max_size=12), CREDITS)
def test_what_is_booked_is_never_a_difference(jobs: list[tuple[Decimal, bool]], elsewhere: Decimal):
    balance, known = Decimal(100_000), Decimal(0)
    check = compare(None, figures(str(balance)))
    for cost, is_open_at_check in jobs:
        balance -= cost
        if is_open_at_check:
            check = compare(check, figures(str(balance), str(known), "0", str(cost)))
        known += cost
        check = compare(check, figures(str(balance), str(known)))
        assert check.difference == 0
    check = compare(check, figures(str(balance - elsewhere), str(known)))
    assert check.difference == elsewhere
