"""Whether the database works is known from what it kept, and whether its file is still there from each write."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, DatabaseFailing
from bot.language import speaking
from bot.store import Store
from bot.store.engine.pulse import KINDS, WELL_S
from tests.support.notes import Open, note, notes

MEMBERS = "The bot's database isn't working, so nothing was saved. Its host needs to fix it."


async def test_a_database_is_well_while_rows_are_kept(store: Store, clock: Any) -> None:
    assert store.pulse.is_well
    clock.now += WELL_S
    await store.leases.claim("lease", limit=1)  # finds nothing, and so writes nothing
    assert not store.pulse.is_well
    await store.probe()
    assert store.pulse.is_well
    assert (store.pulse.silent_s, store.pulse.last_commit) == (0, clock.now)


async def test_a_write_that_nobody_answers_is_no_health(open_database: Open, clock: Any) -> None:
    database = await open_database()
    release = threading.Event()
    database._writer.post(lambda _db: release.wait(10))
    write = asyncio.create_task(database.write(note))
    await asyncio.sleep(0)
    clock.now += WELL_S
    database.pulse.note_commit()  # of another
    assert (database.pulse.is_well, database.pulse.oldest_write_s) == (False, WELL_S)
    release.set()
    await write
    assert (database.pulse.is_well, database.pulse.oldest_write_s) == (True, 0)


@pytest.mark.sqlite_only("the disk")
async def test_a_full_disk_is_known_and_so_is_its_end(open_database: Open, clock: Any) -> None:
    database = await open_database()
    pulse = database.pulse
    await database.write(lambda db: db.execute("PRAGMA max_page_count = 1").fetchone())
    clock.now += WELL_S
    with pytest.raises(DatabaseFailing):
        await database.write(lambda db: db.execute("INSERT INTO meta VALUES ('much', ?)", ("x" * 1_000_000,)))
    assert (pulse.is_well, pulse.failure and pulse.failure.kind, pulse.errors["full"]) == (False, "full", 1)
    await database.write(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
    assert not pulse.is_well
    await database.probe()
    assert (pulse.is_well, pulse.failure) == (True, None)
    assert set(pulse.errors) == set(KINDS)


@pytest.mark.sqlite_only("damage of the file")
async def test_of_damage_members_and_the_host_read_different_words(open_database: Open, path: Path) -> None:
    database = await open_database()

    def damaged(_db: sqlite3.Connection) -> None:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT_VTAB  # type: ignore[misc]
        raise error

    with pytest.raises(DatabaseFailing) as raised:
        await database.write(damaged)
    assert raised.value.sentence == MEMBERS
    assert (raised.value.for_host, raised.value.exit_code) == (
        f"{path} is damaged. Stop the bot and restore it from a backup.",
        RESTART_CANNOT_HELP,
    )


@pytest.mark.sqlite_only("the lock")
async def test_a_failure_on_the_database_s_thread_is_told_in_the_caller_s_language(
    open_database: Open, path: Path
) -> None:
    database = await open_database()
    await database._writer.run(lambda db: db.execute("PRAGMA busy_timeout = 1").fetchone())
    with closing(sqlite3.connect(path, isolation_level=None)) as other, speaking("fr"):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseFailing, match="donc rien n'a été enregistré"):
            await database.write(note)


@pytest.mark.sqlite_only("the file")
@pytest.mark.parametrize(
    ("name", "puts", "code", "said"),
    [
        ("bot.db", None, RESTART_CANNOT_HELP, "bot.db was removed or moved"),
        ("bot.db", b"another", RESTART_MAY_HELP, "bot.db was removed or replaced"),
        ("bot.db-wal", None, RESTART_MAY_HELP, "bot.db-wal was removed or replaced"),
    ],
)
async def test_nothing_is_written_to_a_file_that_nobody_will_find_again(
    open_database: Open, path: Path, name: str, puts: bytes | None, code: int, said: str
) -> None:
    database = await open_database()
    await database.write(note)
    file = path.with_name(name)
    file.unlink()
    if puts is not None:
        file.write_bytes(puts)
    for _ in range(2):
        with pytest.raises(DatabaseFailing) as raised:
            await database.write(lambda db: note(db, "b"))
    assert (raised.value.kind, raised.value.sentence, raised.value.exit_code) == ("gone", MEMBERS, code)
    assert said in raised.value.for_host
    with contextlib.suppress(DatabaseFailing):
        assert await database.read(notes) == ["a"]
    assert database.pulse.failure is not None
    assert database.pulse.failure.kind == "gone"


@pytest.mark.sqlite_only("the file")
async def test_what_was_in_a_log_that_was_removed_is_not_lost(open_database: Open, path: Path) -> None:
    database = await open_database()
    await database.write(note)
    path.with_name("bot.db-wal").unlink()
    await database.close()
    with closing(sqlite3.connect(path)) as db:
        assert notes(db) == ["a"]


@pytest.mark.sqlite_only("the file")
@pytest.mark.parametrize("act", ["truncate_log", "scrub"])
async def test_what_the_bot_does_to_its_files_by_itself_exchanges_none(store: Store, act: str) -> None:
    run: Callable[..., Any] = getattr(store, act)
    assert await run()
    await store.probe()
