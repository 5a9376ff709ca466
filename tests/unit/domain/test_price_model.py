"""The price of a job is one function of fixed credits, the tool, the lists, and the last costs of its kind."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.money.costs import price_of


def found(**given_: Any) -> tuple[int, str] | None:
    values: Any = {
        name: Decimal(each) if isinstance(each, int) else list(map(Decimal, each)) for name, each in given_.items()
    }
    price = price_of(**values)
    return None if price is None else (int(price.credits), price.basis)


@pytest.mark.parametrize(
    ("given_", "price"),
    [
        ({}, None),
        ({"seen": ()}, None),
        ({"seen": (0, 0)}, None),
        ({"seen": (7, 9, 8)}, (9, "earlier jobs")),
        ({"hosted": 12}, (12, "host's price list")),
        ({"listed": 10, "hosted": 12}, (10, "price list")),
        ({"tool": 11, "listed": 10, "hosted": 12}, (11, "estimate tool")),
        ({"tool": 11, "listed": 30}, (11, "estimate tool")),
        ({"fixed": 1, "tool": 11, "listed": 10, "seen": (40,)}, (1, "fixed")),
        ({"tool": 11, "seen": (40, 7)}, (40, "earlier jobs")),
        ({"listed": 10, "seen": (10,)}, (10, "price list")),
        ({"listed": 0}, (0, "price list")),
    ],
)
def test_the_first_that_says_a_price_counts_and_no_less_than_what_such_jobs_cost(
    given_: dict[str, Any], price: tuple[int, str] | None
):
    assert found(**given_) == price


amounts = st.none() | st.integers(0, 100)


@given(tool=amounts, listed=amounts, hosted=amounts, seen=st.lists(st.integers(0, 100)))
def test_a_price_is_never_below_a_cost_of_its_kind(
    tool: int | None, listed: int | None, hosted: int | None, seen: list[int]
):
    named = {name: each for name, each in (("tool", tool), ("listed", listed), ("hosted", hosted)) if each is not None}
    price = found(**named, seen=seen)
    assert (price is None) is (not named and not any(seen))
    assert price is None or price[0] >= max(seen, default=0)
