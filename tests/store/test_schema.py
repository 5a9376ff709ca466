# ruff: noqa: ASYNC240 - a test may wait for the disk
from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.domain.models import END_STATES, OPEN_STATES, RUNNING_STATES, JobState, LedgerKind
from bot.errors import StoreError
from bot.store import SqliteDatabase, Store
from bot.store.engine import schema
from bot.store.engine.schema import Migration, migrations, statements
from tests.support.new_file import write_empty_database

SECOND = Migration(
    len(migrations()) + 1,
    "CREATE TABLE second (a INTEGER) STRICT;\nINSERT INTO second VALUES (1);\n",
)
BROKEN = Migration(SECOND.version, SECOND.sql + "INSERT INTO nowhere VALUES (1);\n")


def state_of(path: Path) -> tuple[int, list[str]]:
    db = sqlite3.connect(path)
    try:
        tables = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return db.execute("PRAGMA user_version").fetchone()[0], sorted(row[0] for row in tables)
    finally:
        db.close()


async def test_a_new_file_gets_the_whole_schema(path: Path, clock: Any) -> None:
    await (await SqliteDatabase.open(path, clock=clock)).close()
    version, tables = state_of(path)
    assert version == len(migrations())
    assert set(tables) >= {"cards", "guild_keys", "histograms", "jobs", "ledger", "meta"}


async def test_opening_again_changes_nothing(path: Path, clock: Any) -> None:
    await (await SqliteDatabase.open(path, clock=clock)).close()
    before = path.read_bytes()
    await (await SqliteDatabase.open(path, clock=clock)).close()
    assert path.read_bytes() == before


async def test_a_failed_migration_leaves_nothing_and_runs_again(path: Path, clock: Any) -> None:
    await (await SqliteDatabase.open(path, clock=clock)).close()
    before = state_of(path)
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        await SqliteDatabase.open(path, clock=clock, migrations=[*migrations(), BROKEN])
    assert state_of(path) == before
    database = await SqliteDatabase.open(path, clock=clock, migrations=[*migrations(), SECOND])
    assert await database.read(lambda db: db.execute("SELECT a FROM second").fetchall()[0][0]) == 1
    await database.close()
    assert state_of(path)[0] == SECOND.version
    await (await SqliteDatabase.open(path, clock=clock, migrations=[*migrations(), SECOND])).close()


async def test_a_failed_first_migration_leaves_an_empty_file(path: Path, clock: Any) -> None:
    first = Migration(1, "CREATE TABLE a (b);\nCREATE TABLE a (b);\n")
    with pytest.raises(sqlite3.OperationalError):
        await SqliteDatabase.open(path, clock=clock, migrations=[first])
    assert state_of(path) == (0, [])
    await (await SqliteDatabase.open(path, clock=clock)).close()


@pytest.mark.parametrize("after", [5, *(pytest.param(each, marks=pytest.mark.long) for each in (1, 20))])
async def test_a_process_that_dies_inside_a_migration_leaves_nothing(path: Path, clock: Any, after: int) -> None:
    script = (
        "import asyncio, itertools, os, pathlib, signal, sys\n"
        "from bot.runtime.clock import SystemClock\n"
        "from bot.store import SqliteDatabase, Store\n"
        "from bot.store.engine import schema\n"
        "real = schema.statements\n"
        "def dying(sql):\n"
        "    yield from itertools.islice(real(sql), int(sys.argv[2]))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "schema.statements = dying\n"
        "asyncio.run(SqliteDatabase.open(pathlib.Path(sys.argv[1]), clock=SystemClock()))\n"
    )
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script, str(path), str(after)], check=False)
    assert done.returncode == -9
    assert state_of(path) == (0, [])
    await (await SqliteDatabase.open(path, clock=clock)).close()
    assert state_of(path)[0] == len(migrations())


async def test_a_migration_that_orphans_rows_is_not_kept(path: Path, clock: Any) -> None:
    orphan = Migration(
        SECOND.version,
        "INSERT INTO ledger (guild_id, member_id, job_id, kind, credits_milli, at)\n"
        "VALUES (1, 1, 'nowhere', 'grant', 1, 1);\n",
    )
    await (await SqliteDatabase.open(path, clock=clock)).close()
    with pytest.raises(sqlite3.IntegrityError, match="without their parents"):
        await SqliteDatabase.open(path, clock=clock, migrations=[*migrations(), orphan])
    assert state_of(path)[0] == len(migrations())


async def test_two_processes_may_migrate_at_once(path: Path, clock: Any) -> None:
    databases = await asyncio.gather(*(SqliteDatabase.open(path, clock=clock) for _ in range(4)))
    assert state_of(path)[0] == len(migrations())
    for database in databases:
        await database.close()


async def test_a_newer_schema_is_refused_and_left_alone(path: Path, clock: Any) -> None:
    await (await SqliteDatabase.open(path, clock=clock, migrations=[*migrations(), SECOND])).close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=rf"newer cannon-bot \(schema {SECOND.version}, this one knows") as caught:
        await SqliteDatabase.open(path, clock=clock)
    assert "backup" in caught.value.sentence
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "changed",
    [
        "PRAGMA application_id = 0x43424F54",
        "PRAGMA application_id = 0x43424F54; PRAGMA user_version = 61",
        "DELETE FROM meta WHERE name = 'schema'",
        "UPDATE meta SET value = 'of another commit' WHERE name = 'schema'",
    ],
)
async def test_a_database_from_before_the_first_schema_is_refused_and_left_alone(
    path: Path, clock: Any, changed: str
) -> None:
    write_empty_database(path)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(f"PRAGMA journal_mode = DELETE; {changed}")
    before = {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()}
    with pytest.raises(StoreError, match=r"Finish or cancel its jobs .* run `cannon-bot backup`"):
        await SqliteDatabase.open(path, clock=clock)
    [problem] = Store.check_file(path)
    assert "is from before the first release" in problem
    assert {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()} == before


async def test_an_installation_without_migrations_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "migrations").mkdir()
    monkeypatch.setattr(schema, "files", lambda _: tmp_path)
    migrations.cache_clear()
    with pytest.raises(StoreError, match="incomplete"):
        migrations()
    (tmp_path / "migrations" / "002_second.sql").write_text("SELECT 1;")
    with pytest.raises(StoreError, match="incomplete"):
        migrations()


def test_a_trigger_is_one_statement() -> None:
    sql = (
        "-- what for\nCREATE TABLE a (b);\nCREATE TRIGGER c BEFORE DELETE ON a\nBEGIN\n  SELECT 1;\n  SELECT 2;\nEND;\n"
    )
    assert len(list(statements(sql))) == 2


def test_every_table_is_strict() -> None:
    for migration in migrations():
        for statement in statements(migration.sql):
            if re.search(r"\bCREATE TABLE\b", statement):
                assert re.search(r"\)\s*STRICT\b", statement), statement


def test_the_schema_knows_the_states_and_kinds_of_the_models() -> None:
    sql = "\n".join(migration.sql for migration in migrations())
    known = {frozenset(map(str, states)) for states in (JobState, OPEN_STATES, END_STATES, RUNNING_STATES, LedgerKind)}
    used = {frozenset(re.findall(r"'(\w+)'", listed)) for listed in re.findall(r"\b(?:state|kind) IN \(([^)]+)\)", sql)}
    assert known <= used
