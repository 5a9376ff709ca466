"""Writes that share a commit."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.store import Database
from bot.store.engine.group_commit import GROUP_S
from tests.support.notes import Open, note, notes


@pytest.fixture
async def held(open_database: Open) -> AsyncIterator[tuple[Database, threading.Event]]:
    """A database whose writer is busy until the event is set: all that is requested meanwhile waits together."""
    database = await open_database()
    release, busy = threading.Event(), threading.Event()

    def hold(_db: sqlite3.Connection) -> None:
        busy.set()
        release.wait(10)

    holding = asyncio.create_task(database.write(hold))
    await asyncio.to_thread(busy.wait, 10)
    yield database, release
    release.set()
    await holding


async def together(database: Database, release: threading.Event, *writes: Callable[[sqlite3.Connection], Any]):
    tasks = [asyncio.create_task(database.write(each)) for each in writes]
    await asyncio.sleep(0)  # each has taken its place
    release.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.sqlite_only("SQLite's trace of its statements")
async def test_writes_that_wait_at_the_same_time_share_one_commit(held: Any) -> None:
    database, release = held
    seen: list[str] = []
    first = asyncio.create_task(database._writer.run(lambda db: db.set_trace_callback(seen.append)))
    await asyncio.sleep(0)
    await together(database, release, *(lambda db, n=n: note(db, f"n{n:02}") for n in range(20)))
    await first
    await database._writer.run(lambda db: db.set_trace_callback(None))
    assert len(await database.read(notes)) == 20
    assert seen.count("COMMIT") == 1


async def test_one_that_raises_undoes_itself_alone(held: Any) -> None:
    database, release = held

    def fails(db: sqlite3.Connection) -> None:
        note(db, "undone")
        raise ValueError("no")

    first, second, third = await together(
        database, release, lambda db: note(db, "one"), fails, lambda db: note(db, "two")
    )
    assert (first, third) == (None, None)
    assert isinstance(second, ValueError)
    assert await database.read(notes) == ["one", "two"]


async def test_an_error_of_the_database_is_raised_to_the_right_caller(held: Any) -> None:
    database, release = held
    outcomes = await together(
        database, release, lambda db: note(db, "one"), lambda db: note(db, "one"), lambda db: note(db, "two")
    )
    assert (outcomes[0], outcomes[2]) == (None, None)
    assert isinstance(outcomes[1], sqlite3.IntegrityError)
    assert await database.read(notes) == ["one", "two"]


async def test_one_that_is_cancelled_before_it_starts_is_never_done(held: Any) -> None:
    database, release = held
    kept = asyncio.create_task(database.write(lambda db: note(db, "kept")))
    gone = asyncio.create_task(database.write(lambda db: note(db, "gone")))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    release.set()
    await kept
    await database.write(lambda db: note(db, "last"))
    assert await database.read(notes) == ["kept", "last"]


async def test_more_than_a_group_are_all_done(held: Any) -> None:
    database, release = held
    await together(database, release, *(lambda db, n=n: note(db, f"n{n:03}") for n in range(200)))
    assert len(await database.read(notes)) == 200


@pytest.mark.sqlite_only("SQLite's trace of its statements")
async def test_a_group_ends_when_it_has_taken_long_and_the_rest_has_a_commit_of_its_own(held: Any, clock: Any) -> None:
    database, release = held
    seen: list[str] = []
    first = asyncio.create_task(database._writer.run(lambda db: db.set_trace_callback(seen.append)))
    await asyncio.sleep(0)

    def slow(name: str) -> Callable[[sqlite3.Connection], None]:
        def write(db: sqlite3.Connection) -> None:
            note(db, name)
            clock.now += GROUP_S * 0.6

        return write

    await together(database, release, *(slow(name) for name in "abcd"))
    await first
    await database._writer.run(lambda db: db.set_trace_callback(None))
    assert await database.read(notes) == ["a", "b", "c", "d"]
    assert seen.count("COMMIT") == 2


async def test_all_who_wait_for_a_commit_are_woken_by_one_call_on_the_loop(
    held: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, release = held
    loop, calls = asyncio.get_running_loop(), []
    real = loop.call_soon_threadsafe

    def counted(callback: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        calls.append(callback)
        return real(callback, *arguments, **more)

    monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
    await together(database, release, *(lambda db, n=n: note(db, f"n{n:02}") for n in range(20)))
    assert len(await database.read(notes)) == 20
    answers = [each for each in calls if getattr(each, "__name__", "") == "_answer"]
    assert len(answers) == 2  # to the write that held the writer, and to the twenty
