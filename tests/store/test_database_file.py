# ruff: noqa: ASYNC240 - a test may wait for the disk
"""The file of a database: which ones are refused, what a start creates, and what remains after a close."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import cast

import pytest

from bot.errors import DatabaseFailing, StoreError
from bot.store.engine import schema, sqlite_errors
from tests.support.notes import Open, note, notes

pytestmark = pytest.mark.sqlite_only("what is done to a file from outside")


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


async def test_the_check_at_start_lets_no_later_write_break_a_rule(open_database: Open, path: Path) -> None:
    for _ in range(2):
        database = await open_database(path)
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
            await database.write(lambda db: db.execute("INSERT INTO absent_guilds (guild_id, since) VALUES (-1, 0)"))
        await database.close()


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
    with pytest.raises(StoreError, match=r"too old\. Install 3\.38 or newer"):
        await open_database()
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 38, 0))
    await open_database()


async def test_a_directory_in_the_place_of_the_file_is_refused(open_database: Open, path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError, match="is a directory"):
        await open_database()


async def test_a_file_in_the_place_of_the_directory_is_refused(open_database: Open, tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(StoreError, match="can't be written"):
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
    with pytest.raises(StoreError, match="can't be written"):
        await open_database()


class NoRoomForTheLog:
    """What SQLite does with a WAL database on a full disk: no page can be read, and no transaction is left."""

    in_transaction = False

    def execute(self, sql: str) -> None:
        if sql != "BEGIN":
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR if sql != "ROLLBACK" else sqlite3.SQLITE_ERROR
            raise error


@pytest.mark.parametrize(("has_room", "said"), [(False, "is full. Free some"), (True, "disk failed while reading")])
def test_a_log_that_does_not_fit_on_the_disk_is_one_sentence(
    path: Path, monkeypatch: pytest.MonkeyPatch, has_room: bool, said: str
) -> None:
    monkeypatch.setattr(sqlite_errors, "has_room", lambda _: has_room)
    with pytest.raises(StoreError, match=said), sqlite_errors.explained(path):
        schema.refuse_strangers(cast("sqlite3.Connection", NoRoomForTheLog()), str(path), 1)


@pytest.mark.parametrize(("has_room", "kind"), [(False, "full"), (True, "disk")])
async def test_beside_the_work_a_log_that_cannot_grow_is_a_full_disk_too(
    open_database: Open, path: Path, monkeypatch: pytest.MonkeyPatch, has_room: bool, kind: str
) -> None:
    def fail(_: sqlite3.Connection) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
        raise error

    monkeypatch.setattr(sqlite_errors, "has_room", lambda folder: has_room or folder != path.parent)
    database = await open_database()
    with pytest.raises(DatabaseFailing) as caught:
        await database.write(fail)
    assert caught.value.kind == kind
    assert str(path.parent) in caught.value.for_host
    assert str(path.parent) not in caught.value.sentence


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
        capture_output=True, text=True, check=True,
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
