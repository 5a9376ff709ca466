"""Edits of one card by several processes come one after the other, so that none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from bot.delivery.card.memory import CardMemory
from bot.fleet.cards import OwnCards
from bot.fleet.postgresql.database import OnServer, PostgresDatabase
from bot.runtime.clock import SystemClock
from bot.settings import PostgresUrl
from bot.store import Store

CARD = "C000000001"


@pytest.fixture
async def stores(empty_postgres_database: str) -> AsyncIterator[list[Store]]:
    url, keys = PostgresUrl(empty_postgres_database), ["k" * 44]
    found = [await Store.open(url, clock=SystemClock(), secret_keys=keys) for _ in range(2)]
    yield found
    for store in found:
        await store.close()


def database_of(store: Store) -> PostgresDatabase:
    return store.rows(OnServer).database


def memory_of(store: Store) -> CardMemory:
    """Return what a process of its own has."""
    database = database_of(store)
    return CardMemory(OwnCards(database.signals, lambda: False, database.locks))


async def test_what_two_processes_add_to_a_card_at_once_is_all_there(stores: list[Store]):
    message: list[str] = []

    async def add(memory: CardMemory, what: str) -> None:
        nonlocal message
        async with memory.lock(CARD):
            seen = list(message)  # as it asks Discord
            await asyncio.sleep(0)
            await asyncio.to_thread(lambda: None)
            message = [*seen, what]

    memories = [memory_of(store) for store in stores]
    await asyncio.gather(*(add(memories[n % 2], f"result {n}") for n in range(20)))
    assert len(message) == 20


async def test_cards_do_not_wait_for_each_other_and_a_lock_is_of_one_process(stores: list[Store]):
    first, second = (memory_of(store) for store in stores)
    async with first.lock(CARD), second.lock("C000000002"):
        assert first.lock(CARD).locked()
        assert await database_of(stores[1]).locks.lock(CARD) is False
    async with second.lock(CARD):
        assert await database_of(stores[0]).locks.lock(CARD) is False


async def test_a_process_that_dies_holds_no_lock(stores: list[Store], empty_postgres_database: str):
    first, second = stores
    assert await database_of(first).locks.lock(CARD)
    with psycopg.connect(empty_postgres_database, autocommit=True) as db:
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 3146")
    async with memory_of(second).lock(CARD):
        assert await database_of(second).locks.lock(CARD) is True, "its own session may take it again"


async def test_one_that_gives_up_while_it_asks_leaves_no_lock(stores: list[Store]):
    first, second = stores
    for _ in range(20):
        asking = asyncio.create_task(database_of(first).locks.lock(CARD))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    await database_of(first).locks.lock("another")  # comes after all of these
    assert await database_of(second).locks.lock(CARD) is True


async def test_an_edit_does_not_wait_for_a_database_that_is_away(stores: list[Store]):
    first, _ = stores
    await first.close()
    async with memory_of(first).lock(CARD):
        pass
