"""A member waits for the database no longer than Discord waits for the answer: what was given up never happens."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.errors import DatabaseFailing
from bot.runtime.background import LEAST_S, UNDER_WAY_S, answer_soon, take_time
from bot.runtime.clock import SystemClock
from bot.settings import PostgresUrl
from bot.store import Database
from bot.store.engine.group_commit import CommitUnknown
from tests.support.databases import Databases
from tests.support.notes import note, notes


class Impatient(SystemClock):
    """Every wait is over at once; it tells how long it would have been."""

    def __init__(self) -> None:
        self.waits: list[float | None] = []

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)


Begin = Callable[[], Awaitable[Database]]


@pytest.fixture
def impatient() -> Impatient:
    return Impatient()


@pytest.fixture
async def database(databases: Databases, address: Path | PostgresUrl, impatient: Impatient) -> AsyncIterator[Database]:
    opened = await databases.open(address, clock=impatient)
    yield opened
    await opened.close()


async def kept(database: Database) -> list[str]:
    take_time()
    return [name for name in await database.read(notes) if name != "schema"]


async def test_a_write_that_another_program_delays_is_answered_and_never_happens(
    database: Database, databases: Databases, address: Path | PostgresUrl, impatient: Impatient
) -> None:
    with databases.connection(address) as other:
        other.execute("BEGIN IMMEDIATE")
        answer_soon(impatient, lambda: False)
        for _ in range(6):
            with pytest.raises(DatabaseFailing, match="busy, so nothing was saved"):
                await database.write(note)
        other.execute("ROLLBACK")
    assert all(seconds is not None and 0 < seconds <= 2.0 for seconds in impatient.waits)
    take_time()
    await database.write(lambda db: note(db, "b"))
    assert await kept(database) == ["b"]
    assert database.pulse.errors["slow"] == 6
    assert database.pulse.failure is None, "that a member gave up proves no outage"


async def test_a_member_who_has_an_answer_waits_as_long_as_it_takes(
    database: Database, databases: Databases, address: Path | PostgresUrl, impatient: Impatient
) -> None:
    is_answered = asyncio.Event()
    with databases.connection(address) as other:
        other.execute("BEGIN IMMEDIATE")
        answer_soon(impatient, is_answered.is_set)
        is_answered.set()
        write = asyncio.create_task(database.write(note))
        await asyncio.sleep(0)
        other.execute("ROLLBACK")
    await write
    assert impatient.waits == []
    assert await kept(database) == ["a"]


async def test_of_a_write_that_has_begun_nobody_says_that_nothing_was_saved(
    database: Database, impatient: Impatient
) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def slow(db: Any) -> None:
        note(db)
        begun.set()
        assert goes_on.wait(10)

    async def begins(event: asyncio.Event, seconds: float | None) -> None:
        impatient.waits.append(seconds)
        assert await asyncio.to_thread(begun.wait, 10)

    impatient.wait = begins  # type: ignore[method-assign]  # no wait is over before the write has begun
    answer_soon(impatient, lambda: False)
    with pytest.raises(CommitUnknown, match="don't know yet if this was saved"):
        await database.write(slow)
    goes_on.set()
    take_time()
    await database.write(lambda db: note(db, "b"))  # comes after it
    assert await kept(database) == ["a", "b"]
    assert impatient.waits[1] == UNDER_WAY_S


async def test_a_read_behind_one_that_hangs_is_answered_too(database: Database, impatient: Impatient) -> None:
    goes_on = threading.Event()
    hanging = asyncio.create_task(database.read(lambda _: goes_on.wait(10)))
    await asyncio.sleep(0)
    answer_soon(impatient, lambda: False)
    with pytest.raises(DatabaseFailing, match="busy"):
        await database.read(notes)
    goes_on.set()
    assert await hanging


async def test_a_write_that_begins_late_still_gets_a_moment(database: Database, impatient: Impatient) -> None:
    class Late(Impatient):
        def monotonic(self) -> float:
            return super().monotonic() - 60

    answer_soon(Late(), lambda: False)
    impatient.wait = SystemClock().wait  # type: ignore[method-assign]
    await database.write(note)
    assert await kept(database) == ["a"]
    assert LEAST_S > 0.1


@pytest.mark.sqlite_only("the lock of a file")
async def test_all_that_waits_for_a_lock_fails_with_it_and_not_one_after_another(path: Path) -> None:
    from bot.store.engine.connection import connect
    from tests.support.databases import SqliteDatabases

    database = await SqliteDatabases(path.parent).open(path, clock=SystemClock(), busy_timeout_s=0.05)
    try:
        begun: list[str] = []
        await database.write(lambda db: db.set_trace_callback(begun.append))
        begun.clear()
        other = connect(path)
        other.execute("BEGIN IMMEDIATE")
        outcomes = await asyncio.gather(*(database.write(note) for _ in range(20)), return_exceptions=True)
        assert {type(each) for each in outcomes} == {DatabaseFailing}
        assert begun.count("BEGIN IMMEDIATE") <= 2
        other.close()
    finally:
        await database.close()
