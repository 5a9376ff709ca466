from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.reaction_rules import (
    DEFAULTS,
    Purse,
    ReactionAction,
    ReactionKey,
    ReactionRules,
    Seeding,
    Who,
    emoji_key,
    read_emoji,
)
from bot.errors import InputError
from bot.store import Store

GUILD, MESSAGE = 700, 900
RERUN = next(rule for rule in DEFAULTS.values() if rule.action is ReactionAction.RERUN)
GALLERY = next(rule for rule in DEFAULTS.values() if rule.action is ReactionAction.GALLERY)


@pytest.fixture
async def card_id(store: Store, accepted: Any) -> str:
    card, _ = await accepted(store, "5")
    return card.id


def act(store: Store, card_id: str, member: int, rule: Any = RERUN) -> Any:
    return store.reaction_acts.note(GUILD, MESSAGE, member, rule, card_id=card_id)


def key(member: int) -> ReactionKey:
    return ReactionKey(guild_id=GUILD, message_id=MESSAGE, emoji=RERUN.emoji, member_id=member)


# ---------------------------------------------------------------------- the map


async def test_a_guild_that_set_nothing_has_the_defaults(store: Store):
    assert await store.reactions.get(GUILD) == ReactionRules()
    assert len(DEFAULTS) == 8
    assert (await store.reactions.get(GUILD)).of("🔁") == RERUN


async def test_what_is_set_comes_back_and_a_second_time_replaces_it(store: Store):
    rule = replace(RERUN, who=Who.ROLE, role_id=7, needed=3, payer=Purse.AUTHOR)
    await store.reactions.set(GUILD, replace(rule, needed=9))
    await store.reactions.set(GUILD, rule)
    assert (await store.reactions.get(GUILD)).of("🔁") == rule
    assert await store.reactions.changes(GUILD) == {"🔁": rule}


async def test_a_removed_default_does_nothing_until_the_reset(store: Store):
    assert await store.reactions.remove(GUILD, "🔁") == RERUN
    assert await store.reactions.remove(GUILD, "🔁") is None
    assert (await store.reactions.get(GUILD)).of("🔁") is None
    assert await store.reactions.reset(GUILD) == 1
    assert (await store.reactions.get(GUILD)).of("🔁") == RERUN


async def test_a_removed_emoji_of_the_guilds_own_leaves_no_row(store: Store):
    own = replace(RERUN, emoji="123456789012345678", shown="<:x:123456789012345678>")
    await store.reactions.set(GUILD, own)
    assert await store.reactions.remove(GUILD, own.emoji) == own
    assert await store.reactions.changes(GUILD) == {}


async def test_settings_change_one_by_one(store: Store):
    await store.reactions.change_settings(GUILD, seeds=Seeding.ALL)
    await store.reactions.change_settings(GUILD, gallery=lambda _: (55, 7))
    found = await store.reactions.change_settings(GUILD, is_on=False)
    assert (found.is_on, found.seeds, found.gallery_channel, found.gallery_stars) == (False, Seeding.ALL, 55, 7)
    assert found.of("🔁") is None
    assert await store.reactions.get(GUILD) == found


# ---------------------------------------------------------------------- acts


async def test_a_reaction_acts_once_until_it_is_removed(store: Store, card_id: str):
    first = await act(store, card_id, 1)
    assert (first.count, first.fires) == (1, True)
    assert await act(store, card_id, 1) is None
    assert (await act(store, card_id, 2)).fires
    taken = await store.reaction_acts.take_back(GUILD, MESSAGE, "🔁", 1)
    assert taken is not None
    assert (taken.card_id, taken.action, taken.made_card) == (card_id, ReactionAction.RERUN, None)
    assert await store.reaction_acts.take_back(GUILD, MESSAGE, "🔁", 1) is None
    assert (await act(store, card_id, 1)).fires


async def test_of_a_hundred_at_once_exactly_one_makes_up_the_number(store: Store, card_id: str):
    rule = replace(RERUN, needed=40)
    acts = await asyncio.gather(*(act(store, card_id, member, rule) for member in range(1, 101)))
    assert [each.count for each in acts if each.fires] == [40]


async def test_the_same_reaction_twice_at_once_acts_once(store: Store, card_id: str):
    acts = await asyncio.gather(*(act(store, card_id, 1) for _ in range(20)))
    assert sum(each is not None for each in acts) == 1


async def test_its_outcome_is_known_when_it_is_removed(store: Store, card_id: str, made: Any):
    await act(store, card_id, 1)
    card = made.card(GUILD, author_id=1)
    await store.cards.accept(card, [made.job(card)], lambda _: None, reaction=key(1))
    taken = await store.reaction_acts.take_back(GUILD, MESSAGE, "🔁", 1)
    assert taken is not None
    assert taken.made_card == card.id


async def test_stars_count_members_of_one_card(store: Store, card_id: str, accepted: Any):
    other, _ = await accepted(store, "5")
    for member in (1, 2, 3):
        await act(store, card_id, member, GALLERY)
    await store.reaction_acts.note(GUILD, MESSAGE + 1, 3, GALLERY, card_id=card_id)  # the card has moved
    await store.reaction_acts.note(GUILD, MESSAGE + 2, 4, GALLERY, card_id=other.id)
    await act(store, card_id, 9, RERUN)
    assert await store.reaction_acts.stars(GUILD, card_id) == 3


async def test_clearing_forgets_one_emoji_or_all(store: Store, card_id: str):
    for member in (1, 2):
        await act(store, card_id, member)
        await act(store, card_id, member, GALLERY)
    assert await store.reaction_acts.clear(GUILD, MESSAGE, "⭐") == [card_id]
    assert await store.reaction_acts.stars(GUILD, card_id) == 0
    assert await act(store, card_id, 1) is None
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


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("🔁", "🔁"),
        (" ⬆️ ", "⬆"),
        ("⬆", "⬆"),
        ("1️⃣", "1\u20e3"),
        ("👩‍🎨", "👩‍🎨"),
        ("👍🏽", "👍🏽"),
        ("🇩🇪", "🇩🇪"),
        ("‼️", "‼"),
        ("<:again:123456789012345678>", "123456789012345678"),
        ("<a:spin:123456789012345678>", "123456789012345678"),
    ],
)
def test_an_emoji_is_read(typed: str, key: str):
    assert read_emoji(typed) == (key, typed.strip())


@pytest.mark.parametrize(
    "typed", ["", " ", "fox", "7", "a🔁", "!", ":fox:", "<:x:1>", "<@123456789012345678>", "🔁" * 20]
)
def test_what_is_no_emoji_is_refused(typed: str):
    with pytest.raises(InputError):
        read_emoji(typed)


def test_an_emoji_of_an_event_has_the_same_key_as_the_one_that_was_typed():
    assert emoji_key("✉️") == emoji_key("✉") == read_emoji("✉️")[0]
    assert emoji_key("renamed", 123456789012345678) == read_emoji("<:again:123456789012345678>")[0]


# ---------------------------------------------------------------------- the most starred


async def star(store: Store, card_id: str, *members: int, message: int = MESSAGE) -> None:
    for member in members:
        await store.reaction_acts.note(GUILD, message, member, GALLERY, card_id=card_id)


async def best(store: Store, clock: Any, limit: int = 5) -> list[tuple[str, int]]:
    now = clock.wall()
    found = await store.reaction_acts.most_starred(GUILD, now - 60, now + 60, limit)
    return [(each.card_id, each.stars) for each in found]


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
    assert await store.reactions.unshown(60.0) == []
    await store.reactions.change_settings(GUILD, gallery=lambda _: (77, 0))
    assert (await store.reactions.get(GUILD)).gallery_stars == 0
    assert await store.reactions.unshown(60.0) == [(GUILD, card.id)]
    (job,) = await store.jobs.of_card(GUILD, card.id)
    await store.copies.note(GUILD, job.id, channel_id=77, message_id=5, kind="gallery")
    assert await store.reactions.unshown(60.0) == []
    later = await posted(store, accepted)
    assert await store.reactions.unshown(60.0) == [(GUILD, later.id)]
    clock.now += 61
    assert await store.reactions.unshown(60.0) == []
