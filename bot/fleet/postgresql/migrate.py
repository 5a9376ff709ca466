"""`cannon-bot migrate-to`: moves an SQLite file's content into an empty PostgreSQL database, atomically and verified.

One transaction: copy schema and rows, compare all of them with the file, mark the file as moved, commit. A crash before
the mark leaves an empty target and the file unchanged. Between the mark and the commit's end it is unknown which of the
two counts: no bot starts on the file, and running the command again finds out.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
from psycopg import sql

from bot.app.host import texts
from bot.app.host.offline import stopped_bots_store
from bot.errors import RESTART_CANNOT_HELP, StartError, StoreError
from bot.fleet.postgresql import schema
from bot.fleet.postgresql.connection import connected
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.runtime.progress import Progress
from bot.settings import PostgresUrl, Settings
from bot.store import texts as store_texts
from bot.store.engine.connection import connect
from bot.store.engine.sqlite_database import ProcessLock
from bot.store.engine.sqlite_errors import explained
from bot.store.host.backup import open_beside
from bot.store.host.moved import MOVED_FROM_META, MOVED_TO_META, Moved, moved_file
from bot.store.jobs.job_lists import OPEN_TOTAL
from bot.store.vault.secret_box import key_file_of

Target: TypeAlias = psycopg.Connection[Any]

BATCH = 1000
"""Rows between two progress reports."""

# A table is made after those that it refers to.
_TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' ORDER BY oid
"""
_COLUMNS = """
SELECT attname, attidentity <> '' FROM pg_attribute
WHERE attrelid = to_regclass(quote_ident(%s)) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_OURS = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"


async def migrate(settings: Settings, target: PostgresUrl, *, clock: Clock, progress: Progress) -> str:
    """Move a stopped bot's file to an empty PostgreSQL database; return the outcome as a sentence.

    Raises StoreError, StartError, with nothing changed.
    """
    await asyncio.to_thread(_finish_earlier, settings, target)
    async with stopped_bots_store(settings, progress) as store:
        if problems := await store.check():
            raise StartError(texts.not_sound(problems), exit_code=RESTART_CANNOT_HELP)
        mark = Moved(id=secrets.token_hex(16), place=str(target), at=clock.wall())
        done = await asyncio.to_thread(_move, settings.sqlite_file, target, mark, progress)
    key_file = None if settings.secret_keys else key_file_of(settings.sqlite_file)
    return texts.migrated(str(target), done.rows, done.tables, done.open_jobs, key_file)


def _finish_earlier(settings: Settings, target: PostgresUrl) -> None:
    """Undo the rest of a move that crashed just before its end. Raises StoreError if the file was moved."""
    database = settings.sqlite_file
    mark = moved_file(database) if database.exists() else None
    if mark is None:
        return
    moved = StoreError(store_texts.moved(database, mark.place, mark.at), exit_code=RESTART_CANNOT_HELP)
    if mark.place != str(target):
        raise moved
    lock = ProcessLock.take(database)
    try:
        with _server(target) as db:
            if _filled_by(db) == mark.id:
                raise moved
            _refuse_filled(db, mark.place)
        with explained(database), contextlib.closing(open_beside(database)) as file:
            file.execute("PRAGMA synchronous = FULL")
            file.execute("DELETE FROM meta WHERE name = ?", (MOVED_TO_META,))
    finally:
        lock.release()


@dataclass(frozen=True, slots=True)
class _Done:
    tables: int
    rows: int
    open_jobs: int


def _move(database: Path, url: PostgresUrl, mark: Moved, progress: Progress) -> _Done:
    try:
        with (
            _server(url) as target,
            explained(database),
            contextlib.closing(open_beside(database)) as source,
            target.transaction(),
        ):
            source.execute("BEGIN")
            done = _copy_all(source, target, mark, progress)
            source.execute("ROLLBACK")
            with contextlib.closing(connect(database)) as file:
                file.execute("PRAGMA synchronous = FULL")
                file.execute("INSERT INTO meta (name, value) VALUES (?, ?)", (MOVED_TO_META, mark.to_text()))
            failpoint("move.marked")
    except StoreError as error:
        if moved_file(database) is None:
            raise
        raise StoreError(texts.MOVE_IS_UNKNOWN(reason=error.sentence)) from error
    failpoint("move.committed")
    return done


@contextlib.contextmanager
def _server(url: PostgresUrl) -> Iterator[Target]:
    """Yield a connection without timeouts. Raises StoreError for psycopg's errors."""
    try:
        with contextlib.closing(connected(url)) as db:
            db.execute("SET idle_in_transaction_session_timeout = 0; SET lock_timeout = 0")
            schema.refuse_unsuitable(db, str(url))
            yield db
    except psycopg.Error as error:
        reason = " ".join((error.diag.message_primary or str(error)).split())[:300].rstrip(".")
        raise StoreError(store_texts.SERVER_NOT_OPENED(name=str(url), reason=reason)) from error


def _refuse_filled(target: Target, place: str) -> None:
    if _filled_by(target) is not None:
        raise StoreError(store_texts.TARGET_IS_MOVED_TO(place=place), exit_code=RESTART_CANNOT_HELP)
    if target.execute(_TABLES).fetchone() is not None:
        raise StoreError(store_texts.TARGET_IS_FILLED(place=place), exit_code=RESTART_CANNOT_HELP)


def _filled_by(target: Target) -> str | None:
    """Return the id of the move that filled the database; None if there was none."""
    if target.execute("SELECT to_regclass('meta')").fetchone() == (None,):
        return None
    row = target.execute("SELECT value FROM meta WHERE name = %s", (MOVED_FROM_META,)).fetchone()
    return None if row is None else str(row[0])


def _copy_all(source: sqlite3.Connection, target: Target, mark: Moved, progress: Progress) -> _Done:
    """Copy everything into an empty database, and compare."""
    _refuse_filled(target, mark.place)
    schema.migrate(target, mark.place, schema.migrations(), progress)
    target.execute("DELETE FROM meta")  # the new schema's own facts; the file's replace them
    names = [name for (name,) in target.execute(_TABLES) if source.execute(_OURS, (name,)).fetchone()]
    tables = [_Table(source, target, name) for name in names]
    done, total = 0, sum(table.rows for table in tables)
    # Triggers would duplicate copied rows and announce each. Constraints are still checked.
    for table in tables:
        target.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(table.there))
    for table in tables:
        for count in table.copy():
            failpoint("move.half")
            done += count
            progress(store_texts.COPYING, done, total)
    for table in tables:
        target.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(table.there))
    target.execute("SELECT fill_running_jobs()")
    failpoint("move.filled")
    for place, table in enumerate(tables):
        progress(store_texts.COMPARING, place, len(tables))
        if not table.is_the_same():
            raise StoreError(store_texts.NOT_MOVED(what=table.name))
    target.execute("INSERT INTO meta (name, value) VALUES (%s, %s)", (MOVED_FROM_META, mark.id))
    return _Done(len(tables), total, int(source.execute(OPEN_TOTAL).fetchone()[0]))


class _Table:
    """A table of both databases, with the target's columns: an order by `rowid` is one there."""

    def __init__(self, source: sqlite3.Connection, target: Target, name: str) -> None:
        self.name, self._source, self._target = name, source, target
        self.there = sql.Identifier(name)
        self._columns: list[tuple[str, bool]] = target.execute(_COLUMNS, (name,)).fetchall()
        self._sum = 0
        (self.rows,) = source.execute(f'SELECT count(*) FROM "{name}"').fetchone()  # noqa: S608 - a name of the schema

    def copy(self) -> Iterator[int]:
        """Copy all rows, and let ids continue so that none is reused; yield each batch's number of rows."""
        names = ", ".join(f'"{self.name}"."{column}"' for column, _ in self._columns)
        rows = self._source.execute(f'SELECT {names} FROM "{self.name}"')  # noqa: S608 - names of the schema
        into = sql.SQL("COPY {} ({}) FROM STDIN").format(self.there, self._names)
        with self._target.cursor() as cursor, cursor.copy(into) as copy:
            while batch := rows.fetchmany(BATCH):
                for row in batch:
                    stored = [storable(value) for value in row]
                    self._sum += _hash(stored)
                    copy.write_row(stored)
                yield len(batch)
        for column in (column for column, counts in self._columns if counts):
            (last,) = self._source.execute(
                f"""
                SELECT max(coalesce((SELECT max("{column}") FROM "{self.name}"), 0),
                    coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0))
                """,  # noqa: S608 - names of the schema
                (self.name,),
            ).fetchone()
            self._target.execute(
                "SELECT setval(pg_get_serial_sequence(quote_ident(%s), %s), greatest(%s::bigint, 1), %s::bigint > 0)",
                (self.name, column, last, last),
            )

    def is_the_same(self) -> bool:
        """Whether the target has exactly the rows that were copied, in whatever order."""
        with self._target.cursor(name="moved") as cursor:
            cursor.execute(sql.SQL("SELECT {} FROM {}").format(self._names, self.there))
            return sum(map(_hash, cursor)) == self._sum

    @property
    def _names(self) -> sql.Composed:
        return sql.SQL(", ").join(sql.Identifier(column) for column, _ in self._columns)


def storable(value: object) -> object:
    """Convert SQLite's value for PostgreSQL, whose texts can't contain NUL."""
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value


def _hash(row: Iterable[object]) -> int:
    """Hash values and their types: 1 is not 1.0."""
    return int.from_bytes(hashlib.sha256(repr(tuple(row)).encode()).digest(), "big")
