"""A stuck job, seen and solved by the host: nothing is paid twice, and nothing of a living bot is touched."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.app.host.check import Findings, report
from bot.app.host.jobs import texts
from bot.app.host.jobs.commands import as_json, host_credits_spent, release_job, retry_job, show_job
from bot.domain.models import Job, JobState
from bot.domain.money.limit_rules import host_limits
from bot.errors import Refused, StoreError
from bot.runtime.clock import SystemClock
from bot.runtime.progress import no_progress
from bot.settings import PostgresUrl, SecretStr, Settings
from bot.store import Store
from bot.store.host.jobs import listed
from tests.support.claims import claimed_by
from tests.support.databases import Databases

Open = Callable[..., Awaitable[Store]]
DUE_S, STEP = 500.0, {"remote_id": "req_1", "submitted_at": 999_990.0}


@pytest.fixture
def settings(
    address: Path | PostgresUrl, databases: Databases, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> Settings:
    """Settings of a host whose commands have the tests' clock."""
    monkeypatch.setattr("bot.app.host.offline.SystemClock", lambda: clock)
    return Settings(database=address, secret_keys=tuple(map(SecretStr, databases.options({}).get("secret_keys", ()))))


def list_jobs(settings: Settings, *, clock: Any, **wanted: Any) -> list[dict[str, Any]]:
    values: dict[str, Any] = {"states": None, "guild_id": None, "member_id": None, "older_s": 0, "limit": 9} | wanted
    found = listed(settings.database, now=clock.wall(), **values)
    return [as_json(job, is_followed=is_followed) for job, is_followed in found]


async def bookings(store: Store, job: Job) -> list[str]:
    return [row.kind for row in (await store.ledger.rows(job.guild_id))[::-1] if row.job_id == job.id]


async def moved(store: Store, job: Job, to: JobState, **changes: Any) -> Job:
    changed = await store.jobs.change(job, to, **changes)
    assert changed is not None
    return changed


async def retried(settings: Settings, job: Job, clock: Any) -> str:
    return await retry_job(settings, job.id.lower(), clock=clock, progress=no_progress)


async def released(settings: Settings, job: Job, *, ends: bool = False, is_sure: bool = False) -> str:
    return await release_job(settings, job.id, ends=ends, is_sure=is_sure, progress=no_progress)


async def test_jobs_are_found_by_what_is_known_of_them(
    store: Store, accepted: Any, settings: Settings, clock: Any
) -> None:
    _, (mine,) = await accepted(store)
    _, (theirs,) = await accepted(store, guild_id=701, state=JobState.WAITING)
    clock.now += 3600

    def found(**wanted: Any) -> list[str]:
        return [each["id"] for each in list_jobs(settings, **wanted, clock=clock)]

    assert found() == [theirs.id, mine.id]
    assert found(states={JobState.WAITING}) == found(guild_id=701) == found(limit=1) == [theirs.id]
    assert found(member_id=mine.author_id, states={JobState.SUBMITTING}) == [mine.id]
    assert found(member_id=1) == found(older_s=4000) == []
    table = texts.table(list_jobs(settings, clock=clock), clock.now)
    assert mine.id in table
    assert "a fox" not in table


async def test_a_job_tells_its_lease_and_credits_and_no_words(
    store: Store, accepted: Any, settings: Settings, clock: Any
) -> None:
    _, (job,) = await accepted(store)
    [job] = await claimed_by(store, "bot")
    found = show_job(settings, job.id)
    assert (found["is_followed"], found["is_answered"]) == (True, True)
    assert found["ledger"] == [{"kind": "hold", "credits": "10.000", "at": 1_000_000.0}]
    said = texts.details(found)
    assert "a fox" not in said
    with pytest.raises(Refused, match="no job"):
        show_job(settings, "nowhere")


async def test_when_a_followed_job_is_due_is_known_to_its_bot_alone(
    store: Store, accepted: Any, settings: Settings, clock: Any
) -> None:
    _, (job,) = await accepted(store)
    await claimed_by(store, "bot")

    def shown() -> tuple[str, str, Any]:
        [row] = rows = list_jobs(settings, clock=clock)
        found = show_job(settings, job.id)
        assert found["next_at"] == row["next_at"]
        return texts.table(rows, clock.now), texts.details(found), row["next_at"]

    clock.now += 1
    table, details, next_at = shown()
    assert (next_at, table.count("followed by a running bot")) == (None, 1)
    assert "next_at          followed by a running bot" in details
    await store.leases.drop("bot")
    table, details, next_at = shown()
    assert isinstance(next_at, float)
    assert "followed by" not in table.replace("followed_by", "")
    assert "by a running bot" not in details


async def test_a_job_that_a_living_bot_follows_is_left_alone(
    store: Store, accepted: Any, settings: Settings, clock: Any, open_store: Open
) -> None:
    _, (job,) = await accepted(store)
    await store.close()
    bot = await open_store(alone=True)
    if bot.path is None:
        await bot._database.locks.ask(lambda db: db.execute("SELECT pg_advisory_lock(%s, hashtext('bot'))", [0x0C4D]))  # type: ignore[attr-defined]  # PostgreSQL's
    [job] = await claimed_by(bot, "bot")
    for act in (retried(settings, job, clock), released(settings, job, ends=True, is_sure=True)):
        with pytest.raises(Refused, match="Stop it"):
            await act
    assert await bot.jobs.get(700, job.id) == job
    await bot.close()
    await (await open_store(alone=True)).close()
    assert "No process" in await released(settings, job)
    found = await (await open_store()).jobs.get(700, job.id)
    assert found is not None
    assert found.lease is None


async def test_a_resting_job_is_due_now_and_keeps_its_idempotency_key(
    store: Store, accepted: Any, settings: Settings, clock: Any
) -> None:
    _, (job,) = await accepted(store)
    job = await moved(
        store, job, JobState.SUBMITTING, attempts=3, next_at=clock.now + DUE_S, wait_s=DUE_S, in_doubt=True
    )
    await retried(settings, job, clock)
    found = await store.jobs.get(700, job.id)
    assert found is not None
    assert (found.next_at, found.wait_s) == (clock.now, 0)
    assert (found.idempotency_key, found.attempts, found.in_doubt) == (job.idempotency_key, 3, True)


async def test_a_job_that_was_given_up_is_polled_and_not_submitted(
    store: Store, accepted: Any, settings: Settings, clock: Any
) -> None:
    _, (job,) = await accepted(store)
    job = await moved(store, job, JobState.QUEUED, **STEP)
    job = await moved(store, job, JobState.EXPIRED, release=True)
    assert "is polled now" in await retried(settings, job, clock)
    found = await store.jobs.get(700, job.id)
    assert found is not None
    assert (found.state, found.recheck_at) == (JobState.EXPIRED, clock.now)
    assert await store.check() == []


@pytest.mark.parametrize("case", ["billed", "never sent", "held", "waiting", "delivered", "forgotten"])
async def test_what_cannot_be_retried_is_told_why(
    store: Store, accepted: Any, settings: Settings, clock: Any, case: str
) -> None:
    _, (job,) = await accepted(store, state=JobState.WAITING if case == "waiting" else JobState.SUBMITTING)
    cost = Decimal(7)
    if case in {"billed", "held", "delivered", "forgotten"}:
        job = await moved(store, job, JobState.QUEUED, **STEP)
    match case:
        case "billed":
            job = await moved(store, job, JobState.FAILED, settle=cost, cost=cost)
        case "never sent":
            job = await moved(store, job, JobState.FAILED, release=True)
        case "forgotten":
            job = await moved(store, job, JobState.EXPIRED, release=True)
            clock.now += 15 * 86_400
        case "held" | "delivered":
            job = await moved(store, job, JobState(case), settle=cost)
    before = await store.jobs.get(700, job.id)
    with pytest.raises(Refused):
        await retried(settings, job, clock)
    assert await store.jobs.get(700, job.id) == before


@pytest.mark.parametrize(
    ("state", "changes", "ended", "booked", "is_rechecked"),
    [
        (JobState.WAITING, {}, JobState.CANCELLED, "release", False),
        (JobState.SUBMITTING, {}, JobState.CANCELLED, "release", False),
        (JobState.SUBMITTING, {"attempts": 2, "in_doubt": True}, JobState.FAILED, "release", False),
        (JobState.QUEUED, STEP, JobState.FAILED, "release", True),
        (JobState.READY, STEP | {"cost": Decimal(7)}, JobState.HELD, "settle", False),
    ],
)
async def test_ending_a_job_refunds_what_was_not_made_and_keeps_what_was(
    store: Store,
    accepted: Any,
    settings: Settings,
    clock: Any,
    state: JobState,
    changes: dict[str, Any],
    ended: JobState,
    booked: str,
    is_rechecked: bool,
) -> None:
    _, (job,) = await accepted(store, state=JobState.WAITING if state is JobState.WAITING else JobState.SUBMITTING)
    job = await moved(store, job, state, **changes)
    with pytest.raises(Refused, match="--yes"):
        await released(settings, job, ends=True)
    assert await store.jobs.get(700, job.id) == job, "it was only told"
    assert ended.value in await released(settings, job, ends=True, is_sure=True)
    found = await store.jobs.get(700, job.id)
    assert found is not None
    assert (found.state, found.recheck_at is not None) == (ended, is_rechecked)
    assert found.error
    assert await bookings(store, job) == ["hold", booked]
    assert await store.check() == []
    with pytest.raises(Refused, match="has ended"):
        await released(settings, job, ends=True, is_sure=True)
    assert await bookings(store, job) == ["hold", booked]


@pytest.mark.sqlite_only("the schema's number is in the file")
async def test_a_database_of_another_schema_is_not_read(store: Store, settings: Settings, path: Path) -> None:
    await store.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 5")
    with pytest.raises(StoreError, match="schema 5"):
        show_job(settings, "x")
    with pytest.raises(StoreError, match="schema 5"):
        list_jobs(settings, clock=SystemClock())


async def test_the_hosts_limits_and_what_servers_spent_under_them_are_shown(
    store: Store, accepted: Any, settings: Settings, clock: Any
) -> None:
    assert host_credits_spent(settings, clock) == []
    await accepted(store, "10")
    _, (theirs,) = await accepted(store, "20", guild_id=701)
    await store.jobs.change(theirs, JobState.DELIVERED, settle=Decimal("25.5"), cost=Decimal("25.5"))
    limited = replace(settings, cannon_api_key_limit=Decimal(100), cannon_api_key_total=Decimal(300))
    found = host_credits_spent(limited, clock)
    assert [tuple(each.values()) for each in found] == [
        ("CANNON_API_KEY_LIMIT", "25.5", "100", "701"),
        ("CANNON_API_KEY_TOTAL", "35.5", "300", "all"),
    ]
    page = report(limited, Findings(), clock)
    assert page["host_credits"] == found
    assert "35.5 of 300 credits" in texts.host_credits(found)
    clock.now += 32 * 86_400
    assert [each["spent"] for each in host_credits_spent(limited, clock)] == ["0", "0"]
    store.limit_host_key(host_limits(Decimal(100), Decimal(300)))
    clock.now -= 32 * 86_400
    assert [(each.is_total, each.spent) for each in (await store.figures.now()).of_host] == [
        (False, Decimal("25.5")),
        (True, Decimal("35.5")),
    ]
