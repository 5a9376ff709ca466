"""Processes divide Discord's calls by how many are connected to the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import pytest

from bot.app.connection.gate import CALLS_A_SECOND
from bot.fleet.postgresql.database import OnServer
from bot.fleet.postgresql.listener import BEAT_S, BELIEVED_S, SILENCE, AnnouncementListener
from bot.runtime.clock import SystemClock
from bot.settings import PostgresUrl
from bot.store import Store
from tests.support.databases import PostgresDatabases

WAIT_S = 3 * BEAT_S
Open = Callable[[], Awaitable[AnnouncementListener]]


def opening(url: str, stores: list[Store]) -> Open:
    async def opened() -> AnnouncementListener:
        stores.append(await Store.open(PostgresUrl(url), clock=SystemClock(), secret_keys=["k" * 44]))
        return stores[-1].rows(OnServer).database.leadership

    return opened


async def until(listener: AnnouncementListener, calls: int) -> None:
    async with asyncio.timeout(WAIT_S):
        while listener.part_of(CALLS_A_SECOND) != calls:  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.1)


async def test_each_has_an_equal_part_and_all_of_it_alone(empty_postgres_database: str) -> None:
    stores: list[Store] = []
    opened = opening(empty_postgres_database, stores)
    try:
        first = await opened()
        assert first.part_of(CALLS_A_SECOND) == CALLS_A_SECOND, "from the start"
        second = await opened()
        assert second.part_of(CALLS_A_SECOND) == 23, "from the start"
        await until(first, 23)
        third = await opened()
        for each in (first, second, third):
            await until(each, 15)
        assert third.part_of(2) == 1, "never none"
        await stores[0].close()
        assert first.part_of(CALLS_A_SECOND) == 1
        for each in (second, third):
            await until(each, 23)
    finally:
        for store in stores:
            await store.close()


async def test_other_databases_of_the_server_are_others(
    empty_postgres_database: str, postgres_databases: PostgresDatabases
) -> None:
    stores: list[Store] = []
    try:
        mine = await opening(empty_postgres_database, stores)()
        other = await opening(postgres_databases.new().get_secret_value(), stores)()
        assert mine.part_of(CALLS_A_SECOND) == other.part_of(CALLS_A_SECOND) == CALLS_A_SECOND
    finally:
        for store in stores:
            await store.close()


async def test_one_without_the_database_makes_next_to_none(
    empty_postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others have counted it out, at the latest once it was silent for so long."""
    stores: list[Store] = []
    try:
        alone = await opening(empty_postgres_database, stores)()
        assert float(SILENCE.removesuffix("s")) > BELIEVED_S
        monkeypatch.setattr("bot.fleet.postgresql.listener.RETRY_S", 60.0)
        with psycopg.connect(empty_postgres_database, autocommit=True) as db:
            db.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        await until(alone, 1)
    finally:
        for store in stores:
            await store.close()
