"""Copies a PostgreSQL database into an SQLite file: a backup of it.

The file has the schema of the database, and is compared with it as a move the other way is (move.py).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
from psycopg import sql

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.fleet.postgresql import schema
from bot.fleet.postgresql.connection import connected
from bot.fleet.postgresql.move import BATCH, MovedTable, compare, tables_of
from bot.runtime.failpoints import failpoint
from bot.runtime.progress import Progress
from bot.settings import PostgresUrl
from bot.store import texts
from bot.store.engine import schema as file_schema
from bot.store.engine.connection import connect, damage
from bot.store.engine.files import note_time, require_room

Server: TypeAlias = psycopg.Connection[Any]

_SIZE = "SELECT pg_database_size(current_database())"
_LAST = "SELECT pg_sequence_last_value(pg_get_serial_sequence(quote_ident(%s), %s)::regclass)"


def copy_server(url: PostgresUrl, target: Path, *, now: float, progress: Progress, spare_bytes: int) -> None:
    """Copy a snapshot of the database into the empty file `target`, and check it. Bots may run meanwhile. Blocks.

    Raises StoreError: no database of ours, no room, a copy that differs.
    """
    with server(url) as source, source.transaction():
        source.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        _require_ours(source, str(url))
        _require_room(source, target.parent, spare_bytes)
        steps = file_schema.migrations()[: schema.version_of(source)]
        with contextlib.closing(connect(target)) as copy:
            copy.execute("PRAGMA journal_mode = DELETE")
            copy.execute("PRAGMA synchronous = OFF")  # the user syncs the file as a whole
            file_schema.migrate(copy, steps)
            copy.execute("BEGIN IMMEDIATE")
            compare(copy, source, _fill(source, copy, tables_of(copy, source), progress), progress)
            note_time(copy, now)
            if copy.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise StoreError(texts.COPY_DAMAGED(target=target, reason="rows without their parents"))
            copy.execute("COMMIT")
            if problem := damage(copy, progress):
                raise StoreError(texts.COPY_DAMAGED(target=target, reason=problem))


def _require_ours(source: Server, name: str) -> None:
    """Raise StoreError for an empty database or one of a newer bot."""
    version, known = schema.version_of(source), schema.migrations()[-1].version
    if version == 0:
        raise StoreError(texts.SERVER_IS_EMPTY(name=name), exit_code=RESTART_CANNOT_HELP)
    if version > known:
        raise StoreError(texts.NEWER_SCHEMA(name=name, version=version, known=known), exit_code=RESTART_CANNOT_HELP)


def _fill(
    source: Server, copy: sqlite3.Connection, tables: Sequence[MovedTable], progress: Progress
) -> list[MovedTable]:
    """Fill the tables, without triggers, which would duplicate copied rows; return them with their numbers of rows."""
    total = sum(_count(source, table.name) for table in tables)
    triggers = copy.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        copy.execute(f'DROP TRIGGER "{name}"')
    for table in reversed(tables):
        copy.execute(f'DELETE FROM "{table.name}"')  # noqa: S608 - a name of the schema
    done = 0
    for table in tables:
        for count in _copy(source, copy, table):
            failpoint("move.half")
            done += count
            progress(texts.COPYING, done, total)
        _count_on(source, copy, table)
    for _, statement in triggers:
        copy.execute(statement)
    return tables_of(copy, source)


def _count(source: Server, table: str) -> int:
    row = source.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    return int(row[0]) if row else 0


def _copy(source: Server, copy: sqlite3.Connection, table: MovedTable) -> Iterator[int]:
    """Copy a table; yield each batch's number of rows."""
    names = ", ".join(f'"{name}"' for name in table.columns)
    into = f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" * len(table.columns))})'  # noqa: S608 - names of the schema
    rows = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(map(sql.Identifier, table.columns)), sql.Identifier(table.name)
    )
    with source.cursor(name="copied") as cursor:
        cursor.execute(rows)
        while batch := cursor.fetchmany(BATCH):
            copy.executemany(into, batch)
            yield len(batch)


def _count_on(source: Server, copy: sqlite3.Connection, table: MovedTable) -> None:
    """Continue ids where PostgreSQL would, so that none is reused."""
    for column in table.counters if _counts(copy, table.name) else ():
        row = source.execute(_LAST, (table.name, column)).fetchone()
        last = 0 if row is None or row[0] is None else row[0]
        copy.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
        copy.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, last))


def _counts(copy: sqlite3.Connection, table: str) -> bool:
    found = copy.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    return "AUTOINCREMENT" in str(found[0])


def _require_room(source: Server, folder: Path, spare_bytes: int) -> None:
    """Raise StoreError if the folder has no room for a copy of the database."""
    row = source.execute(_SIZE).fetchone()
    found = os.statvfs(folder)
    require_room(int(row[0]) if row else 0, found.f_bavail * found.f_frsize, spare=spare_bytes)


@contextlib.contextmanager
def server(url: PostgresUrl) -> Iterator[Server]:
    """Yield a connection without timeouts. Raises StoreError for psycopg's errors."""
    try:
        with contextlib.closing(connected(url)) as db:
            db.execute("SET idle_in_transaction_session_timeout = 0; SET lock_timeout = 0")
            schema.refuse_unsuitable(db, str(url))
            yield db
    except psycopg.Error as error:
        reason = " ".join((error.diag.message_primary or str(error)).split())[:300].rstrip(".")
        raise StoreError(texts.SERVER_NOT_OPENED(name=str(url), reason=reason)) from error
