"""Events in the store, on both databases: purses, places, prizes, and what is forgotten."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import Job, JobState, LedgerKind, Media, MediaKind
from bot.domain.money.limit_rules import draws_within_limits
from bot.domain.money.spend_request import Draw, Verdict
from bot.domain.server.events import EventState, ServerEvent
from bot.domain.server.reaction_rules import REACTIONS, ReactionKey
from bot.store import Record, Spending, Store
from tests.store.conftest import HandClock
from tests.support import spending

GUILD, ADA, BOB, EVE = 700, 42, 43, 44
CHANNEL = 55
STAR = REACTIONS["⭐"]
IMAGE = (Media(url="https://media.test/a.png", kind=MediaKind.IMAGE, key="image"),)


async def begun(store: Store, clock: HandClock, **values: Any) -> ServerEvent:
    """Store an event of an hour that ADA and BOB take part in."""
    event = ServerEvent(
        id="E1", guild_id=GUILD, channel_id=CHANNEL, theme="Cats", purse=Decimal(20), cap=Decimal(12),
        prizes=(Decimal(5), Decimal(3)), made_by=1, begins_at=clock.now, ends_at=clock.now + 3600,
    )  # fmt: skip
    made = await store.events.add(replace(event, **values), record=lambda _: None)
    assert made is not None
    for member in (ADA, BOB):
        await store.events.join(GUILD, made.id, member)
    return made


async def made_by(store: Store, made: Any, clock: HandClock, member: int, *stars: int, **card: Any) -> Job:
    """Have a result of a member, with these members' stars."""
    shown = made.card(GUILD, author_id=member, channel_id=CHANNEL, created_at=clock.now, **card)
    message = 9000 + int(shown.id[1:])
    _, (job,), _ = await store.cards.accept(shown, [made.job(shown, 0, "4", created_at=clock.now)], lambda _: None)
    await store.cards.mark_answered(GUILD, shown.id, message, CHANNEL)
    done = await store.jobs.change(
        job, JobState.DELIVERED, settle=Decimal(4), media=IMAGE, delivered_at=clock.now, finished_at=clock.now
    )
    assert done is not None
    for voter in stars:
        key = ReactionKey(guild_id=GUILD, message_id=message, emoji=STAR.emoji, member_id=voter)
        await store.reaction_acts.note(key, STAR, card_id=shown.id)
    clock.now += 1
    return done


async def end(store: Store, event: ServerEvent) -> Decimal | None:
    """End it with all places that its results have."""
    return await store.events.end(event, EventState.ENDED, await store.events.ranked(event), record=lambda _: None)


async def grants(store: Store, member: int) -> list[Decimal]:
    return [each.credits for each in await store.grants.of_member(GUILD, member)]


async def test_an_event_comes_back_as_it_was_stored_and_a_channel_has_one(store: Store, clock: HandClock) -> None:
    made = await begun(store, clock)
    assert await store.events.get(GUILD, "E1") == made
    assert await store.events.open(GUILD) == [made]
    assert await store.events.add(replace(made, id="E2"), record=lambda _: None) is None
    assert [each.id for each in await store.events.due(10)] == ["E1"]
    await store.events.announced(GUILD, "E1", 8)
    assert await store.events.due(10) == []
    clock.now = made.ends_at
    assert [each.message_id for each in await store.events.due(10)] == [8]
    await store.absent_guilds.note(GUILD)
    assert await store.events.due(10) == []


async def test_the_purse_is_seen_by_those_who_take_part_where_and_while_it_runs(store: Store, clock: HandClock) -> None:
    event = await begun(store, clock)

    async def left(member: int, channel: int = CHANNEL) -> Decimal | None:
        def look(books: Spending) -> Decimal | None:
            purse = books.purse([channel, 500])
            return None if purse is None else purse.left

        found: Decimal | None = await store.spending.view(GUILD, member, look)
        return found

    assert await left(ADA) == 12
    assert await left(EVE) is None
    assert await left(ADA, 56) is None
    clock.now = event.ends_at
    assert await left(ADA) is None


@pytest.mark.parametrize("cap", [20, 12])
async def test_requests_at_once_do_not_overdraw_a_purse(open_store: Any, made: Any, clock: HandClock, cap: int):
    stores = [await open_store(), await open_store()]
    event = await begun(stores[0], clock, cap=Decimal(cap))
    drawn: list[Decimal] = []

    async def request(number: int) -> None:
        author = ADA if cap == 12 else (ADA, BOB)[number % 3 % 2]
        shown = made.card(GUILD, author_id=author, channel_id=CHANNEL)
        asked = spending.request(7, member_id=author, channel_ids=frozenset({CHANNEL}))

        def decide(books: Spending) -> Verdict:
            draws = draws_within_limits(asked, (), books)
            drawn.extend(each.credits for each in draws)
            return Verdict(states=(JobState.SUBMITTING,), draws=draws)

        await stores[number % 2].cards.accept(shown, [made.job(shown, 0, "7")], decide)

    await asyncio.gather(*(request(number) for number in range(10)))
    assert sum(drawn) == (await stores[0].events.use(event, ADA)).paid == cap
    if cap == 12:
        assert (await stores[1].events.use(event, ADA)).of_member == cap


async def test_the_purse_pays_before_a_grant_whatever_the_job_costs(store: Store, made: Any, clock: HandClock) -> None:
    event = await begun(store, clock)
    grant = await store.grants.add(GUILD, ADA, Decimal(10), note="", by_id=1, expires_at=clock.now + 9)
    card = made.card(GUILD, author_id=ADA)
    draws = tuple(Draw(item=0, grant_id=each, credits=Decimal(5)) for each in (grant.id, event.grant_id))
    verdict = Verdict(states=(JobState.SUBMITTING,), draws=draws)
    _, (job,), _ = await store.cards.accept(card, [made.job(card, 0, "10")], lambda _: verdict)
    await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(7))
    assert (await store.events.use(event, ADA)).paid == 5
    assert [each.left for each in await store.grants.of_member(GUILD, ADA)] == [8]


async def test_places_prizes_and_the_end_are_one(store: Store, made: Any, clock: HandClock) -> None:
    event = await begun(store, clock)
    first = await made_by(store, made, clock, ADA, BOB, EVE, ADA)
    second = await made_by(store, made, clock, BOB, EVE, BOB)
    assert await end(store, event) == 0
    places = await store.events.places(GUILD, "E1")
    assert [(place, each.card_id, each.member_id, each.stars) for place, each in places] == [
        (1, first.card_id, ADA, 2), (2, second.card_id, BOB, 1),
    ]  # fmt: skip
    assert (await grants(store, ADA), await grants(store, BOB)) == ([5], [3])
    lines = [row for row in await store.ledger.rows(GUILD) if row.kind is LedgerKind.GRANT]
    assert {(row.member_id, row.credits) for row in lines} == {(ADA, 5), (BOB, 3)}
    assert await end(store, event) is None
    assert await grants(store, ADA) == [5]
    assert [each.id for each in await store.events.due(10)] == ["E1"]
    await store.events.posted(GUILD, "E1")
    assert (await store.events.places(GUILD, "E1"), await store.events.get(GUILD, "E1")) == ([], None)


async def test_who_deletes_their_data_before_the_prizes_has_none(store: Store, made: Any, clock: HandClock) -> None:
    event = await begun(store, clock)
    await made_by(store, made, clock, ADA, BOB)
    ranked = await store.events.ranked(event)
    await store.privacy.erase(GUILD, ADA)
    await store.events.end(event, EventState.ENDED, ranked, record=lambda _: None)
    assert (await store.events.places(GUILD, "E1"), await grants(store, ADA)) == ([], [])


@pytest.mark.parametrize("how", ["private", "spoiler", "before", "late", "elsewhere", "erased", "blocked"])
async def test_what_does_not_take_part_is_not_placed(store: Store, made: Any, clock: HandClock, how: str) -> None:
    if how == "before":
        await made_by(store, made, clock, ADA, BOB)
    event = await begun(store, clock)
    if how == "elsewhere":
        await store.events.end(event, EventState.CANCELLED, (), record=lambda _: None)
        event = await begun(store, clock, id="E2", channel_id=77)
    if how == "late":
        clock.now = event.ends_at
    if how != "before":
        values = {how: True} if how in {"private", "spoiler"} else {}
        job = await made_by(store, made, clock, ADA, BOB, **values)
    if how == "erased":
        await store.cards.erase(GUILD, job.card_id)
    if how == "blocked":
        await store.blocks.add(GUILD, ADA, until=None, reason="", by_id=1)
    assert await store.events.ranked(event) == []


async def test_a_canceled_event_closes_its_purse_and_says_so_in_the_record(
    store: Store, made: Any, clock: HandClock
) -> None:
    event = await begun(store, clock)

    def record(paid: Decimal) -> Record:
        return Record(kind="event", text=f"{paid}", by_id=1)

    assert await store.events.end(event, EventState.CANCELLED, (), record=record) == 0
    assert await store.events.end(event, EventState.CANCELLED, (), record=record) is None
    found = await store.events.get(GUILD, "E1")
    assert found is not None
    assert found.state is EventState.CANCELLED
    assert [each.text for each in await store.decisions.all(GUILD)] == ["0.000"]
    assert await store.spending.view(GUILD, ADA, lambda books: books.purse([CHANNEL])) is None
    assert await store.events.join(GUILD, "E1", EVE) is None


async def test_no_one_joins_an_event_whose_time_is_over(store: Store, clock: HandClock) -> None:
    event = await begun(store, clock)
    clock.now = event.ends_at
    assert await store.events.join(GUILD, event.id, EVE) is None
    assert (await store.events.use(event, EVE)).members == 2


async def test_a_member_who_deletes_their_data_leaves_the_event(store: Store, clock: HandClock) -> None:
    event = await begun(store, clock)
    assert GUILD in await store.privacy.guilds_of(ADA)
    await store.privacy.erase(GUILD, ADA)
    assert (await store.events.use(event, BOB)).members == 1


async def test_an_event_of_practice_grants_practice_alone(store: Store, made: Any, clock: HandClock) -> None:
    await store.keys.set(GUILD, "cs_practice_" + "0" * 24, set_by=1, status=made.status(), practice=True)
    event = await begun(store, clock)
    assert event.practice
    await store.keys.end_practice(GUILD)
    assert await store.spending.view(GUILD, ADA, lambda books: books.purse([CHANNEL])) is None
