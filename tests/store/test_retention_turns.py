"""What the turns of erasing leave alone: what is open, what may still come, and who came back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.store import Record, Store
from bot.store.guild.privacy import BATCH
from tests.store.conftest import AUTHOR, GUILD, HandClock

WORDS = "canary-person-xyzzy"
DAY_S = 86_400.0
LONG_AGO = 8e9


def knows_none(_model: str) -> bool:
    return False


async def ended(store: Store, accepted: Any, **values: Any) -> Any:
    _, (job,) = await accepted(store, input={"prompt": WORDS}, **values)
    await store.cancellation.cancel(GUILD, job.id, WORDS)
    return job


async def test_a_guild_that_came_back_in_between_keeps_everything(store: Store, accepted: Any) -> None:
    """The list of those to purge is read before, and an invitation may come at any moment."""
    job = await ended(store, accepted)
    await store.limits.set(GUILD, _a_limit(), by_id=1)
    await store.absent_guilds.note(GUILD)
    assert await store.retention.to_purge(LONG_AGO) == [GUILD]
    await store.absent_guilds.remove(GUILD)
    assert await store.retention.erase_some(GUILD, LONG_AGO, knows_none) == 0
    assert await store.retention.clear_out(GUILD, LONG_AGO) == 0
    kept = await store.jobs.get(GUILD, job.id)
    assert kept is not None
    assert kept.input == {"prompt": WORDS}
    assert len(await store.limits.all(GUILD)) == 1


async def test_a_guild_is_purged_once_and_again_only_after_it_came_back(store: Store, accepted: Any) -> None:
    await ended(store, accepted)
    await store.absent_guilds.note(GUILD)
    assert await store.retention.erase_some(GUILD, LONG_AGO, knows_none) == 1
    assert await store.retention.clear_out(GUILD, LONG_AGO) == 0
    assert await store.retention.to_purge(LONG_AGO) == []
    await store.absent_guilds.remove(GUILD)
    await store.absent_guilds.note(GUILD)
    assert await store.retention.to_purge(LONG_AGO) == [GUILD]


async def test_a_purge_with_a_job_that_is_still_made_is_repeated(store: Store, accepted: Any) -> None:
    _, (job,) = await accepted(store, input={"prompt": WORDS})
    await store.jobs.change(job, JobState.PROCESSING, remote_id="r1")
    await store.retention.give_up(GUILD)
    assert await store.retention.erase_some(GUILD, 0.0, knows_none) == 0
    assert await store.retention.clear_out(GUILD, 0.0) == 1
    assert await store.retention.to_purge(0.0) == [GUILD]


async def test_a_job_whose_result_may_still_come_is_not_erased_by_age(
    store: Store, accepted: Any, clock: HandClock
) -> None:
    """Erasing it would stop the polls of it, and lose what was paid."""
    _, (job,) = await accepted(store, input={"prompt": WORDS})
    await store.jobs.change(job, JobState.FAILED, release=True, recheck=True, remote_id="r1", finished_at=clock.wall())
    clock.now += 2 * DAY_S
    assert await store.retention.erase_old(1, knows_none) == 0
    failed = await store.jobs.get(GUILD, job.id)
    assert failed is not None
    await store.rechecks.postpone(failed, None, counts=True)
    assert await store.retention.erase_old(1, knows_none) == 1


async def test_what_a_batch_leaves_the_next_one_takes(store: Store, accepted: Any, clock: HandClock) -> None:
    for _ in range(3):
        await ended(store, accepted)
    clock.now += 2 * DAY_S
    assert BATCH >= 3
    assert await store.retention.erase_old(0, knows_none) == 0, "0 is for ever"
    assert await store.retention.erase_old(3, knows_none) == 0
    assert await store.retention.erase_old(1, knows_none) == 3
    assert await store.retention.erase_old(1, knows_none) == 0


async def test_age_is_no_request_to_take_messages_down_and_a_member_s_is(
    store: Store, accepted: Any, clock: HandClock
) -> None:
    old = await ended(store, accepted)
    await store.copies.note(GUILD, old.id, channel_id=5, message_id=6, kind="gallery")
    clock.now += 2 * DAY_S
    assert await store.retention.erase_old(1, knows_none) == 1
    assert await store.copies.doomed(limit=9) == []
    new = await ended(store, accepted)
    await store.copies.note(GUILD, new.id, channel_id=5, message_id=7, kind="gallery")
    await store.privacy.erase(GUILD, AUTHOR)
    [copy] = await store.copies.doomed(limit=9)
    assert copy.message_id == 7
    await store.copies.postpone(GUILD, 7, clock.wall() + 60)
    assert await store.copies.doomed(limit=9) == []
    clock.now += 61
    assert await store.copies.doomed(limit=9) == [copy]
    await store.absent_guilds.note(GUILD)
    assert await store.copies.doomed(limit=9) == [], "nothing can be deleted there"


async def test_drafts_and_tokens_end_with_their_time(store: Store, accepted: Any, clock: HandClock) -> None:
    card, _ = await accepted(store)
    await store.drafts.keep(GUILD, AUTHOR, {"words": WORDS}, expires_at=clock.wall() + 60)
    clock.now += DAY_S
    await store.retention.forget_expired()
    drafts = await store._database.read(lambda db: db.execute("SELECT count(*) FROM drafts").fetchone()[0])
    assert drafts == 0
    kept = await store.cards.get(GUILD, card.id)
    assert kept is not None
    assert kept.token is None


@pytest.mark.parametrize("present", [True, False])
async def test_the_record_of_a_guild_can_be_deleted_only_once_it_is_gone(store: Store, present: bool) -> None:
    await store.settings.change(GUILD, lambda now: now)
    await store.blocks.add(GUILD, 5, until=None, reason=WORDS, by_id=1)
    await store.decisions.add(GUILD, lambda _: _a_record())
    if not present:
        await store.absent_guilds.note(GUILD)

    def delete(db: Any) -> int:
        return int(db.execute("DELETE FROM decisions WHERE guild_id = ?", (GUILD,)).rowcount)

    if present:
        with pytest.raises(Exception, match="append-only"):
            await store._database.write(delete)
    else:
        assert await store._database.write(delete) == 1


def _a_limit() -> Limit:
    return Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(5))


def _a_record() -> Record:
    return Record(kind="block", text=WORDS, by_id=1)
