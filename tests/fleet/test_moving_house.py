"""A bot moves from a file to PostgreSQL, and becomes a fleet, in the middle of jobs: none twice."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.domain.models import JobState
from bot.fleet.postgresql.migrate import migrate
from bot.runtime.clock import SystemClock
from bot.runtime.progress import no_progress
from bot.settings import PostgresUrl, SecretStr, Settings
from sandbox.server import Sandbox
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


def books(query: Query) -> list[Any]:
    return sorted(query("SELECT guild_id, member_id, kind, count(*), sum(credits_milli) FROM ledger GROUP BY 1, 2, 3"))


async def test_jobs_are_posted_once_and_paid_once_wherever_they_end(
    tmp_path: Path, empty_postgres_database: str
) -> None:
    async with WireDiscord() as discord, Sandbox(speed=50, small=True) as sandbox:
        sandbox.add_key(HOST_KEY, credits=10_000)
        fleet = Fleet(discord, sandbox, tmp_path, empty_postgres_database)
        path = tmp_path / "bot.db"
        here, server = of_file(path), of_server(fleet.database)
        async with fleet.running(1, DATABASE=str(path)) as (alone,):
            for prompt in ("a fox #fast", "a hare #forever", "a heron #forever", "an otter #forever"):
                await fleet.ask(prompt)
            await fleet.until(lambda: len(sandbox.requests) == 4 and len(fleet.posted) == 1)
            assert await alone.terminate() == 0
        before = books(here)
        settings = Settings(database=path, secret_keys=(SecretStr(SECRET),))
        to, clock = PostgresUrl(fleet.database), SystemClock()
        said = await migrate(settings, to, clock=clock, progress=no_progress)
        assert "3 jobs had not ended" in said
        assert books(server) == before

        async with fleet.running(2) as processes:
            finish(sandbox, "hare", "heron", "otter")
            await fleet.until(lambda: len(fleet.posted) == 4)
            await fleet.ask("a crane #fast")
            await fleet.until(lambda: len(fleet.posted) == 5)
            for process in processes:
                assert await process.terminate() == 0
        assert books(here) == before, "nothing was written there any more"
        assert_exact(server, sandbox)


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
