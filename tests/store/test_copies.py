"""Copies of results, cards that move, and records that are erased."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.domain.models import Card, Job, JobState
from bot.store import Copy, Store
from tests.support.stored import delivered

GUILD = 700
Accept = Callable[..., Awaitable[tuple[Card, tuple[Job, ...]]]]


# ---------------------------------------------------------------------- copies


async def test_a_copy_is_noted_once_and_forgotten(store: Store, accepted: Accept):
    card, (job,) = await accepted(store)
    for kind in ("dm", "gallery"):
        assert await store.copies.note(GUILD, job.id, channel_id=66, message_id=1, kind=kind)
    await store.copies.note(GUILD, job.id, channel_id=67, message_id=2, kind="dm")
    assert await store.copies.of_card(GUILD, card.id) == [
        Copy(job_id=job.id, guild_id=GUILD, channel_id=66, message_id=1, kind="gallery"),
        Copy(job_id=job.id, guild_id=GUILD, channel_id=67, message_id=2, kind="dm"),
    ]
    await store.copies.forget(GUILD, 1)
    assert [copy.message_id for copy in await store.copies.of_card(GUILD, card.id)] == [2]
    assert not await store.copies.note(GUILD, "0000000000", channel_id=66, message_id=1, kind="dm")


async def test_where_a_card_was_posted_is_kept_among_its_copies(store: Store, accepted: Accept):
    card, (job, _) = await accepted(store, "1", "2")
    await store.cards.move(GUILD, card.id, message_id=901, channel_id=66)
    await store.cards.move(GUILD, card.id, message_id=901, channel_id=66)
    await store.cards.move(GUILD, card.id, message_id=902, channel_id=67)
    assert await store.copies.of_card(GUILD, card.id) == [
        Copy(job_id=job.id, guild_id=GUILD, channel_id=55, message_id=900, kind="card"),
        Copy(job_id=job.id, guild_id=GUILD, channel_id=66, message_id=901, kind="card"),
    ]


async def test_a_card_may_move_with_a_token_of_its_own(store: Store, accepted: Accept):
    card, _ = await accepted(store)
    await store.cards.move(GUILD, card.id, message_id=901, channel_id=66, token="later", token_expires_at=2e9)
    moved = await store.cards.get(GUILD, card.id)
    assert moved is not None
    assert (moved.token, moved.token_expires_at, moved.message_id) == ("later", 2e9, 901)
    await store.cards.take_down(GUILD, card.id)
    gone = await store.cards.get(GUILD, card.id)
    assert gone is not None
    assert (gone.token, gone.message_id, gone.message_channel_id) == (None, None, None)


# ---------------------------------------------------------------------- records


async def test_an_erased_record_keeps_ids_and_credits_and_nothing_that_was_said(store: Store, accepted: Accept):
    card, (first, second) = await accepted(store, "5", "6")
    await delivered(store, first)
    await store.jobs.change(second, JobState.FAILED, release=True, error="canary words")
    before = await store.ledger.balance(GUILD), await store.ledger.rows(GUILD)
    assert await store.cards.erase(GUILD, card.id) == 2
    for job, was in zip(await store.jobs.of_card(GUILD, card.id), (first, second), strict=True):
        assert (dict(job.input), dict(job.output), job.media, dict(job.fill), job.error) == ({}, {}, (), {}, None)
        assert (job.id, job.author_id, job.held, job.operation) == (was.id, was.author_id, was.held, was.operation)
    assert (await store.ledger.balance(GUILD), await store.ledger.rows(GUILD)) == before


async def test_the_record_of_an_open_job_is_not_erased(store: Store, accepted: Accept):
    card, (job,) = await accepted(store)
    assert await store.cards.erase(GUILD, card.id) == 0
    assert await store.jobs.get(GUILD, job.id) == job
