from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import AccountStatus, JobState
from bot.store import Store

SECRET = "cs_live_0123456789abcdef"


async def test_a_key_comes_back_as_it_was_set(store: Store, made: Any, clock: Any) -> None:
    assert await store.keys.current(1) is None
    key = (await store.keys.set(1, SECRET, set_by=5, status=made.status("12.5"))).key
    assert await store.keys.current(1) == key
    assert (key.secret, key.last4, key.set_by, key.set_at) == (SECRET, "cdef", 5, clock.now)
    assert (key.plan, key.scopes, key.balance, key.balance_at) == (
        "Creator",
        ("media", "status"),
        Decimal("12.5"),
        clock.now,
    )


async def test_an_unknown_balance_stays_unknown(store: Store, made: Any) -> None:
    key = (await store.keys.set(1, SECRET, set_by=5, status=made.status(None))).key
    assert (key.balance, key.balance_at) == (None, None)


async def test_a_retired_key_serves_its_open_jobs_and_is_then_forgotten(store: Store, made: Any, accepted: Any) -> None:
    old = (await store.keys.set(1, SECRET, set_by=5, status=made.status())).key
    _, (job,) = await accepted(store, guild_id=1, key_id=old.id)
    new = (await store.keys.set(1, "cs_live_new", set_by=5, status=made.status())).key
    assert await store.keys.current(1) == new
    assert await store.keys.get(1, old.id) == old
    assert await store.jobs.change(job, JobState.FAILED, release=True) is not None
    assert await store.keys.get(1, old.id) is None
    assert await store.keys.get(1, new.id) == new


async def test_a_key_without_open_jobs_is_forgotten_at_once(store: Store, made: Any) -> None:
    key = (await store.keys.set(1, SECRET, set_by=5, status=made.status())).key
    assert await store.keys.remove(1)
    assert not await store.keys.remove(1)
    assert await store.keys.current(1) is None
    assert await store.keys.get(1, key.id) is None


async def test_a_canceled_job_forgets_its_retired_key(store: Store, made: Any, accepted: Any) -> None:
    key = (await store.keys.set(1, SECRET, set_by=5, status=made.status())).key
    _, (job,) = await accepted(store, guild_id=1, key_id=key.id)
    await store.keys.remove(1)
    assert await store.keys.get(1, key.id) is not None
    assert await store.cancellation.cancel(1, job.id, "Not now.") is not None
    assert await store.keys.get(1, key.id) is None


async def test_a_dropped_card_forgets_its_retired_key(store: Store, made: Any, accepted: Any) -> None:
    key = (await store.keys.set(1, SECRET, set_by=5, status=made.status())).key
    card, _ = await accepted(store, guild_id=1, key_id=key.id, answered=False)
    await store.keys.remove(1)
    assert await store.keys.get(1, key.id) is not None
    assert await store.cards.drop(1, card.id, "No answer.") == 1
    assert await store.keys.get(1, key.id) is None


async def test_forgetting_takes_every_key_of_this_guild_alone(store: Store, made: Any, accepted: Any) -> None:
    old = (await store.keys.set(1, SECRET, set_by=5, status=made.status())).key
    await accepted(store, guild_id=1, key_id=old.id)
    new = (await store.keys.set(1, SECRET, set_by=5, status=made.status())).key
    other = (await store.keys.set(2, SECRET, set_by=5, status=made.status())).key
    await store.absent_guilds.forget(1)
    assert [await store.keys.current(1), await store.keys.get(1, old.id), await store.keys.get(1, new.id)] == [None] * 3
    assert await store.keys.current(2) == other
    left = await store._database.read(
        lambda db: db.execute("SELECT count(*) FROM guild_keys WHERE secret IS NOT NULL").fetchone()[0]
    )
    assert left == 1


async def test_a_new_status_replaces_the_old(store: Store, made: Any, clock: Any) -> None:
    key = (await store.keys.set(1, SECRET, set_by=5, status=made.status())).key
    clock.now += 60
    await store.keys.note_status(1, key.id, AccountStatus(credits=Decimal(3), plan=None, scopes=()))
    now = await store.keys.current(1)
    assert now is not None
    assert (now.balance, now.balance_at, now.plan, now.scopes) == (3, clock.now, None, ())


async def test_a_refusal_is_news_once_until_it_is_cleared(store: Store, made: Any, clock: Any) -> None:
    key = (await store.keys.set(1, SECRET, set_by=5, status=made.status())).key
    assert await store.keys.note_refused(1, key.id, probe_at=clock.now + 60)
    assert not await store.keys.note_refused(1, key.id, probe_at=clock.now + 99)
    refused = await store.keys.current(1)
    assert refused is not None
    assert (refused.refused_at, refused.probe_at, refused.probes) == (clock.now, clock.now + 60, 0)
    await store.keys.note_probe(1, key.id, probe_at=clock.now + 300)
    [probed] = await store.keys.refused()
    assert (probed.probe_at, probed.probes) == (clock.now + 300, 1)
    await store.keys.clear_refused(1, key.id)
    assert await store.keys.current(1) == key
    assert await store.keys.note_refused(1, key.id, probe_at=1.0)


async def test_a_guild_has_one_active_key(store: Store, made: Any) -> None:
    await store.keys.set(1, SECRET, set_by=5, status=made.status())
    with pytest.raises(sqlite3.IntegrityError):
        await store._database.write(
            lambda db: db.execute(
                "INSERT INTO guild_keys (guild_id, secret, last4, set_by, set_at) VALUES (1, ?, 'abcd', 1, 1)", (b"0",)
            )
        )


async def test_a_job_cannot_name_another_guilds_key(store: Store, made: Any) -> None:
    theirs = (await store.keys.set(2, SECRET, set_by=5, status=made.status())).key
    card = made.card(1)
    with pytest.raises(sqlite3.IntegrityError, match="a job is paid by its server or its author"):
        await store.cards.accept(card, [made.job(card, key_id=theirs.id)], lambda _: None)
    assert await store.cards.get(1, card.id) is None


async def test_an_id_is_never_given_twice(store: Store, made: Any) -> None:
    first = (await store.keys.set(1, SECRET, set_by=5, status=made.status())).key
    await store._database.write(lambda db: db.execute("DELETE FROM guild_keys"))
    assert (await store.keys.set(2, SECRET, set_by=5, status=made.status())).key.id > first.id
