"""What is kept in memory is never older than the last write that returned, whoever has written and whichever way."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest

from bot.domain.server.guild_rules import Rules
from bot.errors import Refused
from bot.store.engine import row_cache
from bot.store.engine.row_cache import Recalled
from tests.support.notes import Open

GUILD, OTHER = 700, 701
EMPTY = "INSERT INTO rules (guild_id, data) VALUES (?, '{}')"


def rows(db: sqlite3.Connection) -> list[int]:
    return [row[0] for row in db.execute("SELECT guild_id FROM rules ORDER BY guild_id")]


def add(guild_id: int = GUILD):
    return lambda db: db.execute(EMPTY, (guild_id,))


class Asked:
    """Reads `rows`, and counts how often the database was asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, db: sqlite3.Connection) -> list[int]:
        self.times += 1
        return rows(db)


@pytest.mark.sqlite_only("a new connection to PostgreSQL forgets all that was kept before it")
async def test_the_database_is_asked_once_until_a_row_of_that_key_is_written(open_database: Open):
    database, asked = await open_database(), Asked()
    for _ in range(3):
        assert await database.recall(Recalled.RULES, (GUILD,), asked) == []
    assert asked.times == 1
    await database.write(add(OTHER))
    assert await database.recall(Recalled.RULES, (GUILD,), asked) == []  # of another server: still kept
    await database.write(add())
    assert await database.recall(Recalled.RULES, (GUILD,), asked) == [GUILD, OTHER]
    assert asked.times == 2


@pytest.mark.sqlite_only("a new connection to PostgreSQL forgets all that was kept before it")
async def test_what_is_read_on_the_same_visit_is_kept_until_a_row_of_its_own_is_written(open_database: Open):
    database, first, other = await open_database(), Asked(), Asked()
    also = {Recalled.LIMITS: other}
    for _ in range(2):
        assert await database.recall(Recalled.RULES, (GUILD,), first, also=also) == []
        assert await database.recall(Recalled.LIMITS, (GUILD,), other) == []
    assert (first.times, other.times) == (1, 1)
    await database.write(add())
    assert await database.recall(Recalled.RULES, (GUILD,), first, also=also) == [GUILD]
    assert (first.times, other.times) == (2, 1), "what is kept is not read again"
    assert await database.recall(Recalled.RULES, (OTHER,), first, also=also) == [GUILD]
    assert (first.times, other.times) == (3, 2)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rules SET data = '{\"paused\": true}'",
        "DELETE FROM rules",
        pytest.param(
            "INSERT OR REPLACE INTO rules (guild_id, data) VALUES (700, '{}')",
            marks=pytest.mark.sqlite_only("PostgreSQL has no OR REPLACE"),
        ),
        "INSERT INTO rules (guild_id, data) VALUES (700, '1') ON CONFLICT (guild_id) DO UPDATE SET data = '{}'",
    ],
)
async def test_every_way_to_write_a_row_is_seen(open_database: Open, statement: str):
    database, asked = await open_database(), Asked()
    await database.write(add())
    await database.recall(Recalled.RULES, (GUILD,), asked)
    await database.write(lambda db: db.execute(statement))
    await database.recall(Recalled.RULES, (GUILD,), asked)
    assert asked.times == 2


@pytest.mark.sqlite_only("triggers of SQLite's connection: postgresql/test_both_triggers.py has PostgreSQL's")
@pytest.mark.parametrize("subject", Recalled)
async def test_each_table_of_each_subject_tells_of_its_writes(open_database: Open, subject: Recalled):
    database = await open_database()
    columns, tables = subject.value

    def triggers(db: sqlite3.Connection) -> set[tuple[str, str]]:
        found = db.execute("SELECT tbl_name, name FROM sqlite_temp_schema WHERE type = 'trigger'").fetchall()
        return {
            (table, name.rpartition("_of_")[0].rpartition("_")[2])
            for table, name in found
            if name.endswith(subject.name)
        }

    def names(db: sqlite3.Connection) -> list[set[str]]:
        return [{row["name"] for row in db.execute(f"PRAGMA table_info({table})")} for table in tables]

    assert await database.write(triggers) == {(table, act) for table in tables for act in row_cache.ACTS}
    assert all(set(columns) <= there for there in await database.read(names))


async def test_writes_are_seen_after_the_file_was_rebuilt(open_database: Open):
    database, asked = await open_database(), Asked()
    assert await database.scrub()
    await database.recall(Recalled.RULES, (GUILD,), asked)
    await database.write(add())
    assert await database.recall(Recalled.RULES, (GUILD,), asked) == [GUILD]


async def test_a_write_that_is_undone_is_not_believed(open_database: Open):
    database, asked = await open_database(), Asked()

    def half(db: sqlite3.Connection) -> None:
        add()(db)
        raise Refused("no")

    with pytest.raises(Refused):
        await database.write(half)
    assert await database.recall(Recalled.RULES, (GUILD,), asked) == []


async def test_a_read_that_began_before_a_write_is_not_kept_after_it(open_database: Open):
    database, asked = await open_database(), Asked()
    reading, written = threading.Event(), threading.Event()

    def slow(db: sqlite3.Connection) -> list[int]:
        found = asked(db)
        reading.set()
        written.wait(10)
        return found

    early = asyncio.create_task(database.recall(Recalled.RULES, (GUILD,), slow))
    await asyncio.to_thread(reading.wait, 10)
    await database.write(add())
    written.set()
    assert await early == []
    assert await database.recall(Recalled.RULES, (GUILD,), asked) == [GUILD]


@pytest.mark.sqlite_only("on PostgreSQL it is heard: postgresql/test_both_triggers.py")
async def test_what_another_process_writes_is_seen_after_the_next_write_here(open_database: Open, path: Path):
    database, asked = await open_database(), Asked()
    await database.recall(Recalled.RULES, (GUILD,), asked)
    with contextlib.closing(sqlite3.connect(path)) as other, other:
        other.execute(EMPTY, (GUILD,))
    await database.write(lambda db: db.execute("INSERT INTO meta (name, value) VALUES ('a', 'x')"))
    assert await database.recall(Recalled.RULES, (GUILD,), asked) == [GUILD]


async def test_no_more_is_kept_than_the_limit(open_database: Open, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(row_cache, "KEPT_EACH", 2)
    database, asked = await open_database(), Asked()
    for guild_id in (1, 2, 3, 1):
        await database.recall(Recalled.RULES, (guild_id,), asked)
    assert asked.times == 4


async def test_settings_are_those_of_the_last_change(store):
    assert await store.settings.get(GUILD) == Rules()
    await store.settings.change(GUILD, lambda _rules: Rules(paused=True))
    assert (await store.settings.get(GUILD)).paused
    assert not (await store.settings.get(OTHER)).paused
