"""An SQLite file is moved to PostgreSQL whole, once, and compared: or nothing is."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.domain.models import JobState
from bot.errors import StartError, StoreError
from bot.fleet.postgresql import migrate as moving
from bot.fleet.postgresql.migrate import migrate
from bot.runtime import failpoints
from bot.runtime.failpoints import Crash
from bot.runtime.progress import no_progress
from bot.settings import PostgresUrl, SecretStr, Settings
from bot.store import Store
from bot.store.host.backup import back_up
from bot.store.host.moved import moved_file
from tests.store.conftest import GUILD, HandClock
from tests.store.test_guild_isolation import populate

pytestmark = [pytest.mark.long, pytest.mark.sqlite_only("it begins with a file")]
Open = Callable[..., Awaitable[Store]]
KEY = "m" * 40


@pytest.fixture
def settings(path: Path, monkeypatch: pytest.MonkeyPatch, clock: HandClock) -> Settings:
    monkeypatch.setattr("bot.app.host.offline.SystemClock", lambda: clock)
    return Settings(database=path, secret_keys=(SecretStr(KEY),))


@pytest.fixture
def target(empty_postgres_database: str) -> PostgresUrl:
    return PostgresUrl(empty_postgres_database)


@pytest.fixture
async def filled(open_store: Open, accepted: Any, made: Any, clock: HandClock) -> None:
    """A file with something in every table, closed."""
    store = await open_store(secret_keys=(KEY,))
    for guild_id in (GUILD, 701):
        await store.keys.set(guild_id, "cs_live_0123456789", set_by=2, status=made.status())
        _, jobs = await accepted(store, "1", "2.5", "3", guild_id=guild_id)
        await store.jobs.change(jobs[0], JobState.FAILED, release=True, error="a\ttab, a\nline, \\N, 'ü' and 🦊")
        ended = await store.jobs.change(jobs[1], JobState.HELD, settle=jobs[1].held, output={"a": "\x00"})
        assert ended is not None
    await populate(store, 702, made, accepted)
    await store.meta.set("with a NUL", "a\x00b")
    await store.close()


def move(settings: Settings, target: PostgresUrl, clock: HandClock) -> Awaitable[str]:
    return migrate(settings, target, clock=clock, progress=no_progress)


def tables(target: PostgresUrl) -> list[str]:
    with psycopg.connect(target.get_secret_value()) as db:
        return [row[0] for row in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


async def test_all_is_there_and_goes_on(
    filled: None, settings: Settings, target: PostgresUrl, clock: HandClock, accepted: Any, path: Path
):
    said = await move(settings, target, clock)
    assert "jobs had not ended" in said
    store = await Store.open(target, clock=clock, secret_keys=(KEY,))
    try:
        assert await store.check() == []
        assert (await store.ledger.balance(GUILD)).spent == 2.5
        [held, failed] = [job for job in await store.job_lists.recent(GUILD) if job.state.ended]
        assert (failed.error, held.output) == ("a\ttab, a\nline, \\N, 'ü' and 🦊", {"a": "\x00"})
        assert await store.meta.get("with a NUL") == "a\ufffdb"
        key = await store.keys.current(GUILD)
        assert key is not None
        assert key.secret == "cs_live_0123456789"
        newest = (await store.ledger.rows(GUILD))[0]
        _, (job,) = await accepted(store, "7")
        assert (await store.ledger.rows(GUILD))[0].job_id == job.id, "ids are counted on"
        assert newest.job_id != job.id
        assert await store.jobs.change(job, JobState.FAILED, release=True) is not None, "the triggers are back"
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            await store._database.write(lambda db: db.execute("DELETE FROM ledger"))
        assert (await store.job_lists.recent(GUILD))[0].id == job.id, "and so is the order in which they came"
    finally:
        await store.close()


async def test_no_bot_starts_on_a_file_that_was_moved(
    filled: None, settings: Settings, target: PostgresUrl, clock: HandClock, open_store: Open
):
    await move(settings, target, clock)
    with pytest.raises(StoreError, match=r"was moved to postgresql://.*set DATABASE"):
        await open_store(secret_keys=(KEY,))
    assert "was moved to" in Store.check_file(settings.sqlite_file, (KEY,))[0]
    with pytest.raises(StoreError, match="was moved to"):
        await move(settings, target, clock)


async def test_a_database_is_moved_to_once(
    filled: None, settings: Settings, target: PostgresUrl, clock: HandClock, tmp_path: Path
):
    backup = tmp_path / "before.backup"
    back_up(settings.sqlite_file, backup, with_key=False, replaces=False, now=clock.now, progress=no_progress)
    await move(settings, target, clock)
    with pytest.raises(StoreError, match="has been moved to already"):
        await move(replace(settings, database=backup), target, clock)


async def test_what_is_not_empty_is_left_alone(filled: None, settings: Settings, target: PostgresUrl, clock: HandClock):
    with psycopg.connect(target.get_secret_value()) as db:
        db.execute("CREATE TABLE theirs (a INTEGER)")
    with pytest.raises(StoreError, match="has tables already"):
        await move(settings, target, clock)
    assert tables(target) == ["theirs"]
    assert moved_file(settings.sqlite_file) is None


async def test_a_bot_that_runs_is_left_alone(
    filled: None, settings: Settings, target: PostgresUrl, clock: HandClock, open_store: Open
):
    await open_store(secret_keys=(KEY,), alone=True)
    with pytest.raises(StoreError, match="running on"):
        await move(settings, target, clock)
    assert tables(target) == []


@pytest.mark.parametrize("point", failpoints.MOVE_NAMES)
async def test_a_move_that_dies_is_as_if_it_had_not_begun_or_is_found_done(
    filled: None, settings: Settings, target: PostgresUrl, clock: HandClock, point: str
):
    failpoints.arm([point])
    with pytest.raises(Crash):
        await move(settings, target, clock)
    is_done = point == "move.committed"
    assert bool(tables(target)) == is_done
    assert (moved_file(settings.sqlite_file) is not None) == (point in {"move.marked", "move.committed"})
    if is_done:
        with pytest.raises(StoreError, match="set DATABASE"):
            await move(settings, target, clock)
    else:
        assert "Moved" in await move(settings, target, clock)


@pytest.mark.parametrize(
    "spoiled",
    [
        "DELETE FROM draws",
        "ALTER TABLE ledger DISABLE TRIGGER USER; UPDATE ledger SET credits_milli = credits_milli + 1 WHERE id = 1",
        "UPDATE cards SET created_at = created_at + 0.5",
    ],
)
async def test_what_has_not_arrived_as_it_was_is_seen(
    filled: None,
    settings: Settings,
    target: PostgresUrl,
    clock: HandClock,
    spoiled: str,
    monkeypatch: pytest.MonkeyPatch,
):
    compare = moving._Table.is_the_same

    def spoil(table: moving._Table) -> bool:
        if table.name == "meta":
            table._target.execute(spoiled.encode())
        return compare(table)

    monkeypatch.setattr(moving._Table, "is_the_same", spoil)
    with pytest.raises(StoreError, match="do not have the same"):
        await move(settings, target, clock)
    assert tables(target) == []
    assert moved_file(settings.sqlite_file) is None


async def test_a_database_with_problems_is_not_moved(
    filled: None, settings: Settings, target: PostgresUrl, clock: HandClock, path: Path
):
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TRIGGER jobs_end_closes_hold")
        db.execute("UPDATE jobs SET state = 'failed' WHERE state = 'submitting'")
    with pytest.raises(StartError, match="nothing was moved"):
        await move(settings, target, clock)
    assert tables(target) == []


async def test_the_command_says_what_to_do(filled: None, path: Path, target: PostgresUrl, tmp_path: Path):
    from tests.unit.test_cli import cannon_bot

    done = await asyncio.to_thread(
        cannon_bot, "migrate-to", target.get_secret_value(), cwd=tmp_path, DATABASE=str(path), SECRET_KEYS=KEY
    )
    assert done.returncode == 0
    assert all(line.startswith("Upgrading the database: ") for line in done.stderr.splitlines()), "on a slow machine"
    assert "Now set DATABASE to its address and the same SECRET_KEYS" in done.stdout
    where = {"DATABASE": target.get_secret_value(), "SECRET_KEYS": KEY}
    again = await asyncio.to_thread(
        cannon_bot, "jobs", "list", "--state", "open", "--guild", str(GUILD), cwd=tmp_path, **where
    )
    assert again.returncode == 0
    assert len(again.stdout.splitlines()) == 2
