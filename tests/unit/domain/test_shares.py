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
