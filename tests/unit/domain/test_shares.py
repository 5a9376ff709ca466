from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.money.account import percents

AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=3)


@given(st.lists(AMOUNTS, min_size=1, max_size=12).filter(lambda parts: sum(parts) > 0))
def test_all_shares_make_a_hundred_and_none_is_a_percent_off(parts: list[Decimal]):
    total = sum(parts, Decimal(0))
    shares = percents(parts, total)
    assert sum(shares) == 100
    assert all(abs(share - part * 100 / total) < 1 for share, part in zip(shares, parts, strict=True))


def test_two_halves_and_a_bit_are_not_a_hundred_and_one():
    assert percents([Decimal("62.5"), Decimal("37.5")], Decimal(100)) == [63, 37]


def test_parts_of_more_are_told_as_they_are():
    assert percents([Decimal(1), Decimal(2)], Decimal(10)) == [10, 20]
