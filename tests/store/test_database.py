"""Transactions: whole or not at all, one after another, whatever is cancelled or lacks room."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import Refused, StoreError
from bot.language import current, speaking
from bot.store.engine import sqlite_database as checkpoints
from bot.store.engine import sqlite_database as engine
from tests.support.notes import Open, note, notes

LOG_LIMIT_BYTES = 1_000_000
"""A small one, so that the test writes little."""


@pytest.mark.sqlite_only("the file, its log and its disk")
async def test_the_connection_is_set_up_for_money(open_database: Open) -> None:
    database = await open_database()

    def pragmas(db: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await database.write(pragmas) == ["wal", 2, 1, 5000, 1]


@pytest.mark.sqlite_only("the file, its log and its disk")
async def test_the_file_is_readable_by_its_owner_only(open_database: Open, path: Path) -> None:
    database = await open_database()
    await database.write(note)
    for file in (path, path.with_name("bot.db-wal")):
        assert file.stat().st_mode & 0o077 == 0


async def test_an_error_rolls_the_whole_transaction_back(open_database: Open) -> None:
    database = await open_database()

    def half(db: sqlite3.Connection) -> None:
        note(db)
        raise LookupError("half way")

    with pytest.raises(LookupError, match="half way"):
        await database.write(half)
    assert await database.read(notes) == []


async def test_a_crash_in_the_middle_rolls_back_too(open_database: Open) -> None:
    class Death(BaseException):
        pass

    database = await open_database()

    def half(db: sqlite3.Connection) -> None:
        note(db)
        raise Death

    with pytest.raises(Death):
        await database.write(half)
    assert await database.read(notes) == []


async def test_stop_iteration_rises_instead_of_waiting_for_ever(open_database: Open) -> None:
    database = await open_database()
    async with asyncio.timeout(60):
        with pytest.raises(RuntimeError, match="StopIteration"):
            await database.write(lambda _: next(iter(())))


async def test_the_reader_cannot_write(open_database: Open) -> None:
    database = await open_database()
    with pytest.raises(StoreError, match=r"isn.t working|takes no changes"):
        await database.read(note)


async def test_a_read_is_one_view_and_sees_what_was_written_before(open_database: Open) -> None:
    database = await open_database()
    await database.write(note)
    reading, written = threading.Event(), threading.Event()

    def twice(db: sqlite3.Connection) -> tuple[list[str], list[str]]:
        before = notes(db)
        reading.set()
        assert written.wait(10)
        return before, notes(db)

    view = asyncio.create_task(database.read(twice))
    await asyncio.to_thread(reading.wait, 10)
    await database.write(lambda db: note(db, "b"))
    written.set()
    assert await view == (["a"], ["a"])
    assert await database.read(notes) == ["a", "b"]


async def test_a_caller_cancelled_before_it_starts_has_done_nothing(open_database: Open) -> None:
    database = await open_database()
    begun, go = threading.Event(), threading.Event()

    def slow(_: sqlite3.Connection) -> bool:
        begun.set()
        return go.wait(10)

    first = asyncio.create_task(database.write(slow))
    await asyncio.to_thread(begun.wait, 10)  # else the two could share a commit
    second = asyncio.create_task(database.write(note))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    go.set()
    assert await first
    assert await database.write(notes) == []


async def test_a_caller_cancelled_in_the_middle_leaves_a_whole_transaction(open_database: Open) -> None:
    database = await open_database()
    begun, go = threading.Event(), threading.Event()

    def slow(db: sqlite3.Connection) -> None:
        note(db, "a")
        begun.set()
        assert go.wait(10)
        note(db, "b")

    task = asyncio.create_task(database.write(slow))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go.set()
    assert await database.write(notes) == ["a", "b"]


async def test_no_cancellation_leaves_a_transaction_open(open_database: Open) -> None:
    database = await open_database()

    def pair(number: int) -> Callable[[sqlite3.Connection], None]:
        def both(db: sqlite3.Connection) -> None:
            note(db, f"{number:04}a")
            note(db, f"{number:04}b")

        return both

    cancelled = 0
    for number in range(300):
        try:
            await asyncio.wait_for(database.write(pair(number)), timeout=number % 10 * 0.0001)
        except TimeoutError:
            cancelled += 1
    names = await database.write(notes)
    assert cancelled > 0
    assert len({name[:4] for name in names}) * 2 == len(names)
    assert len(names) // 2 >= 300 - cancelled


async def test_two_transactions_never_come_between_each_other(open_database: Open) -> None:
    database = await open_database()
    await database.write(lambda db: db.execute("INSERT INTO meta VALUES ('n', '0')"))

    def add(db: sqlite3.Connection) -> None:
        count = int(db.execute("SELECT value FROM meta WHERE name = 'n'").fetchone()[0])
        db.execute("UPDATE meta SET value = ? WHERE name = 'n'", (str(count + 1),))

    await asyncio.gather(*(database.write(add) for _ in range(100)))
    assert await database.read(lambda db: db.execute("SELECT value FROM meta WHERE name = 'n'").fetchone()[0]) == "100"


@pytest.mark.sqlite_only("the file, its log and its disk")
async def test_a_file_held_by_another_program_is_a_clear_error(open_database: Open, path: Path) -> None:
    database = await open_database(busy_timeout_s=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="in use by another program"):
            await database.write(note)
        other.execute("ROLLBACK")
        await database.write(note)
    finally:
        other.close()
    assert await database.read(notes) == ["a"]


@pytest.mark.sqlite_only("the file, its log and its disk")
async def test_a_write_waits_for_another_program_to_let_go(open_database: Open, path: Path) -> None:
    database = await open_database()
    other = sqlite3.connect(path, isolation_level=None)
    trying = threading.Event()
    await database.write(lambda db: db.set_trace_callback(lambda _: trying.set()))
    trying.clear()
    try:
        other.execute("BEGIN IMMEDIATE")
        write = asyncio.create_task(database.write(note))
        assert await asyncio.to_thread(trying.wait, 10)
        assert not write.done()
        other.execute("ROLLBACK")
        await write
    finally:
        other.close()
    assert await database.read(notes) == ["a"]


@pytest.mark.sqlite_only("the file, its log and its disk")
async def test_a_full_disk_rolls_back_and_recovers(open_database: Open) -> None:
    database = await open_database()

    def limit(pages: int) -> Callable[[sqlite3.Connection], int]:
        return lambda db: int(db.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0])

    def much(db: sqlite3.Connection) -> None:
        note(db)
        db.execute("INSERT INTO meta VALUES ('much', ?)", ("x" * 1_000_000,))

    await database.write(limit(1))  # SQLite makes that the present size
    with pytest.raises(StoreError, match="disk is full"):
        await database.write(much)
    assert await database.read(notes) == []
    await database.write(limit(1_000_000))
    await database.write(much)
    assert await database.read(notes) == ["a", "much"]


@pytest.mark.sqlite_only("the file, its log and its disk")
async def test_a_long_reader_lets_the_log_grow_and_its_end_lets_it_shrink(
    open_database: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "WAL_LIMIT_BYTES", LOG_LIMIT_BYTES)
    database = await open_database()
    log = path.with_name(f"{path.name}-wal")
    await database.write(note)
    reader = sqlite3.connect(path, isolation_level=None)
    try:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM meta").fetchall()
        for number in range(100):
            await database.write(lambda db, n=number: db.execute("INSERT INTO meta VALUES (?, ?)", (n, "x" * 100_000)))
        assert log.stat().st_size > 9_000_000  # nothing of it may be forgotten while somebody reads what was before it
        reader.execute("COMMIT")
    finally:
        reader.close()
    for name in "bc":  # the first moves all of the log into the file, the second begins the log anew
        await database.write(lambda db, name=name: note(db, name))
    assert log.stat().st_size <= LOG_LIMIT_BYTES
    assert await database.read(lambda db: db.execute("SELECT count(*) FROM meta").fetchone()[0]) == 105


def marked_in(path: Path) -> int:
    return path.read_bytes().count(b"marked-")


@pytest.mark.sqlite_only("the file, its log and its disk")
async def test_the_log_is_copied_by_another_connection_than_the_writers(
    open_database: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_ROWS", 20)
    database = await open_database()
    seen: list[str] = []
    checkpointer = database._others[2]
    await checkpointer.run(lambda db: db.set_trace_callback(seen.append))
    assert await database.write(lambda db: db.execute("PRAGMA wal_autocheckpoint").fetchone()[0]) == 8192
    for number in range(19):
        await database.write(lambda db, n=number: note(db, f"marked-{n:02}"))
    await checkpointer.run(lambda _db: None)
    marked = marked_in(path)
    for number in range(19, 50):
        await database.write(lambda db, n=number: note(db, f"marked-{n:02}"))
    await checkpointer.run(lambda _db: None)
    assert set(seen) == {"PRAGMA wal_checkpoint(PASSIVE)"}
    assert marked_in(path) > marked
    assert len(await database.read(notes)) == 50


async def test_a_closed_database_says_so(open_database: Open) -> None:
    database = await open_database()
    await asyncio.gather(database.close(), database.close())
    await database.close()
    with pytest.raises(StoreError, match="is shutting down"):
        await database.write(note)
    with pytest.raises(StoreError, match="is shutting down"):
        await database.read(notes)


async def test_closing_lets_pending_writes_finish(open_database: Open) -> None:
    database = await open_database()
    writes = [asyncio.create_task(database.write(lambda db, n=n: note(db, f"{n:02}"))) for n in range(20)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*writes)
    again = await open_database()
    assert len(await again.read(notes)) == 20


async def test_a_cancelled_close_still_closes(open_database: Open) -> None:
    database = await open_database()
    go = threading.Event()
    busy = asyncio.create_task(database.write(lambda _: go.wait(10)))
    await asyncio.sleep(0)
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    go.set()
    await busy
    await database.close()
    thread = database._writer._connection._thread
    await asyncio.to_thread(thread.join, 10)
    assert not thread.is_alive()


async def test_a_sentence_made_inside_a_transaction_is_in_the_language_of_who_waits_for_it(open_database: Open) -> None:
    database = await open_database()

    def refuse(_db: sqlite3.Connection) -> None:
        raise Refused(current())

    async def refused(language: str) -> str:
        with speaking(language), pytest.raises(Refused) as error:
            await database.write(refuse)
        return error.value.sentence

    assert await asyncio.gather(*map(refused, ("de", "ja", "fr", "en"))) == ["de", "ja", "fr", "en"]
    with speaking("de"):
        assert await database.read(lambda _db: current()) == await database.glance(lambda _db: current()) == "de"
