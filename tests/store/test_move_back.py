# ruff: noqa: ASYNC240 - a test may wait for the disk
"""A PostgreSQL database is moved to a file whole, and compared; at no moment can bots start on both."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.app.host.files import migrate
from bot.domain.models import JobState
from bot.errors import Refused, StartError, StoreError
from bot.runtime import failpoints
from bot.runtime.failpoints import Crash
from bot.runtime.progress import no_progress
from bot.settings import PostgresUrl, SecretStr, Settings
from bot.store import Store
from bot.store.host.integrity import problems_of_file
from tests.store.conftest import GUILD, HandClock
from tests.store.test_server_backups import server
from tests.support.databases import SECRET_KEY
from tests.unit.test_cli import cannon_bot

pytestmark = [pytest.mark.long, pytest.mark.sqlite_only("it has a server of its own")]
__all__ = ["server"]  # a fixture


def move(database: Path | PostgresUrl, target: Path | PostgresUrl | None, clock: HandClock) -> str:
    kept = Settings(database=database, secret_keys=(SecretStr(SECRET_KEY),))
    return migrate(kept, target, clock=clock, progress=no_progress)


async def at(clock: HandClock, database: Path | PostgresUrl, target: Path | PostgresUrl | None) -> str:
    return await asyncio.to_thread(move, database, target, clock)


async def opened(database: Path | PostgresUrl, clock: HandClock) -> Store:
    return await Store.open(database, clock=clock, secret_keys=(SECRET_KEY,))


@pytest.fixture
def stopped(server: PostgresUrl) -> PostgresUrl:
    """The filled database without a bot."""
    with psycopg.connect(server.get_secret_value()) as db:
        db.execute("UPDATE leases SET expires_at = 0")
    return server


async def test_jobs_go_on_in_the_file_and_come_back(
    stopped: PostgresUrl, empty_postgres_database: str, tmp_path: Path, clock: HandClock, accepted: Any
) -> None:
    file = tmp_path / "bot.db"
    before = await opened(stopped, clock)
    sums, count = await before.ledger.balance(GUILD), len(await before.ledger.rows(GUILD))
    await before.close()
    said = await at(clock, stopped, file)
    assert "had not ended and will continue there" in said
    assert f"Now set DATABASE={file}, keep SECRET_KEYS, and start one bot" in said
    assert file.stat().st_mode & 0o777 == 0o600
    store = await opened(file, clock)
    try:
        assert await store.check() == []
        assert await store.ledger.balance(GUILD) == sums
        assert len(await store.ledger.rows(GUILD)) == count
        [open_job] = await store.job_lists.recent(GUILD, states=[JobState.SUBMITTING])
        assert (open_job.in_doubt, open_job.lease, open_job.attempts) == (False, None, 0), "nothing is doubtful"
        _, (job,) = await accepted(store, "7")
        assert await store.jobs.change(job, JobState.FAILED, release=True) is not None, "the triggers are back"
        sums = await store.ledger.balance(GUILD)
    finally:
        await store.close()
    url = PostgresUrl(empty_postgres_database)
    assert "Moved" in await at(clock, file, url), "and there again, to another server"
    again = await opened(url, clock)
    try:
        assert await again.check() == []
        assert await again.ledger.balance(GUILD) == sums
    finally:
        await again.close()
    assert "Moved" in await at(clock, url, file), "in the place of the file that was moved"
    assert len(list(tmp_path.glob("bot.db.before-restore-*"))) == 1


async def test_no_bot_starts_on_what_was_moved_until_that_is_undone(
    stopped: PostgresUrl, tmp_path: Path, clock: HandClock
) -> None:
    file = tmp_path / "bot.db"
    await at(clock, stopped, file)
    with pytest.raises(StoreError, match=rf"was moved to {file} .*set DATABASE.*--undo"):
        await opened(stopped, clock)
    assert "was moved to" in Store.check_server(stopped, (SECRET_KEY,))[0]
    with pytest.raises(StoreError, match="has data already"):
        await at(clock, stopped, file)
    with pytest.raises(StoreError, match="was moved to"):
        await at(clock, stopped, tmp_path / "other.db")
    assert "is used again" in await at(clock, stopped, None)
    store = await opened(stopped, clock)
    [doubtful] = await store.job_lists.recent(GUILD, states=[JobState.SUBMITTING])
    assert doubtful.in_doubt, "it may have been submitted from the file"
    await store.close()
    with pytest.raises(StartError, match="nothing to undo"):
        await at(clock, stopped, None)


async def test_a_running_bot_is_left_alone(server: PostgresUrl, tmp_path: Path, clock: HandClock) -> None:
    with psycopg.connect(server.get_secret_value()) as db:
        db.execute("UPDATE leases SET expires_at = 1e12")
    with pytest.raises(Refused, match="Stop every bot"):
        await at(clock, server, tmp_path / "bot.db")
    with psycopg.connect(server.get_secret_value()) as db:
        db.execute("DELETE FROM leases")
        db.execute("INSERT INTO gateways (process, joined_at, expires_at) VALUES ('g1', 0, 1e12)")
    with pytest.raises(Refused, match="Stop every bot"):
        await at(clock, server, tmp_path / "bot.db")
    await (await opened(server, clock)).close()


@pytest.mark.parametrize("point", ["move.half", "restore.marked", "restore.moved"])
async def test_a_move_that_dies_is_completed_by_another(
    stopped: PostgresUrl, tmp_path: Path, clock: HandClock, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bot.db"
    monkeypatch.setattr("bot.fleet.postgresql.migrate.take_mark_off_server", lambda *_, **__: None)  # it is dead
    failpoints.arm([point])
    with pytest.raises(Crash):
        await at(clock, stopped, file)
    failpoints.arm([])
    monkeypatch.undo()
    with pytest.raises(StoreError, match="was moved to"):
        await opened(stopped, clock)
    assert "Moved" in await at(clock, stopped, file)
    assert problems_of_file(file, (SECRET_KEY,), clock.now) == []


async def test_a_move_that_fails_leaves_the_server_as_it_was(
    stopped: PostgresUrl, tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.engine.files.os.statvfs", lambda _: type("Full", (), {"f_bavail": 1, "f_frsize": 1}))
    with pytest.raises(StoreError, match="The copy needs"):
        await at(clock, stopped, tmp_path / "bot.db")
    await (await opened(stopped, clock)).close()


async def test_the_command_takes_a_file_and_says_what_it_does_not_take(
    stopped: PostgresUrl, tmp_path: Path, clock: HandClock
) -> None:
    def run(*arguments: str, database: str) -> Any:
        return cannon_bot("migrate-to", *arguments, cwd=tmp_path, DATABASE=database, SECRET_KEYS=SECRET_KEY)

    done = await asyncio.to_thread(run, "sqlite", database=stopped.get_secret_value())
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(tmp_path / "data" / "cannon-bot.db")) as db:
        assert db.execute("SELECT count(*) > 0 FROM ledger").fetchone() == (1,)
    again = await asyncio.to_thread(run, "sqlite:other.db", database=str(tmp_path / "data" / "cannon-bot.db"))
    assert (again.returncode, "is a file already" in again.stderr) == (78, True)
    odd = await asyncio.to_thread(run, "sqlite://x.db", database=stopped.get_secret_value())
    assert (odd.returncode, "an address is needed" in odd.stderr) == (2, True)
