"""Moves an SQLite file's content into an empty PostgreSQL database, atomically and verified.

One transaction: copy schema and rows, compare with the file, mark the file as moved, commit. A crash before the mark
leaves an empty target and the file unchanged. Between the mark and the commit's end it is unknown which of the two
counts: no bot starts on the file, and re-running the move resolves it.
"""

from __future__ import annotations

import contextlib
import graphlib
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
from psycopg import sql

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.fleet.postgresql import schema
from bot.fleet.postgresql.connection import connected
from bot.runtime.failpoints import failpoint
from bot.runtime.progress import Progress
from bot.settings import PostgresUrl
from bot.store import texts
from bot.store.engine.connection import connect
from bot.store.host.backup import open_beside
from bot.store.host.moved import MOVED_FROM_META, MOVED_TO_META, Moved
from bot.store.jobs.job_lists import OPEN_TOTAL

COMPARED_EACH = 25
"""Rows compared by value per table; ten times as many where money is."""
MONEY = frozenset({"jobs", "ledger", "cards", "guild_keys", "grants", "draws"})
_BOOKS = (
    "SELECT guild_id, member_id, kind, practice, count(*), sum(credits_milli) FROM ledger GROUP BY 1, 2, 3, 4",
    """
    SELECT guild_id, state, practice, count(*), sum(held_milli), sum(raised_milli), sum(coalesce(cost_milli, 0)),
        sum(attempts) FROM jobs GROUP BY 1, 2, 3
    """,
    "SELECT guild_id, practice, count(*), sum(credits_milli) FROM grants GROUP BY 1, 2",
    "SELECT guild_id, grant_id, count(*), sum(credits_milli) FROM draws GROUP BY 1, 2",
    """
    SELECT guild_id, practice, member_id, count(*), sum(charged_milli), sum(drawn_milli), sum(spent_milli),
        sum(paid_jobs) FROM running_totals GROUP BY 1, 2, 3
    """,
    "SELECT guild_id, kind, count(*), sum(credits_milli) FROM ledger_totals GROUP BY 1, 2",
    "SELECT guild_id, count(*), sum(balance_milli) FROM guild_keys GROUP BY 1",
)
"""Spent, held and remaining credits of each server, member and grant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedTable:
    """A table of both databases."""

    name: str
    columns: tuple[str, ...]
    counters: tuple[str, ...]
    """Its columns with PostgreSQL sequences."""
    rows: int


NUL = "\x00"
"""NUL, which SQLite's texts may contain and PostgreSQL's not."""


def storable(value: object) -> object:
    """Convert SQLite's value for PostgreSQL: NUL becomes U+FFFD."""
    return value.replace(NUL, "\ufffd") if isinstance(value, str) else value


def compare(
    source: sqlite3.Connection, target: psycopg.Connection[Any], tables: Sequence[MovedTable], progress: Progress
) -> int:
    """Compare row counts, each server's ledger, and some hundred rows value by value.

    Returns how many rows were compared. Raises StoreError for differences.
    """
    compared = 0
    for done, table in enumerate(tables):
        progress(texts.COMPARING, done, len(tables))
        count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name))
        if (found := target.execute(count).fetchone()) != (table.rows,):
            raise StoreError(texts.NOT_MOVED(what=table.name, which=f"{table.rows} rows, {found and found[0]} there"))
        compared += _compare_rows(source, target, table)
    for query in _BOOKS:
        ours = sorted(tuple(map(_plain, row)) for row in source.execute(query))
        theirs = sorted(tuple(map(_plain, row)) for row in target.execute(query.encode()))
        if ours != theirs:
            raise StoreError(
                texts.NOT_MOVED(what="the books", which=str(next(iter(set(ours).symmetric_difference(theirs)))))
            )
    progress(texts.COMPARING, len(tables), len(tables))
    return compared


def _compare_rows(source: sqlite3.Connection, target: psycopg.Connection[Any], table: MovedTable) -> int:
    most = COMPARED_EACH * (10 if table.name in MONEY else 1)
    keys = [row["name"] for row in source.execute(f'PRAGMA table_info("{table.name}")') if row["pk"]]
    ours = sql.SQL("SELECT {} FROM {} WHERE {}").format(
        sql.SQL(", ").join(map(sql.Identifier, table.columns)),
        sql.Identifier(table.name),
        sql.SQL(" AND ").join(sql.SQL("{} = %s").format(sql.Identifier(key)) for key in keys),
    )
    drawn = _drawn(source, table, keys, most)
    for row in drawn:
        expected = tuple(storable(row[name]) for name in table.columns)
        found = target.execute(ours, [storable(row[key]) for key in keys]).fetchone()
        if found is None or not all(map(_is_same, expected, found)):
            raise StoreError(texts.NOT_MOVED(what=table.name, which=", ".join(f"{key} {row[key]}" for key in keys)))
    return len(drawn)


def _drawn(source: sqlite3.Connection, table: MovedTable, keys: Sequence[str], most: int) -> list[sqlite3.Row]:
    columns, key = (", ".join(f'"{name}"' for name in names) for names in (table.columns, keys))
    # Only keys are sorted randomly: rows are wide.
    return source.execute(
        f"""
        SELECT {columns} FROM "{table.name}"
        WHERE ({key}) IN (SELECT {key} FROM "{table.name}" ORDER BY random() LIMIT ?)
        """,  # noqa: S608 - names of the schema
        (most,),
    ).fetchall()


def _plain(value: Any) -> Any:
    """Return a sum as an integer; NULL as an impossible sum, for sorting."""
    return -(2**70) if value is None else value if isinstance(value, str) else int(value)


def _is_same(ours: object, theirs: object) -> bool:
    """Compare value and type: 1 is not 1.0, another column type."""
    return type(ours) is type(theirs) and ours == theirs


Target: TypeAlias = psycopg.Connection[Any]

BATCH = 1000
"""Rows between two progress reports."""

_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
"""
_PARENTS = """
SELECT child.relname, parent.relname
FROM pg_constraint
    JOIN pg_class child ON child.oid = conrelid
    JOIN pg_class parent ON parent.oid = confrelid
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""
_COLUMNS = """
SELECT attname, attidentity <> '' FROM pg_attribute
WHERE attrelid = to_regclass(quote_ident(%s)) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_OURS = """
SELECT name FROM pragma_table_list
WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    AND name NOT LIKE '\\_litestream%' ESCAPE '\\'
"""
"""Neither the text index, a virtual table, nor SQLite's own tables, nor Litestream's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveDone:
    """What was moved."""

    tables: int
    rows: int
    compared: int
    """The number of rows compared by value."""
    open_jobs: int


def move(database: Path, target: Target, place: str, *, now: float, progress: Progress) -> MoveDone:
    """Copy everything from a file without writers into `target`, and mark the file as moved to `place`.

    `target` is a connection to an empty database, in no transaction. `now` is the Unix time in seconds. Blocks.
    Raises StoreError, with nothing changed, if the target is not empty or differs afterwards; sqlite3.Error,
    psycopg.Error.
    """
    mark = Moved(id=secrets.token_hex(16), place=place, at=now)
    with contextlib.closing(open_beside(database)) as source:
        source.execute("BEGIN")
        with target.transaction():
            done = _take(source, target, place, progress)
            _note(target, mark)
            source.execute("ROLLBACK")
            _set_mark(database, mark)
            failpoint("move.marked")
    failpoint("move.committed")
    return done


def _take(source: sqlite3.Connection, target: Target, place: str, progress: Progress) -> MoveDone:
    """Copy everything into an empty database, and compare."""
    refuse_filled(target, place)
    schema.migrate(target, place, schema.migrations(), progress)
    target.execute("DELETE FROM meta")  # the new schema's own signature; the file's replaces it
    tables = tables_of(source, target)
    _fill(source, target, tables, progress)
    failpoint("move.filled")
    return MoveDone(
        tables=len(tables),
        rows=sum(table.rows for table in tables),
        compared=compare(source, target, tables, progress),
        open_jobs=int(source.execute(OPEN_TOTAL).fetchone()[0]),
    )


def refuse_filled(target: Target, place: str) -> None:
    """Raise StoreError unless the database is empty."""
    tables = {name for (name,) in target.execute(_TABLES)}
    if "meta" in tables and filled_by(target) is not None:
        raise StoreError(texts.TARGET_IS_MOVED_TO(place=place), exit_code=RESTART_CANNOT_HELP)
    if tables:
        raise StoreError(texts.TARGET_IS_FILLED(place=place), exit_code=RESTART_CANNOT_HELP)


def filled_by(target: Target) -> str | None:
    """Return the id of the move that filled the database; None if there was none."""
    if target.execute("SELECT to_regclass('meta')").fetchone() == (None,):
        return None
    row = target.execute("SELECT value FROM meta WHERE name = %s", (MOVED_FROM_META,)).fetchone()
    return None if row is None else str(row[0])


def tables_of(source: sqlite3.Connection, target: Target) -> list[MovedTable]:
    """Return the tables, parents before children. Raises StoreError if they differ."""
    parents: dict[str, set[str]] = {name: set() for (name,) in target.execute(_TABLES)}
    ours = {name for (name,) in source.execute(_OURS)}
    if missing := ours - parents.keys():
        raise StoreError(texts.target_lacks(sorted(missing)), exit_code=RESTART_CANNOT_HELP)
    for child, parent in target.execute(_PARENTS):
        if child != parent:
            parents[child].add(parent)
    return [_table(source, target, name) for name in graphlib.TopologicalSorter(parents).static_order() if name in ours]


def _table(source: sqlite3.Connection, target: Target, name: str) -> MovedTable:
    columns = target.execute(_COLUMNS, (name,)).fetchall()
    names = tuple(column for column, _ in columns)
    if missing := {row["name"] for row in source.execute(f'PRAGMA table_info("{name}")')}.difference(names):
        raise StoreError(
            texts.target_lacks(sorted(f"{name}.{column}" for column in missing)), exit_code=RESTART_CANNOT_HELP
        )
    (rows,) = source.execute(f'SELECT count(*) FROM "{name}"').fetchone()  # noqa: S608 - a name of the schema
    counters = tuple(column for column, counts in columns if counts)
    return MovedTable(name=name, columns=names, counters=counters, rows=rows)


def _fill(source: sqlite3.Connection, target: Target, tables: Sequence[MovedTable], progress: Progress) -> None:
    done, total = 0, sum(table.rows for table in tables)
    for table in tables:
        # Triggers would duplicate copied rows and announce each. Constraints are still checked.
        target.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table.name)))
    for table in tables:
        for count in _copy(source, target, table):
            failpoint("move.half")
            done += count
            progress(texts.COPYING, done, total)
        _count_on(source, target, table)
    for table in tables:
        target.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(table.name)))
    target.execute("SELECT fill_running_jobs()")


def _copy(source: sqlite3.Connection, target: Target, table: MovedTable) -> Iterator[int]:
    """Copy a table; yield each batch's number of rows."""
    names = ", ".join(f'"{name}"' for name in table.columns)
    rows = source.execute(f'SELECT {names} FROM "{table.name}"')  # noqa: S608 - names of the schema
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.columns))
    )
    with target.cursor() as cursor, cursor.copy(into) as copy:
        while batch := rows.fetchmany(BATCH):
            for row in batch:
                copy.write_row([storable(value) for value in row])
            yield len(batch)


def _count_on(source: sqlite3.Connection, target: Target, table: MovedTable) -> None:
    """Continue ids where SQLite would, so that none is reused."""
    for column in table.counters:
        (last,) = source.execute(
            f"""
            SELECT max(coalesce((SELECT max("{column}") FROM "{table.name}"), 0),
                coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0))
            """,  # noqa: S608 - names of the schema
            (table.name,),
        ).fetchone()
        target.execute(
            "SELECT setval(pg_get_serial_sequence(quote_ident(%s), %s), greatest(%s::bigint, 1), %s::bigint > 0)",
            (table.name, column, last, last),
        )


def _note(target: Target, mark: Moved) -> None:
    both = "INSERT INTO meta (name, value) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    target.execute(both, (MOVED_FROM_META, mark.id))


def _set_mark(database: Path, mark: Moved) -> None:
    with contextlib.closing(connect(database)) as db:
        db.execute("PRAGMA synchronous = FULL")
        db.execute("INSERT INTO meta (name, value) VALUES (?, ?)", (MOVED_TO_META, mark.to_text()))


def take_mark_off(database: Path) -> None:
    """Remove a file's move mark. No process uses the file. Raises StoreError, sqlite3.Error."""
    with contextlib.closing(open_beside(database)) as db:
        db.execute("PRAGMA synchronous = FULL")
        db.execute("DELETE FROM meta WHERE name = ?", (MOVED_TO_META,))


@contextlib.contextmanager
def server(url: PostgresUrl) -> Iterator[Target]:
    """Yield a connection without timeouts. Raises StoreError for psycopg's errors."""
    try:
        with contextlib.closing(connected(url)) as db:
            db.execute("SET idle_in_transaction_session_timeout = 0; SET lock_timeout = 0")
            schema.refuse_unsuitable(db, str(url))
            yield db
    except psycopg.Error as error:
        reason = " ".join((error.diag.message_primary or str(error)).split())[:300].rstrip(".")
        raise StoreError(texts.SERVER_NOT_OPENED(name=str(url), reason=reason)) from error
