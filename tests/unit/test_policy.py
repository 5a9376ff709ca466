from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.policy import RUNNING_PER_MEMBER, Wish, decide

CREDITS = st.decimals(min_value=0, max_value=10_000, places=3)


def wish(jobs: int = 1, credits: str = "20", balance: str | None = "100", *, exact: bool = False) -> Wish:  # noqa: A002 - the word of the domain
    return Wish(jobs=jobs, credits=Decimal(credits), balance=None if balance is None else Decimal(balance), exact=exact)


def granted(asked: Wish, *, running: int = 0, held: str | Decimal = "0") -> bool:
    try:
        decide(asked, running_of_member=running, held_of_guild=Decimal(held))
    except Refused as refused:
        assert refused.sentence.endswith(".")
        assert "\n" not in refused.sentence
        return False
    return True


def test_the_twelfth_job_is_granted_and_the_thirteenth_is_not():
    assert RUNNING_PER_MEMBER == 12
    assert granted(wish(jobs=4), running=8)
    assert not granted(wish(jobs=4), running=9)
    assert not granted(wish(jobs=13), running=0)


def test_an_unknown_balance_refuses_nobody():
    assert granted(wish(balance=None, credits="1000000", exact=True), held="99999")


def test_an_empty_account_refuses_a_guess_and_a_price_alike():
    assert not granted(wish(balance="0"))
    assert not granted(wish(balance="0", exact=True))
    assert not granted(wish(balance="50"), held="50")


def test_a_guess_may_exceed_what_is_left_but_a_known_price_may_not():
    assert granted(wish(credits="20", balance="5"))
    assert not granted(wish(credits="20", balance="5", exact=True))
    assert granted(wish(credits="5", balance="5", exact=True))


def test_what_is_held_counts_as_gone():
    assert granted(wish(credits="20", balance="100", exact=True), held="80")
    assert not granted(wish(credits="20", balance="100", exact=True), held="80.001")


def test_a_refusal_names_what_is_left_what_is_needed_and_what_to_do():
    with pytest.raises(Refused) as caught:
        decide(wish(credits="20.5", balance="1000", exact=True), running_of_member=0, held_of_guild=Decimal(990))
    assert "10 free credits" in caught.value.sentence
    assert "20.5" in caught.value.sentence
    assert "moderator" in caught.value.sentence


def test_a_balance_below_what_is_held_is_told_as_nothing_left():
    with pytest.raises(Refused) as caught:
        decide(wish(balance="10"), running_of_member=0, held_of_guild=Decimal(50))
    assert "has 0 free credits" in caught.value.sentence


@given(st.integers(1, 20), CREDITS, CREDITS, CREDITS, st.integers(0, 20), st.booleans())
def test_more_held_or_running_never_turns_a_no_into_a_yes(
    jobs: int, asked: Decimal, balance: Decimal, held: Decimal, running: int, exact: bool
):
    one = Wish(jobs=jobs, credits=asked, balance=balance, exact=exact)
    if not granted(one, running=running, held=held):
        assert not granted(one, running=running + 1, held=held)
        assert not granted(one, running=running, held=held + 1)


@given(CREDITS, CREDITS, CREDITS)
def test_a_known_price_is_granted_exactly_while_it_fits(asked: Decimal, balance: Decimal, held: Decimal):
    one = Wish(jobs=1, credits=asked, balance=balance, exact=True)
    free = balance - held
    assert granted(one, held=held) is (free > 0 and asked <= free)
