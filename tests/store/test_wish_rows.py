"""Reactions that wait to act: noted as done only with the card that came of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.reaction_rules import REACTIONS, ReactionAction, ReactionKey
from bot.errors import Refused
from bot.store import Store
from bot.store.texts import REACTION_WITHDRAWN

GUILD, MESSAGE = 700, 900
RERUN = next(rule for rule in REACTIONS.values() if rule.action is ReactionAction.RERUN)


@pytest.fixture
async def card_id(store: Store, accepted: Any) -> str:
    card, _ = await accepted(store, "5")
    return card.id


def act(store: Store, card_id: str, member: int = 1) -> Any:
    return store.reaction_acts.note(key(member), RERUN, card_id=card_id)


def key(member: int = 1) -> ReactionKey:
    return ReactionKey(guild_id=GUILD, message_id=MESSAGE, emoji=RERUN.emoji, member_id=member)


async def make(store: Store, made: Any, member: int = 1) -> str:
    card = made.card(GUILD, author_id=member)
    await store.cards.accept(card, [made.job(card)], lambda _: None, reaction=key(member))
    return card.id


async def end(store: Store, card_id: str) -> None:
    for job in await store.jobs.of_card(GUILD, card_id):
        assert await store.jobs.change(job, JobState.FAILED, release=True) is not None


async def test_it_acts_once_while_its_card_is_made_and_again_when_it_comes_again(store: Store, card_id: str, made: Any):
    assert await act(store, card_id)
    acts = await asyncio.gather(*(act(store, card_id) for _ in range(10)))
    assert acts == [False] * 10
    made_card = await make(store, made)
    assert await act(store, card_id)  # its removal was missed
    taken = await store.reaction_acts.take_back(key())
    assert taken is not None
    assert taken.made_card is None
    assert await store.cards.get(GUILD, made_card) is not None


async def test_what_was_taken_back_makes_no_card(store: Store, card_id: str, made: Any):
    await act(store, card_id)
    assert await store.reaction_acts.take_back(key()) is not None
    before = await store.ledger.balance(GUILD)
    with pytest.raises(Refused) as refused:
        await make(store, made)
    assert refused.value.sentence == str(REACTION_WITHDRAWN)
    assert await store.ledger.balance(GUILD) == before


async def test_one_reaction_makes_one_card(store: Store, card_id: str, made: Any):
    await act(store, card_id)
    await make(store, made)
    with pytest.raises(Refused):
        await make(store, made)


async def test_after_a_failure_the_next_event_acts(store: Store, card_id: str):
    await act(store, card_id)
    await store.reaction_acts.note_failed(key())
    assert await store.reaction_acts.take_back(key()) is None
    assert await act(store, card_id)


async def test_it_is_due_when_its_card_has_ended_until_it_is_done(store: Store, card_id: str):
    await act(store, card_id)
    await act(store, card_id, 2)
    assert await store.reaction_acts.any_wait(GUILD, card_id)
    assert await store.reaction_acts.due() == []
    await end(store, card_id)
    assert [(wish.key, wish.card_id) for wish in await store.reaction_acts.due()] == [
        (key(1), card_id),
        (key(2), card_id),
    ]
    assert await store.reaction_acts.due(card_id="another") == []
    await store.reaction_acts.note_done(key(1))
    await store.reaction_acts.take_back(key(2))
    assert await store.reaction_acts.due(card_id=card_id) == []
    assert not await store.reaction_acts.any_wait(GUILD, card_id)
