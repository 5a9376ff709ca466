"""Votes of a shoot-out, on both databases: one a member, every one counted, ended once, erased with its member."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.models import Job, JobState, Media, MediaKind, ShootoutPhase
from bot.domain.server.shootouts import ShootoutKind, ShootoutTerms, results
from bot.store import Store
from bot.store.guild.community.shootouts import Voted
from tests.support.examples import examples

GUILD = 700
TERMS = ShootoutTerms(kind=ShootoutKind.IMAGE, minutes=10)
IMAGE = Media(url="https://media.test/1.png", kind=MediaKind.IMAGE, key="image_url")


async def begun(store: Store, made: Any, count: int = 2, *, guild_id: int = GUILD, model: str = "flux") -> list[Job]:
    """Return the jobs of a shoot-out, all with results, on which members vote."""
    card = made.card(guild_id)
    jobs = [
        replace(
            made.job(card, place, "5", input={"prompt": "a fox", "model": f"{model}{place}"}),
            shootout=ShootoutPhase.OPEN,
        )
        for place in range(count)
    ]
    _, stored, _ = await store.cards.accept(card, jobs, lambda _: None, shootout=TERMS)
    await store.cards.mark_answered(guild_id, card.id, 900, 55)
    for job in stored:
        await store.jobs.change(job, JobState.DELIVERED, settle=Decimal(5), cost=Decimal(5), media=(IMAGE,))
    await store.shootouts.advance(guild_id, card.id)
    return list(await store.jobs.of_card(guild_id, card.id))


async def test_its_row_is_stored_with_the_card_or_neither(store: Store, made: Any):
    def refuse(_: Any) -> None:
        raise ValueError("no")

    card = made.card()
    job = replace(made.job(card), shootout=ShootoutPhase.OPEN)
    with contextlib.suppress(ValueError):
        await store.cards.accept(card, [job], refuse, shootout=TERMS)
    assert await store.shootouts.get(GUILD, card.id) is None


async def test_each_member_has_one_vote_and_the_last_counts(store: Store, made: Any, clock: Any):
    first, second = await begun(store, made)
    await asyncio.gather(*(store.shootouts.vote(GUILD, first.id, member) for member in range(1, 41)))
    await asyncio.gather(*(store.shootouts.vote(GUILD, second.id, member) for member in range(1, 31)))
    clock.now += 601
    ended = await store.shootouts.advance(GUILD, first.card_id)
    assert ended is not None
    assert [each.votes for each in ended.entries] == [10, 30]
    assert [each.won for each in ended.entries] == [False, True]
    phases = [job.shootout for job in await store.jobs.of_card(GUILD, first.card_id)]
    assert phases == [ShootoutPhase.ENDED, ShootoutPhase.WON]
    assert (await store.shootouts.vote(GUILD, first.id, 1))[0] is Voted.ENDED


async def test_it_ends_once_however_many_try(store: Store, made: Any, clock: Any):
    first, _ = await begun(store, made)
    await store.shootouts.vote(GUILD, first.id, 1)
    clock.now += 601
    ends = await asyncio.gather(*(store.shootouts.advance(GUILD, first.card_id) for _ in range(8)))
    assert sum(each is not None for each in ends) == 1


async def test_a_clock_that_jumps_back_ends_nothing_early_and_forward_ends_it(store: Store, made: Any, clock: Any):
    first, _ = await begun(store, made)
    clock.now -= 86_400
    assert await store.shootouts.due(9) == []
    assert (await store.shootouts.vote(GUILD, first.id, 1))[0] is Voted.DONE
    clock.now += 2 * 86_400
    assert await store.shootouts.due(9) == [(GUILD, first.card_id)]


async def test_only_what_has_something_to_do_is_due(store: Store, made: Any):
    first, second = await begun(store, made)
    assert await store.shootouts.due(9) == []
    await store.shootouts.vote(GUILD, first.id, 1)
    assert await store.shootouts.due(9) == [(GUILD, first.card_id)]
    await store.shootouts.advance(GUILD, first.card_id)
    await store.shootouts.vote(GUILD, second.id, 1)
    assert await store.shootouts.due(9) == []


async def test_erasing_removes_the_vote_and_a_model_that_no_one_knows(store: Store, made: Any, clock: Any):
    first, second = await begun(store, made, model="words of a member ")
    await store.shootouts.vote(GUILD, first.id, 7)
    await store.shootouts.vote(GUILD, second.id, 8)
    assert await store.privacy.guilds_of(8) == [GUILD]
    await store.privacy.erase(GUILD, 8)
    assert await store.privacy.guilds_of(8) == []
    found = await store.shootouts.get(GUILD, first.card_id)
    assert found is not None
    assert found.votes == 1
    clock.now += 601
    await store.shootouts.advance(GUILD, first.card_id)
    await store.privacy.erase(GUILD, first.author_id, is_known_model=lambda model: model.endswith("0"))
    [ended] = await store.shootouts.ended(GUILD)
    assert [each.model for each in ended.entries] == ["words of a member 0", ""]


async def test_the_costs_of_an_open_one_are_in_no_export(store: Store, made: Any, clock: Any):
    first, _ = await begun(store, made)
    assert (await store.reports.ledger_page(GUILD)).rows == ()
    own = (await store.privacy.page(GUILD, first.author_id)).rows
    assert [each.keys() for each in own] == [{"id", "asked", "prompt", "shootout"}] * 2
    await store.shootouts.advance(GUILD, first.card_id, end=True)
    assert len((await store.reports.ledger_page(GUILD)).rows) == 4
    assert clock.now


VOTES = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 3)), max_size=60)


@given(VOTES)
@settings(max_examples=examples(quick=50, long=2000))
def test_the_winner_has_more_votes_than_each_other_or_there_is_none(votes: list[tuple[int, int]]) -> None:
    """Without a database: what `advance` stores is made of these."""
    last = dict(votes)
    jobs = [_done(place) for place in range(4)]
    counts = {job.id: sum(choice == job.position for choice in last.values()) for job in jobs}
    entries = results(jobs, counts)
    assert sum(each.votes for each in entries) == len(last)
    won = [each for each in entries if each.won]
    most = sorted((each.votes for each in entries), reverse=True)
    assert len(won) == (most[0] > most[1])
    assert all(each.votes == most[0] for each in won)


def _done(place: int) -> Job:
    return Job(
        id=f"J{place}", card_id="C", guild_id=1, position=place, author_id=1, operation="image.generate",
        input={"model": f"m{place}"}, state=JobState.DELIVERED, idempotency_key="k", key_id=None, held=Decimal(1),
        basis="fixed", created_at=1.0, media=(IMAGE,), shootout=ShootoutPhase.OPEN,
    )  # fmt: skip
