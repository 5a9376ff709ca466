"""A fleet moves from PostgreSQL to a file, and from there to another server, in the middle of jobs: none twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.app.host.files import make_backup, migrate, restore_backup
from bot.domain.models import JobState
from bot.runtime.clock import SystemClock
from bot.runtime.progress import no_progress
from bot.settings import PostgresUrl, SecretStr, Settings
from sandbox.server import Sandbox
from tests.support.databases import PostgresDatabases
from tests.support.postgres import Server
from tests.support.rig import HOST_KEY
from tests.support.wire.fleet import SECRET, Fleet
from tests.support.wire.server import WireDiscord

pytestmark = pytest.mark.long

Query = Callable[[str], list[Any]]


def of_file(path: Path) -> Query:
    def query(text: str) -> list[Any]:
        with closing(sqlite3.connect(path, timeout=60)) as db:
            return db.execute(text).fetchall()

    return query


def of_server(url: str) -> Query:
    def query(text: str) -> list[Any]:
        with psycopg.connect(url) as db:
            return db.execute(text.encode()).fetchall()

    return query


async def moved(database: Path | PostgresUrl, target: Path | PostgresUrl) -> str:
    """Move by `migrate-to` to a server, and by a backup to a file."""
    given: dict[str, Any] = {"clock": SystemClock(), "progress": no_progress}
    settings = Settings(database=database, secret_keys=(SecretStr(SECRET),))
    if isinstance(target, PostgresUrl):
        return await asyncio.to_thread(migrate, settings, target, **given)
    backup = target.with_suffix(".backup")
    await asyncio.to_thread(make_backup, settings, backup, with_key=False, replaces=False, **given)
    return await asyncio.to_thread(restore_backup, replace(settings, database=target), backup, **given)


def books(query: Query) -> list[Any]:
    return sorted(query("SELECT guild_id, member_id, kind, count(*), sum(credits_milli) FROM ledger GROUP BY 1, 2, 3"))


async def test_jobs_are_posted_once_and_paid_once_wherever_they_end(
    tmp_path: Path, empty_postgres_database: str, postgres_server: Server
) -> None:
    async with WireDiscord() as discord, Sandbox(speed=50, small=True) as sandbox:
        sandbox.add_key(HOST_KEY, credits=10_000)
        fleet = Fleet(discord, sandbox, tmp_path, empty_postgres_database)
        server, file = of_server(fleet.database), tmp_path / "bot.db"
        async with fleet.running("gateway", "worker") as processes:
            for prompt in ("a fox #fast", "a hare #forever", "a heron #forever", "an otter #forever"):
                await fleet.ask(prompt)
            await fleet.until(lambda: len(sandbox.requests) == 4 and len(fleet.posted) == 1)
            for process in processes:
                assert await process.terminate() == 0
        before = books(server)
        assert "3 jobs had not ended" in await moved(PostgresUrl(fleet.database), file)
        here = of_file(file)
        assert books(here) == before

        async with fleet.running("all", DATABASE=str(file)) as (alone,):
            finish(sandbox, "hare")
            await fleet.until(lambda: len(fleet.posted) == 2)
            await fleet.ask("a crane #fast")
            await fleet.until(lambda: len(fleet.posted) == 3)
            assert await alone.terminate() == 0
        assert books(server) == before, "nothing was written there any more"
        before = books(here)

        databases = PostgresDatabases(postgres_server, "template0")
        try:
            url = databases.new()
            assert "2 jobs had not ended" in await moved(file, url)
            fleet.database = url.get_secret_value()
            assert books(of_server(fleet.database)) == before
            async with fleet.running("gateway", "worker") as processes:
                finish(sandbox, "heron", "otter")
                await fleet.until(lambda: len(fleet.posted) == 5)
                for process in processes:
                    assert await process.terminate() == 0
            assert_exact(of_server(fleet.database), sandbox)
        finally:
            databases.clear()


def finish(sandbox: Sandbox, *animals: str) -> None:
    """End the requests for these: they may be sent in any order."""
    for request in sandbox.requests:
        if any(animal in str(request.input["prompt"]) for animal in animals):
            sandbox.finish(request.id)


def assert_exact(query: Query, sandbox: Sandbox) -> None:
    assert query("SELECT state, count(*) FROM jobs GROUP BY 1") == [(JobState.DELIVERED, 5)]
    assert set(Counter(query("SELECT job_id, kind FROM ledger")).values()) == {1}
    assert query("SELECT kind, count(*) FROM ledger GROUP BY 1 ORDER BY 1") == [("hold", 5), ("settle", 5)]
    assert set(Counter(request.idempotency_key for request in sandbox.requests).values()) == {1}
