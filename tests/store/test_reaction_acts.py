from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.reaction_rules import REACTIONS, ReactionAction, ReactionKey, emoji_key
from bot.store import Store

GUILD, MESSAGE = 700, 900
RERUN = next(rule for rule in REACTIONS.values() if rule.action is ReactionAction.RERUN)
GALLERY = next(rule for rule in REACTIONS.values() if rule.action is ReactionAction.GALLERY)


@pytest.fixture
async def card_id(store: Store, accepted: Any) -> str:
    card, _ = await accepted(store, "5")
    return card.id


def act(store: Store, card_id: str, member: int, rule: Any = RERUN, message: int = MESSAGE) -> Any:
    return store.reaction_acts.note(key(member, rule, message), rule, card_id=card_id)


def key(member: int, rule: Any = RERUN, message: int = MESSAGE) -> ReactionKey:
    return ReactionKey(guild_id=GUILD, message_id=message, emoji=rule.emoji, member_id=member)


# ---------------------------------------------------------------------- acts


async def test_a_reaction_acts_once_until_it_is_removed(store: Store, card_id: str):
    assert await act(store, card_id, 1)
    assert not await act(store, card_id, 1)
    assert await act(store, card_id, 2)
    taken = await store.reaction_acts.take_back(key(1))
    assert taken is not None
    assert (taken.card_id, taken.action, taken.made_card) == (card_id, ReactionAction.RERUN, None)
    assert await store.reaction_acts.take_back(key(1)) is None
    assert await act(store, card_id, 1)


async def test_the_same_reaction_twice_at_once_acts_once(store: Store, card_id: str):
    acts = await asyncio.gather(*(act(store, card_id, 1) for _ in range(20)))
    assert sum(acts) == 1


async def test_its_outcome_is_known_when_it_is_removed(store: Store, card_id: str, made: Any):
    await act(store, card_id, 1)
    card = made.card(GUILD, author_id=1)
    await store.cards.accept(card, [made.job(card)], lambda _: None, reaction=key(1))
    taken = await store.reaction_acts.take_back(key(1))
    assert taken is not None
    assert taken.made_card == card.id


async def test_stars_count_members_of_one_card(store: Store, card_id: str, accepted: Any):
    other, _ = await accepted(store, "5")
    for member in (1, 2, 3):
        await act(store, card_id, member, GALLERY)
    await act(store, card_id, 3, GALLERY, MESSAGE + 1)  # the card has moved
    await act(store, other.id, 4, GALLERY, MESSAGE + 2)
    await act(store, card_id, 9, RERUN)
    assert await store.reaction_acts.stars(GUILD, card_id) == 3


async def test_clearing_forgets_one_emoji_or_all(store: Store, card_id: str):
    for member in (1, 2):
        await act(store, card_id, member)
        await act(store, card_id, member, GALLERY)
    assert await store.reaction_acts.clear(GUILD, MESSAGE, "⭐") == [card_id]
    assert await store.reaction_acts.stars(GUILD, card_id) == 0
    assert not await act(store, card_id, 1)
    assert await store.reaction_acts.clear(GUILD, MESSAGE, None) == [card_id]
    assert await store.reaction_acts.clear(GUILD, MESSAGE, None) == []


async def test_a_card_is_found_by_its_own_message_and_by_its_jobs(store: Store, accepted: Any):
    card, (job,) = await accepted(store, "5")
    await store.cards.move(GUILD, card.id, message_id=1234, channel_id=55)
    await store.jobs.change(job, JobState.DELIVERED, settle=job.held, message_id=5678)
    for message_id in (1234, 5678):
        found = await store.cards.in_message(GUILD, message_id)
        assert found is not None
        assert found[0].id == card.id
        assert [each.id for each in found[1]] == [job.id]
    assert await store.cards.in_message(GUILD, 4321) is None
    assert await store.cards.in_message(GUILD + 1, 1234) is None


async def test_a_private_card_is_not_found(store: Store, made: Any):
    card = made.card(private=True)
    await store.cards.accept(card, [made.job(card)], lambda _: None)
    await store.cards.mark_answered(GUILD, card.id, 1234, 55)
    assert await store.cards.in_message(GUILD, 1234) is None


@pytest.mark.sqlite_only("SQLite's plans")
async def test_looking_up_a_message_reads_by_indexes_alone(store: Store):
    from bot.store.guild.reactions import _TAKEN_BACK
    from bot.store.jobs.cards import _CARD_IN_MESSAGE

    def plans(db: Any) -> list[str]:
        card = db.execute(f"EXPLAIN QUERY PLAN {_CARD_IN_MESSAGE}", {"guild_id": 1, "message_id": 1}).fetchall()
        key = {"guild_id": 1, "message_id": 1, "emoji": "", "member_id": 1}
        acted = db.execute(f"EXPLAIN QUERY PLAN {_TAKEN_BACK}", key).fetchall()
        return [row[3] for row in (*card, *acted)]

    details = await store._database.read(plans)
    assert any("cards_message" in each for each in details)
    assert not [each for each in details if each.startswith("SCAN")]


# ---------------------------------------------------------------------- emojis


def test_an_emoji_has_the_same_key_with_and_without_its_variation_selector():
    assert emoji_key("⬆️") == emoji_key("⬆") == "⬆"


# ---------------------------------------------------------------------- the most starred


async def star(store: Store, card_id: str, *members: int, message: int = MESSAGE) -> None:
    for member in members:
        await store.reaction_acts.note(key(member, GALLERY, message), GALLERY, card_id=card_id)


async def best(store: Store, clock: Any, limit: int = 5) -> list[tuple[str, int]]:
    now = clock.wall()
    return await store.reaction_acts.most_starred(GUILD, now - 60, now + 60, limit)


async def posted(store: Store, accepted: Any, **values: Any) -> Any:
    card, (job,) = await accepted(store, "5", **values)
    await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(5), message_id=900)
    return card


async def test_most_stars_come_first_and_of_equals_the_earlier_result(store: Store, accepted: Any, clock: Any):
    earlier, later, first = [await posted(store, accepted) for _ in range(3)]
    for number, (card, members) in enumerate(((later, (5, 6)), (earlier, (5, 7)), (first, (5, 6, 7)))):
        await star(store, card.id, *members, message=MESSAGE + number)
    assert await best(store, clock) == [(first.id, 3), (earlier.id, 2), (later.id, 2)]
    assert await best(store, clock, limit=1) == [(first.id, 3)]
    clock.now += 3600.0
    assert await best(store, clock) == []


async def test_own_stars_open_results_and_hidden_members_are_left_out(store: Store, accepted: Any, clock: Any):
    card = await posted(store, accepted)
    await star(store, card.id, card.author_id)
    hidden = await posted(store, accepted)
    await store._database.write(lambda db: db.execute("UPDATE cards SET private = 1 WHERE id = ?", (hidden.id,)))
    await star(store, hidden.id, 5, message=MESSAGE + 2)
    still_open, _ = await accepted(store, "5")
    await star(store, still_open.id, 5, message=MESSAGE + 1)
    assert await best(store, clock) == []
    await star(store, card.id, 5)
    assert await best(store, clock) == [(card.id, 1)]
    await store.member_settings.change(GUILD, card.author_id, lambda own: replace(own, is_unshown=True))
    assert await best(store, clock) == []
    await store.member_settings.change(GUILD, card.author_id, lambda own: replace(own, is_unshown=False))
    await store.cards.take_down(GUILD, card.id)
    assert await best(store, clock) == []


async def test_a_gallery_of_every_result_knows_which_it_misses(store: Store, accepted: Any, clock: Any):
    card = await posted(store, accepted)
    assert await store.reaction_acts.unshown(60.0) == []
    await store.settings.change(GUILD, lambda now: replace(now, gallery_channel=77, gallery_stars=0))
    assert await store.reaction_acts.unshown(60.0) == [(GUILD, card.id)]
    (job,) = await store.jobs.of_card(GUILD, card.id)
    await store.copies.note(GUILD, job.id, channel_id=77, message_id=5, kind="gallery")
    assert await store.reaction_acts.unshown(60.0) == []
    later = await posted(store, accepted)
    assert await store.reaction_acts.unshown(60.0) == [(GUILD, later.id)]
    clock.now += 61
    assert await store.reaction_acts.unshown(60.0) == []
