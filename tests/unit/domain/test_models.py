from __future__ import annotations

from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.models import (
    END_STATES,
    ID_ALPHABET,
    OPEN_STATES,
    PAID_STATES,
    RUNNING_STATES,
    Card,
    GuildKey,
    Job,
    JobState,
    credits_of,
    credits_text,
    new_id,
)


def job(**changes: object) -> Job:
    values: dict[str, object] = {
        "id": "0000000001",
        "card_id": "c",
        "guild_id": 1,
        "position": 0,
        "author_id": 2,
        "operation": "image.generate",
        "input": {},
        "state": JobState.SUBMITTING,
        "idempotency_key": "k",
        "key_id": None,
        "held": Decimal(20),
        "basis": "unknown",
        "created_at": 0.0,
    }
    return Job(**values | changes)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (12, "12"), (12.5, "12.5"), ("7", "7"), (0.0005, "0.001"), (Decimal("1.23449"), "1.234"), (1e8, "1e8")],
)
def test_numbers_become_credits_to_a_thousandth(value: object, expected: str):
    assert credits_of(value) == Decimal(expected)


@pytest.mark.parametrize(
    "value", [True, None, [], {}, "", "many", "nan", float("nan"), float("inf"), -0.001, -1, 1e9, "1e999", 10**400]
)
def test_what_is_no_amount_of_credits_is_refused(value: object):
    with pytest.raises(ValueError, match="credits must be"):
        credits_of(value)


@given(st.integers(0, 999_999_999_999))
def test_whole_thousandths_survive_exactly_and_are_read_back_from_their_text(milli: int):
    amount = Decimal(milli) / 1000
    assert credits_of(amount) == amount
    assert Decimal(credits_text(amount).replace(",", "")) == amount


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "0"), ("12", "12"), ("12.500", "12.5"), ("1200", "1,200"), ("100", "100"), ("0.001", "0.001")],
)
def test_credits_are_written_short(amount: str, text: str):
    assert credits_text(Decimal(amount)) == text


def test_ids_are_short_readable_and_do_not_repeat():
    ids = {new_id() for _ in range(2000)}
    assert len(ids) == 2000
    assert all(len(each) == 10 and set(each) <= set(ID_ALPHABET) for each in ids)
    assert not set("ILOU") & set(ID_ALPHABET)
    assert len(ID_ALPHABET) == 32


def test_every_state_is_either_open_or_an_end():
    assert set(JobState) == END_STATES | OPEN_STATES
    assert not END_STATES & OPEN_STATES
    assert RUNNING_STATES <= OPEN_STATES
    assert PAID_STATES <= END_STATES
    assert {state for state in JobState if state.ended} == END_STATES


def test_a_job_knows_its_model_and_its_members_words():
    assert job(input={"model": "m", "prompt": "p", "text": "t"}).model == "m"
    assert job(input={"model": 7}).model is None
    assert job(input={"prompt": "p", "text": "t"}).prompt == "p"
    assert job(input={"text": "t"}).prompt == "t"
    assert job(input={"prompt": 5}).prompt == ""
    assert job().prompt == ""


def test_neither_keys_nor_tokens_show_in_a_repr():
    key = GuildKey(id=1, guild_id=2, secret="cs_live_secret", last4="cret", set_by=3, set_at=0.0)
    card = Card(id="c", guild_id=1, channel_id=2, author_id=3, interaction_id=4, token="a-token", created_at=0.0)
    assert "cs_live_secret" not in repr(key)
    assert "a-token" not in repr(card)


def test_the_domain_is_frozen():
    with pytest.raises(FrozenInstanceError):
        job().state = JobState.FAILED
