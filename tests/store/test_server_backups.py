# ruff: noqa: ASYNC240 - a test may wait for the disk
"""A backup of PostgreSQL is a file like any other: the same rows, restorable to a file and to an empty server."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.app.host.files import make_backup, restore_backup
from bot.domain.models import JobState
from bot.errors import StoreError
from bot.fleet.postgresql import to_file
from bot.fleet.postgresql.move import _OURS
from bot.runtime.progress import no_progress
from bot.settings import PostgresUrl, SecretStr, Settings
from bot.store import Backups, Store
from bot.store.engine import schema
from bot.store.host.backup import back_up
from tests.store.conftest import GUILD, HandClock
from tests.store.test_guild_isolation import populate
from tests.support.databases import SECRET_KEY, PostgresDatabases

pytestmark = [pytest.mark.long, pytest.mark.sqlite_only("it has a server of its own")]
Open = Callable[..., Awaitable[Store]]


@pytest.fixture
async def server(
    postgres_databases: PostgresDatabases, clock: HandClock, made: Any, accepted: Any, monkeypatch: pytest.MonkeyPatch
) -> PostgresUrl:
    """A database with something in every table, and jobs that have not ended."""
    monkeypatch.setattr("bot.app.host.offline.SystemClock", lambda: clock)
    url = postgres_databases.new()
    store = await Store.open(url, clock=clock, secret_keys=(SECRET_KEY,))
    await store.keys.set(GUILD, "cs_live_0123456789", set_by=2, status=made.status())
    _, jobs = await accepted(store, "1", "2.5", "3")
    await store.jobs.change(jobs[0], JobState.FAILED, release=True, error="a\ttab, a\nline, \\N, 'ü' and 🦊")
    await store.jobs.change(jobs[1], JobState.HELD, settle=jobs[1].held, output={"a": 1.0})
    await populate(store, 702, made, accepted)
    await store.leases.hold("p1", 60)
    await store.close()
    return url


def settings(database: Path | PostgresUrl, **more: Any) -> Settings:
    return Settings(database=database, secret_keys=(SecretStr(SECRET_KEY),), **more)


def copied(url: PostgresUrl, target: Path, clock: HandClock) -> Any:
    return back_up(url, target, with_key=True, replaces=False, now=clock.now, progress=no_progress)


async def test_every_row_and_its_order_is_in_the_file(server: PostgresUrl, tmp_path: Path, clock: HandClock) -> None:
    target = tmp_path / "server.backup"
    done = copied(server, target, clock)
    assert (done.key_file, len(done.needed)) == (None, 1)
    assert target.stat().st_mode & 0o777 == 0o600
    with psycopg.connect(server.get_secret_value()) as there, closing(sqlite3.connect(target)) as here:
        assert here.execute("PRAGMA user_version").fetchone() == (len(schema.migrations()),)
        tables = [name for (name,) in here.execute(_OURS)]
        assert {"jobs", "ledger", "running_totals", "guild_keys"} < set(tables)
        for table in tables:
            names = ", ".join(row[1] for row in here.execute(f"PRAGMA table_info({table})"))
            query = f"SELECT {names} FROM {table}" + (" WHERE name NOT LIKE 'backup%'" if table == "meta" else "")
            assert set(there.execute(query.encode())) == set(here.execute(query)), table
        newest = "SELECT id FROM jobs ORDER BY created_at DESC, rowid DESC"
        assert there.execute(newest.encode()).fetchall() == here.execute(newest).fetchall()


async def test_the_file_is_restored_for_one_process(
    server: PostgresUrl, tmp_path: Path, clock: HandClock, accepted: Any
) -> None:
    target = tmp_path / "server.backup"
    said = make_backup(settings(server), target, with_key=True, replaces=False, clock=clock, progress=no_progress)
    assert "To restore it you also need the secret key" in said
    file = tmp_path / "bot.db"
    assert "had not ended" in restore_backup(settings(file), target, clock=clock, progress=no_progress)
    await goes_on(file, clock, accepted)


async def test_the_file_is_restored_to_an_empty_server(
    server: PostgresUrl, empty_postgres_database: str, tmp_path: Path, clock: HandClock, accepted: Any
) -> None:
    target = tmp_path / "server.backup"
    copied(server, target, clock)
    url = PostgresUrl(empty_postgres_database)
    said = restore_backup(settings(url), target, clock=clock, progress=no_progress)
    assert "had not ended" in said
    assert "1970" in said, "as it was then"
    await goes_on(url, clock, accepted)
    with pytest.raises(StoreError, match="has tables already"):
        restore_backup(settings(url), target, clock=clock, progress=no_progress)


async def goes_on(database: Path | PostgresUrl, clock: HandClock, accepted: Any) -> None:
    """Prove that a bot goes on with the jobs, and pays none twice."""
    store = await Store.open(database, clock=clock, secret_keys=(SECRET_KEY,))
    try:
        assert await store.check() == []
        assert (await store.ledger.balance(GUILD)).spent == 2.5
        [waiting] = await store.job_lists.recent(GUILD, states=[JobState.SUBMITTING])
        assert (waiting.in_doubt, waiting.lease, waiting.attempts) == (True, None, 1)
        key = await store.keys.current(GUILD)
        assert key is not None
        assert key.secret == "cs_live_0123456789"
        before = {row.id for row in await store.ledger.rows(GUILD)}
        _, (job,) = await accepted(store, "7")
        newest = (await store.ledger.rows(GUILD))[0]
        assert (newest.job_id, newest.id in before) == (job.id, False), "ids are counted on"
        assert await store.jobs.change(job, JobState.FAILED, release=True) is not None, "the triggers are back"
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            await store._database.write(lambda db: db.execute("DELETE FROM ledger"))
    finally:
        await store.close()


async def test_a_lost_key_is_one_sentence_and_the_server_stays_empty(
    server: PostgresUrl, empty_postgres_database: str, tmp_path: Path, clock: HandClock
) -> None:
    target = tmp_path / "server.backup"
    copied(server, target, clock)
    url = PostgresUrl(empty_postgres_database)
    other = Settings(database=url, secret_keys=(SecretStr("o" * 40),))
    with pytest.raises(StoreError, match="is missing, so nothing was restored"):
        restore_backup(other, target, clock=clock, progress=no_progress)
    with psycopg.connect(empty_postgres_database) as db:
        assert db.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


async def test_a_daily_copy_that_differs_is_none(
    server: PostgresUrl, tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "backups"
    copies = Backups(server, folder, signature="A1B2C3", clock=clock)
    await copies.run_once()
    real = to_file._fill

    def lossy(source: Any, copy: Any, *more: Any) -> Any:
        tables = real(source, copy, *more)
        copy.execute("DROP TRIGGER ledger_never_updates")
        copy.execute("UPDATE ledger SET credits_milli = credits_milli + 1")
        return tables

    monkeypatch.setattr(to_file, "_fill", lossy)
    clock.now += 86_400
    await copies.run_once()
    assert copies.failure is not None
    assert "do not have the same" in copies.failure
    assert len(list(folder.iterdir())) == 1


async def test_what_is_no_database_of_ours_is_one_sentence(
    empty_postgres_database: str, tmp_path: Path, clock: HandClock
) -> None:
    with pytest.raises(StoreError, match="has no data of cannon-bot in it"):
        copied(PostgresUrl(empty_postgres_database), tmp_path / "x", clock)
    with pytest.raises(StoreError, match="can't be used"):
        copied(PostgresUrl("postgresql:///nowhere?host=/nonexistent"), tmp_path / "x", clock)
    assert list(tmp_path.glob("x*")) == []
