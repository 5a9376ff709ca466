"""Guilds that have removed the bot: what ends at once, what a day later, and that every hold is closed once."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.account.api_keys import ApiKeys
from bot.domain.models import Job, JobState, LedgerKind
from bot.domain.money.spend_request import Verdict
from bot.errors import StoreError
from bot.server.absences import GRACE_S, Absences
from bot.store import Store
from tests.store.conftest import GUILD
from tests.support.examples import examples

OTHER = 701
SECRET = "cs_live_0123456789abcdef"
UNSENT, REFUSED_ONCE, IN_DOUBT = "unsent", "refused once", "in doubt"
STATES = (
    *(JobState.AWAITING_APPROVAL, JobState.WAITING, UNSENT, REFUSED_ONCE, IN_DOUBT),
    *(JobState.QUEUED, JobState.PROCESSING, JobState.READY),
)
AT_ONCE = frozenset({JobState.AWAITING_APPROVAL, JobState.WAITING, UNSENT, REFUSED_ONCE})


async def a_job(store: Store, made: Any, state: str, key_id: int | None = None, guild_id: int = GUILD) -> Job:
    """Return a job of an answered card of its own in this state, with 10 credits held."""
    card = made.card(guild_id)
    begin = JobState(state) if state in {"awaiting_approval", "waiting"} else JobState.SUBMITTING
    _, (job,), _ = await store.cards.accept(
        card, [made.job(card, key_id=key_id)], lambda _: Verdict(states=(begin,), draws=())
    )
    await store.cards.mark_answered(guild_id, card.id, 900, 55)
    if state in {REFUSED_ONCE, IN_DOUBT}:
        changed = await store.jobs.change(job, JobState.SUBMITTING, attempts=1, in_doubt=state == IN_DOUBT)
    elif state in {JobState.QUEUED, JobState.PROCESSING, JobState.READY}:
        changed = await store.jobs.change(job, JobState(state), remote_id=f"req_{job.id}", cost=Decimal(7))
    else:
        return job
    assert changed is not None
    return changed


async def a_key(store: Store, made: Any, guild_id: int = GUILD) -> int:
    return int((await store.keys.set(guild_id, SECRET, set_by=1, status=made.status())).key.id)


async def now(store: Store, job: Job) -> Job:
    found = await store.jobs.get(job.guild_id, job.id)
    assert found is not None
    return found


async def ledger_of(store: Store, job: Job) -> dict[str, Decimal]:
    return {row.kind: row.credits for row in await store.ledger.rows(job.guild_id) if row.job_id == job.id}


@pytest.mark.parametrize("state", STATES)
async def test_what_was_not_sent_ends_at_once_and_what_may_be_paid_goes_on(store: Store, made: Any, state: str):
    job = await a_job(store, made, state)
    assert await store.absent_guilds.note(GUILD) == (state in AT_ONCE)
    after = await now(store, job)
    if state in AT_ONCE:
        assert (after.state, after.finished_at is not None) == (JobState.CANCELLED, True)
        assert "removed from this server" in (after.error or "")
        assert await ledger_of(store, job) == {LedgerKind.HOLD: 10, LedgerKind.RELEASE: 10}
    else:
        assert after == job
    assert await store.questions.get(GUILD, "approval", job.card_id) is None
    assert await store.check() == []


@pytest.mark.parametrize("own_key", [True, False])
@pytest.mark.parametrize("state", [IN_DOUBT, JobState.QUEUED, JobState.PROCESSING, JobState.READY])
async def test_after_the_grace_what_is_made_is_kept_and_what_needs_the_key_is_given_up(
    store: Store, made: Any, state: str, own_key: bool
):
    key_id = await a_key(store, made)
    job = await a_job(store, made, state, key_id=key_id if own_key else None)
    await store.absent_guilds.note(GUILD)
    await store.absent_guilds.forget(GUILD)
    after = await now(store, job)
    if state == JobState.READY:
        assert after.state is JobState.HELD
        assert await ledger_of(store, job) == {LedgerKind.HOLD: 10, LedgerKind.SETTLE: 7}
    elif own_key or state == IN_DOUBT:
        assert (after.state, after.recheck_at, after.cost) == (JobState.FAILED, None, None)
        assert await ledger_of(store, job) == {LedgerKind.HOLD: 10, LedgerKind.RELEASE: 10}
    else:
        assert after == job, "the host's key follows it to its end"
    assert await store.keys.get(GUILD, key_id) is None
    assert await store.check() == []


async def test_a_card_that_discord_may_not_have_is_not_looked_up_there(store: Store, accepted: Any):
    await accepted(store, answered=False)
    await store.absent_guilds.note(GUILD)
    assert await store.cards.unanswered() == []


async def test_forgetting_is_in_the_record_if_there_was_a_key(store: Store, made: Any):
    await store.absent_guilds.forget(GUILD)
    assert await store.decisions.all(GUILD) == []
    await a_key(store, made)
    await store.absent_guilds.forget(GUILD)
    await store.absent_guilds.forget(GUILD)
    assert [line.kind for line in await store.decisions.all(GUILD)] == ["key"]


async def test_a_guild_is_overdue_only_as_long_as_there_is_something_to_forget(store: Store, made: Any, clock: Any):
    await a_key(store, made)
    await store.absent_guilds.note(GUILD)
    await a_job(store, made, JobState.PROCESSING, guild_id=OTHER)
    await store.absent_guilds.note(OTHER)
    assert await store.absent_guilds.overdue(clock.now - 1) == []
    assert await store.absent_guilds.overdue(clock.now) == [GUILD], "the host's key follows the other's job"
    await store.absent_guilds.forget(GUILD)
    assert await store.absent_guilds.overdue(clock.now) == []
    assert await store.absent_guilds.all() == {GUILD, OTHER}


@settings(
    max_examples=examples(quick=10, long=25),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    jobs=st.lists(st.tuples(st.sampled_from(STATES), st.booleans(), st.booleans()), max_size=8),
    acts=st.lists(st.sampled_from(["note", "remove", "forget"]), max_size=5),
)
async def test_whatever_a_guild_does_every_hold_is_closed_once_and_no_other_guilds(
    open_store: Any, made: Any, databases: Any, jobs: list[tuple[str, bool, bool]], acts: list[str]
):
    store = await open_store(databases.new(), secret_keys=("x" * 32,))
    keys = {guild_id: await a_key(store, made, guild_id) for guild_id in (GUILD, OTHER)}
    made_jobs = []
    for state, own_key, theirs in jobs:
        guild_id = OTHER if theirs else GUILD
        made_jobs.append(await a_job(store, made, state, keys[guild_id] if own_key else None, guild_id))
    for act in acts:
        await getattr(store.absent_guilds, act)(GUILD)
        assert await store.check() == []
    for job in made_jobs:
        after = await now(store, job)
        closed = {LedgerKind.SETTLE, LedgerKind.RELEASE} & (await ledger_of(store, job)).keys()
        assert len(closed) == after.state.ended
        assert after == job or job.guild_id == GUILD
    assert await store.keys.get(OTHER, keys[OTHER]) is not None
    await store.close()


# ---------------------------------------------------------------------- Absences, which decides when


@pytest.mark.sqlite_only("another program has the file")
async def test_a_database_that_is_busy_delays_what_is_noted(open_store: Any, path: Path, made: Any, clock: Any):
    store = await open_store(busy_timeout_s=0.05)
    job = await a_job(store, made, JobState.WAITING)
    absences = Absences(store, clock)
    await absences.load()
    with closing(sqlite3.connect(path, isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError):
            await absences.left(GUILD)
        assert absences.is_absent(GUILD), "nothing is shown there from now on"
        lock.execute("ROLLBACK")
    await absences.run_once()
    assert (await now(store, job)).state is JobState.CANCELLED
    await absences.returned(GUILD)
    assert not absences.is_absent(GUILD)
    assert await store.absent_guilds.all() == set()


@pytest.mark.sqlite_only("another program has the file")
async def test_a_comparison_that_fails_is_made_up_for(open_store: Any, path: Path, made: Any, clock: Any):
    store = await open_store(busy_timeout_s=0.05)
    await a_key(store, made)
    await a_key(store, made, OTHER)
    absences = Absences(store, clock)
    with closing(sqlite3.connect(path, isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError):
            await absences.compare([OTHER])
        lock.execute("ROLLBACK")
    await absences.run_once()
    assert await store.absent_guilds.all() == {GUILD}
    await absences.returned(GUILD)
    await absences.run_once()
    assert await store.absent_guilds.all() == set(), "it was compared once"


async def test_no_other_key_asks_for_the_requests_of_an_absent_guild(store: Store, made: Any, clock: Any):
    absences = Absences(store, clock)
    keys = ApiKeys(store, host_key=SECRET[::-1], host_key_serves=lambda _: True, is_absent=absences.is_absent)
    key_id = await a_key(store, made)
    job = await a_job(store, made, JobState.PROCESSING, key_id=key_id)
    await absences.left(GUILD)
    found = await keys.for_job(job)
    assert found is not None
    assert found.id == key_id
    await store.keys.note_refused(GUILD, key_id, probe_at=1.0)
    await store.keys.remove(GUILD)
    assert await keys.for_job(job) is None
    await absences.returned(GUILD)
    found = await keys.for_job(job)
    assert found is not None
    assert found.id is None


async def test_what_was_begun_while_the_bot_was_removed_ends_too(store: Store, made: Any, clock: Any):
    absences = Absences(store, clock)
    await absences.left(GUILD)
    job = await a_job(store, made, JobState.WAITING)
    await absences.run_once()
    assert (await now(store, job)).state is JobState.CANCELLED


async def test_the_grace_begins_with_the_first_removal_that_lasts(store: Store, made: Any, clock: Any):
    key_id = await a_key(store, made)
    absences = Absences(store, clock)
    returned: list[int] = []
    absences.listen(returned.append)
    await absences.left(GUILD)
    clock.now += GRACE_S - 1
    await absences.returned(GUILD)
    await absences.returned(GUILD)
    assert returned == [GUILD]
    await absences.left(GUILD)
    clock.now += GRACE_S - 1
    await absences.left(GUILD)
    await absences.run_once()
    assert await store.keys.get(GUILD, key_id) is not None
    clock.now += 1
    await absences.run_once()
    assert await store.keys.get(GUILD, key_id) is None


async def test_events_that_come_at_once_end_with_the_last(store: Store, made: Any, clock: Any):
    absences = Absences(store, clock)
    await asyncio.gather(absences.left(GUILD), absences.returned(GUILD), absences.left(GUILD))
    assert (await store.absent_guilds.all(), absences.is_absent(GUILD)) == ({GUILD}, True)
    await asyncio.gather(absences.left(GUILD), absences.returned(GUILD))
    assert (await store.absent_guilds.all(), absences.is_absent(GUILD)) == (set(), False)


async def test_a_second_run_knows_what_the_first_has_noted(store: Store, made: Any, clock: Any):
    await Absences(store, clock).left(GUILD)
    later = Absences(store, clock)
    await later.load()
    assert later.is_absent(GUILD)
    await later.compare([GUILD])
    assert not later.is_absent(GUILD)
