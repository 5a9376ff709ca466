"""What is learned of a price: its shape, what is held for the next job, and when it is not known."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.money.costs import CostSeen, PriceFactors, Shape, guessed_hold, known_hold, learn
from tests.support.priced_kinds import KINDS, NOISES, SampledKind, figures


def seen(*costs: int | str, sizes: tuple[float, ...] = (), outputs: tuple[int, ...] = ()) -> list[CostSeen]:
    return [
        CostSeen(
            credits=Decimal(cost),
            size=sizes[place] if sizes else None,
            outputs=outputs[place] if outputs else 1,
        )
        for place, cost in enumerate(costs)
    ]


def held(size: float | None, earlier: list[CostSeen], outputs: int = 1) -> Decimal | None:
    return known_hold(PriceFactors(size=size, outputs=outputs), earlier)


@pytest.mark.parametrize("noise", [NOISES[0], *(pytest.param(each, marks=pytest.mark.long) for each in NOISES[1:])])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_after_ten_jobs_nine_of_ten_holds_cover_the_cost_and_hold_little_more(kind: SampledKind, noise: float):
    found = figures(kind, noise, trials=200)
    assert found.known == 1
    assert found.covered >= 0.9
    assert found.ratio <= 1.3


def test_one_cost_is_the_price_of_the_same_job_and_of_several():
    assert held(None, []) is None
    assert held(None, seen(7)) == 7
    assert held(None, seen(7), outputs=4) == 28
    assert held(5, seen(24, sizes=(5,))) == 24
    assert held(None, seen(7, 9)) == 9


def test_a_price_between_two_costs_is_held_at_the_higher():
    assert held(7, seen(24, 48, sizes=(5, 10))) == 48
    assert held(5, seen(24, 48, sizes=(5, 10))) == 24
    assert held(7, seen(48, 24, sizes=(5, 10))) == 48  # a longer one was cheaper
    assert held(None, seen(12, 30, outputs=(1, 4)), outputs=2) == 24  # no more than twice one
    assert held(None, seen(12, 20, outputs=(1, 4)), outputs=2) == 20


def test_one_cost_tells_nothing_of_a_longer_job_and_of_a_much_shorter_one():
    assert held(10, seen(24, sizes=(5,))) is None
    assert held(5.4, seen(24, sizes=(5,))) == 26
    assert held(3, seen(24, sizes=(5,))) == 24
    assert held(2, seen(24, sizes=(5,))) is None
    assert held(2, seen(3, 24, sizes=(1, 5))) == 24
    assert held(12, seen(24, 48, sizes=(5, 10))) is None


def test_siblings_that_agree_outweigh_what_others_cost():
    before, now = seen(9, 9, 9, 12, 9), seen(7, 7)
    assert known_hold(PriceFactors(), before, now) == 7
    assert known_hold(PriceFactors(), before, now[:1]) != 7
    assert known_hold(PriceFactors(), before, seen(7, 8)) != 7
    assert known_hold(PriceFactors(outputs=2), seen(9), now) == 18


def test_a_price_without_spread_is_held_exactly():
    assert held(5, seen(20, 40, 48, sizes=(5, 10, 12))) == 20
    assert held(8, seen(20, 40, 48, sizes=(5, 10, 12))) == 32
    assert held(None, seen(12, 24, 48, outputs=(1, 2, 4)), outputs=3) == 36
    assert held(None, seen(30, 30, 30, outputs=(1, 2, 4)), outputs=3) == 30


def test_a_base_and_a_rate_are_told_from_a_rate_alone():
    price = learn(seen(25, 30, 40, 50, 60, sizes=(5, 10, 20, 30, 40)))
    assert price is not None
    assert price.shape is Shape.BASE_AND_SIZE
    assert price.base == pytest.approx(20)
    assert price.rate == pytest.approx(1)
    assert price.hold(15, 1) == 35


def test_the_same_job_again_is_held_at_what_it_always_cost_whatever_others_of_its_kind_cost():
    steps = seen(20, 50, 20, 50, 20, 51, 100, sizes=(5, 10, 5, 10, 5, 10, 15))
    assert held(5, steps) == 20
    assert held(10, steps) > 50


def test_a_much_longer_job_than_any_seen_is_not_known_and_guessed_high():
    short = seen(20, 20, 20, sizes=(5, 5, 5))
    assert held(5, short) == 20
    assert held(10, short) is None
    assert guessed_hold(PriceFactors(size=20.0), short) == 80
    varied = seen(20, 40, 48, sizes=(5, 10, 12))
    assert held(24, varied) == 96
    assert held(25, varied) is None


def test_a_much_shorter_job_than_any_seen_is_not_held_at_its_share_alone():
    assert held(1, seen(20, 40, 48, sizes=(5, 10, 12))) == 10


def test_more_results_than_were_ever_seen_are_held_for_each():
    assert held(None, seen(12, 12, 12), outputs=4) == 48


def test_jobs_that_say_their_length_tell_nothing_of_one_that_does_not():
    assert held(None, seen(20, 40, 48, sizes=(5, 10, 12))) is None
    assert guessed_hold(PriceFactors(), seen(20, 40, 48, sizes=(5, 10, 12))) is None
    assert held(5, seen(20, 20, 20)) is None


def test_free_jobs_are_free():
    assert held(None, seen(0, 0, 0)) == 0
    assert held(None, seen(0, 0)) is None  # perhaps a free trial
    assert held(10, seen(0, 0, 0, 0, sizes=(5, 10, 20, 40))) == 0


def test_costs_in_parts_of_a_credit_are_held_in_parts():
    assert held(10, seen("2.5", "5", "10", sizes=(5, 10, 20))) == 5
    assert held(5, seen("2.5", "5", "10", sizes=(5, 10, 20))) == Decimal("2.5")


def test_after_a_change_of_the_price_two_costs_in_twenty_are_enough_to_hold_it():
    assert held(None, seen(*[40] * 2, *[20] * 18)) >= 40


@given(
    st.sets(st.integers(1, 40), min_size=1, max_size=2),
    st.integers(1, 40),
    st.integers(1, 6),
    st.floats(0, 50),
    st.floats(0.1, 5),
)
def test_up_to_two_costs_never_hold_less_than_a_price_that_grows_with_length_and_number(
    lengths: set[int], size: int, outputs: int, base: float, rate: float
):
    def price(length: float, count: int) -> Decimal:
        return Decimal(str(round((base + rate * length) * count, 3)))

    hold = held(size, [CostSeen(credits=price(each, 1), size=each) for each in lengths], outputs)
    if min(lengths) <= size <= max(lengths):
        assert hold is not None
    if hold is not None:
        assert hold >= price(size, outputs) - Decimal("0.01")


@given(
    st.lists(
        st.tuples(
            st.decimals(min_value=0, max_value=10_000, places=3),
            st.floats(min_value=0.001, max_value=1e6),
            st.integers(1, 20),
        ),
        max_size=20,
    ),
    st.none() | st.floats(min_value=0.001, max_value=1e6),
    st.integers(1, 1000),
)
def test_whatever_was_paid_a_hold_is_a_sum_of_credits_that_covers_its_own_jobs_price(
    paid: list[tuple[Decimal, float, int]], size: float | None, outputs: int
):
    earlier = [CostSeen(credits=cost, size=length, outputs=count) for cost, length, count in paid]
    hold = held(size, earlier, outputs)
    assert hold is None or (hold.is_finite() and hold >= 0)
    price = learn(earlier)
    if price is not None:
        assert price.bound >= 1 or price.rate == price.base == 0
