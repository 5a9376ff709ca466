# ruff: noqa: ASYNC240 - a test may wait for the disk
from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreError
from bot.store import Database

Open = Callable[..., Awaitable[Database]]


@pytest.fixture
async def open_database(path: Path, clock: Any) -> AsyncIterator[Open]:
    opened: list[Database] = []

    async def open_(at: Path = path, **options: Any) -> Database:
        database = await Database.open(at, clock=clock, **options)
        opened.append(database)
        return database

    yield open_
    for database in opened:
        await database.close()


def note(db: sqlite3.Connection, name: str = "a") -> None:
    db.execute("INSERT INTO meta (name, value) VALUES (?, 'x')", (name,))


def notes(db: sqlite3.Connection) -> list[str]:
    return [row[0] for row in db.execute("SELECT name FROM meta ORDER BY name")]


async def test_the_connection_is_set_up_for_money(open_database: Open) -> None:
    database = await open_database()

    def pragmas(db: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await database.write(pragmas) == ["wal", 2, 1, 5000, 1]


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


async def test_a_death_in_the_middle_rolls_back_too(open_database: Open) -> None:
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
    async with asyncio.timeout(10):
        with pytest.raises(RuntimeError, match="StopIteration"):
            await database.write(lambda _: next(iter(())))


async def test_the_reader_cannot_write(open_database: Open) -> None:
    database = await open_database()
    with pytest.raises(StoreError, match="cannot be written"):
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


async def test_a_caller_cancelled_before_its_turn_has_done_nothing(open_database: Open) -> None:
    database = await open_database()
    go = threading.Event()
    first = asyncio.create_task(database.write(lambda _: go.wait(10)))
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
    assert await database.read(lambda db: db.execute("SELECT value FROM meta").fetchone()[0]) == "100"


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


async def test_a_closed_database_says_so(open_database: Open) -> None:
    database = await open_database()
    await asyncio.gather(database.close(), database.close())
    await database.close()
    with pytest.raises(StoreError, match="is closed"):
        await database.write(note)
    with pytest.raises(StoreError, match="is closed"):
        await database.read(notes)


async def test_closing_lets_what_was_asked_for_finish(open_database: Open) -> None:
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


@pytest.mark.parametrize("content", [b"GIF89a" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000])
async def test_what_is_not_a_database_is_refused_and_left_alone(
    open_database: Open, path: Path, content: bytes
) -> None:
    path.write_bytes(content)
    threads = threading.active_count()
    with pytest.raises(StoreError, match=r"not a database|damaged") as caught:
        await open_database()
    assert str(path) in caught.value.sentence
    assert path.read_bytes() == content
    assert threading.active_count() <= threads + 1


async def test_a_damaged_page_is_found_at_start(open_database: Open, path: Path) -> None:
    database = await open_database()
    for number in range(200):
        await database.write(lambda db, n=number: note(db, f"{n:04}" + "x" * 500))
    await database.close()
    content = bytearray(path.read_bytes())
    page = content.index(b"0150xxxx") // 4096
    content[page * 4096 : page * 4096 + 64] = b"\xa5" * 64
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged.*backup"):
        await open_database()


async def test_another_programs_database_is_refused(open_database: Open, path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (a)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        await open_database()
    assert path.read_bytes() == before


async def test_an_empty_file_becomes_a_database(open_database: Open, path: Path) -> None:
    path.touch()
    database = await open_database()
    assert await database.read(notes) == []


async def test_missing_directories_are_made(open_database: Open, tmp_path: Path) -> None:
    database = await open_database(tmp_path / "data" / "deep" / "bot.db")
    assert database.path.exists()


async def test_an_older_sqlite_is_refused_by_the_version_that_the_queries_need(
    open_database: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 37, 2))
    with pytest.raises(StoreError, match=r"too old: 3\.38 or newer"):
        await open_database()
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 38, 0))
    await open_database()


async def test_a_directory_in_the_place_of_the_file_is_refused(open_database: Open, path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError, match="is a directory"):
        await open_database()


async def test_a_file_in_the_place_of_the_directory_is_refused(open_database: Open, tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        await open_database(tmp_path / "data" / "bot.db")


@pytest.mark.parametrize("denied", ["file", "directory"])
async def test_a_lacking_permission_is_refused(
    open_database: Open, path: Path, denied: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Permission bits do not bind root, which tests may run as, so the kernel's answer is played.
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    if denied == "file":
        monkeypatch.setattr(os, "open", refuse)
    else:
        monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StoreError, match=r"cannot be written.*owns"):
        await open_database()


async def test_a_lost_log_is_no_harm_after_a_clean_close(open_database: Open, path: Path) -> None:
    database = await open_database()
    await database.write(note)
    await database.close()
    path.with_name("bot.db-wal").unlink(missing_ok=True)
    path.with_name("bot.db-shm").unlink(missing_ok=True)
    assert await (await open_database()).read(notes) == ["a"]


async def test_a_copy_of_file_and_log_opens_with_all_that_was_committed(
    open_database: Open, path: Path, tmp_path: Path
) -> None:
    database = await open_database()
    for number in range(30):
        await database.write(lambda db, n=number: note(db, f"{n:02}"))
        copy = tmp_path / f"copy{number}.db"
        shutil.copy(path, copy)
        shutil.copy(path.with_name("bot.db-wal"), copy.with_name(f"{copy.name}-wal"))
    for number in (0, 11, 29):
        copied = await open_database(tmp_path / f"copy{number}.db")
        assert len(await copied.read(notes)) == number + 1


def test_the_interpreter_ends_after_close(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys, pathlib\n"
        "from bot.runtime.clock import SystemClock\n"
        "from bot.store import Store\n"
        "async def main():\n"
        "    store = await Store.open(pathlib.Path(sys.argv[1]), clock=SystemClock())\n"
        "    await store.meta.set('a', 'b')\n"
        "    await store.close()\n"
        "    await store.close()\n"
        "    print(await asyncio.to_thread(lambda: 'end'))\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, str(tmp_path / "bot.db")],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert done.stdout.strip().endswith("end")


async def test_a_refused_start_leaves_no_thread_behind(open_database: Open, path: Path) -> None:
    path.write_bytes(b"no database" * 500)
    before = set(threading.enumerate())
    with pytest.raises(StoreError):
        await open_database()
    for thread in set(threading.enumerate()) - before:
        await asyncio.to_thread(thread.join, 10)
        assert not thread.is_alive()


# ---------------------------------------------------------------------- writes that share a commit


@pytest.fixture
async def held(open_database: Open) -> AsyncIterator[tuple[Database, threading.Event]]:
    """A database whose writer is busy until the event is set: all that is asked for meanwhile waits together."""
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


async def test_what_the_database_complains_of_is_told_to_the_right_one(held: Any) -> None:
    database, release = held
    outcomes = await together(
        database, release, lambda db: note(db, "one"), lambda db: note(db, "one"), lambda db: note(db, "two")
    )
    assert [type(each) for each in outcomes] == [type(None), sqlite3.IntegrityError, type(None)]
    assert await database.read(notes) == ["one", "two"]


async def test_one_that_is_cancelled_before_its_turn_is_never_done(held: Any) -> None:
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
