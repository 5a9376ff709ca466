"""Each statement of a group of writes fails in turn, with each error: all are answered, and the next one works."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from bot.store import Database, SqliteDatabase
from bot.store.engine.group_commit import CommitUnknown
from tests.support.notes import Open, note, notes

ANSWERED_S = 15.0
WRITES = ("first", "second", "third")
OF_SQLITE = (sqlite3.OperationalError("disk I/O error"), sqlite3.DatabaseError("malformed"))
OF_POSTGRESQL = (
    psycopg.errors.IdleInTransactionSessionTimeout("terminating connection"),
    psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"),
    psycopg.errors.DeadlockDetected("deadlock detected"),
    psycopg.OperationalError("cannot exit pipeline mode while busy"),
    psycopg.InterfaceError("the connection is broken"),
    psycopg.ProgrammingError("a bug"),
)


class Adapter:
    """The adapter's connection, whose statement number `at` fails; with `for_good`, so do all after it."""

    def __init__(self, real: Any, error: Exception, at: int, *, for_good: bool = False) -> None:
        self._real, self._error, self._at = real, error, at
        self._for_good = for_good
        self.statements: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def execute(self, statement: str, *arguments: Any, **options: Any) -> Any:
        self._run(statement)
        return self._real.execute(statement, *arguments, **options)

    def rollback(self) -> None:
        self._run("ROLLBACK")
        self._real.rollback()

    def _run(self, statement: str) -> None:
        self.statements.append(statement)
        number = len(self.statements) - 1
        if number == self._at or (self._for_good and number > self._at):
            raise self._error


@contextlib.contextmanager
def failing(database: Database, error: Exception, at: int, **options: Any) -> Iterator[Adapter]:
    owner: Any = database._writer
    if not isinstance(database, SqliteDatabase):
        owner = owner._raw  # psycopg's connection is below it
    adapter = owner._raw = Adapter(owner._raw, error, at, **options)
    yield adapter
    if owner._raw is adapter:  # it was not replaced
        owner._raw = adapter._real


async def outcomes(database: Database, error: Exception, at: int, **options: Any) -> tuple[list[Any], Adapter]:
    """Return what three writes, which wait together, come to."""
    release, busy = threading.Event(), threading.Event()

    def hold(_db: object) -> None:
        busy.set()
        release.wait(ANSWERED_S)

    database._writer.post(hold)
    await asyncio.to_thread(busy.wait, ANSWERED_S)
    writes: list[Callable[[Any], None]] = [lambda db, name=name: note(db, name) for name in WRITES]
    with failing(database, error, at, **options) as adapter:
        tasks = [asyncio.create_task(database.write(each)) for each in writes]
        await asyncio.sleep(0)
        release.set()
        done, unanswered = await asyncio.wait(tasks, timeout=ANSWERED_S)
        for each in unanswered:
            each.cancel()
    assert not unanswered, (at, error, adapter.statements)
    assert done
    return [each.exception() for each in tasks], adapter


@pytest.mark.parametrize("number", range(len(OF_POSTGRESQL)))
async def test_every_write_is_answered_whichever_statement_fails(open_database: Open, number: int) -> None:
    database = await open_database()
    errors = OF_SQLITE if isinstance(database, SqliteDatabase) else OF_POSTGRESQL
    if number >= len(errors):
        pytest.skip("fewer errors")
    at, failed = 0, True
    while failed:
        found, adapter = await outcomes(database, errors[number], at)
        failed = len(adapter.statements) > at
        stored = await database.read(notes)
        for name, outcome in zip(WRITES, found, strict=True):
            assert isinstance(outcome, CommitUnknown) or (name in stored) == (outcome is None), (at, name, outcome)
        await database.write(lambda db: db.execute("DELETE FROM meta"))
        assert await database.read(notes) == [], "the next write works"
        at += 1
    assert at > len(WRITES)  # BEGIN, three savepoints, three writes, COMMIT


async def test_a_connection_on_which_nothing_works_is_replaced(open_database: Open) -> None:
    """As one whose session was ended in psycopg's pipeline: neither BEGIN nor ROLLBACK work there, but it is open."""
    database = await open_database()
    if isinstance(database, SqliteDatabase):
        pytest.skip("a file has no session")
    for at in range(4):
        await outcomes(database, OF_POSTGRESQL[3], at, for_good=True)
        await database.write(lambda db: db.execute("DELETE FROM meta"))
        assert await database.read(notes) == []
