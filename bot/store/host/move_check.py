"""Whether a PostgreSQL database has what the SQLite file has that it was filled from."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from bot.errors import StoreError
from bot.runtime.progress import Progress
from bot.store import texts

COMPARED_EACH = 25
"""Of each table, so many rows are compared value by value; of those that money is in, ten times as many."""
MONEY = frozenset({"jobs", "ledger", "cards", "guild_keys", "grants", "draws"})
_BOOKS = (
    "SELECT guild_id, member_id, kind, practice, count(*), sum(credits_milli) FROM ledger GROUP BY 1, 2, 3, 4",
    """
    SELECT guild_id, state, practice, count(*), sum(held_milli), sum(raised_milli), sum(coalesce(cost_milli, 0)),
        sum(attempts) FROM jobs GROUP BY 1, 2, 3
    """,
    "SELECT guild_id, practice, count(*), sum(credits_milli) FROM grants GROUP BY 1, 2",
    "SELECT guild_id, grant_id, count(*), sum(credits_milli) FROM draws GROUP BY 1, 2",
    "SELECT guild_id, count(*), sum(balance_milli) FROM guild_keys GROUP BY 1",
)
"""What each server, each member and each grant has spent, holds and has left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedTable:
    """A table that both databases have."""

    name: str
    columns: tuple[str, ...]
    counters: tuple[str, ...]
    """Those of its columns for which PostgreSQL counts up."""
    rows: int


NUL = "\x00"
"""What SQLite keeps in a text, and PostgreSQL does not."""


def storable(value: object) -> object:
    """Return a value of SQLite as PostgreSQL can keep it: NUL, which means nothing in a text, becomes U+FFFD."""
    return value.replace(NUL, "\ufffd") if isinstance(value, str) else value


def compare(
    source: sqlite3.Connection, target: psycopg.Connection[Any], tables: Sequence[MovedTable], progress: Progress
) -> int:
    """Compare the number of rows of each table, the books of each server, and some hundred rows value by value.

    Returns how many rows were compared. Raises StoreError for what is not the same.
    """
    compared = 0
    for done, table in enumerate(tables):
        progress(texts.COMPARING, done, len(tables))
        count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name))
        if (found := target.execute(count).fetchone()) != (table.rows,):
            raise StoreError(texts.not_moved(table.name, f"{table.rows} rows, {found and found[0]} there"))
        compared += _compare_rows(source, target, table)
    for query in _BOOKS:
        ours = sorted(tuple(map(_plain, row)) for row in source.execute(query))
        theirs = sorted(tuple(map(_plain, row)) for row in target.execute(query.encode()))
        if ours != theirs:
            raise StoreError(texts.not_moved("the books", str(next(iter(set(ours).symmetric_difference(theirs))))))
    progress(texts.COMPARING, len(tables), len(tables))
    return compared


def _compare_rows(source: sqlite3.Connection, target: psycopg.Connection[Any], table: MovedTable) -> int:
    """Compare some rows of a table, drawn at random."""
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
            raise StoreError(texts.not_moved(table.name, ", ".join(f"{key} {row[key]}" for key in keys)))
    return len(drawn)


def _drawn(source: sqlite3.Connection, table: MovedTable, keys: Sequence[str], most: int) -> list[sqlite3.Row]:
    columns, key = (", ".join(f'"{name}"' for name in names) for names in (table.columns, keys))
    # Only keys are put into a random order: rows are wide.
    return source.execute(
        f"""
        SELECT {columns} FROM "{table.name}"
        WHERE ({key}) IN (SELECT {key} FROM "{table.name}" ORDER BY random() LIMIT ?)
        """,  # noqa: S608 - names of the schema
        (most,),
    ).fetchall()


def _plain(value: Any) -> Any:
    """Return a sum as a whole number; NULL as one that no sum is, so that rows can be sorted."""
    return -(2**70) if value is None else value if isinstance(value, str) else int(value)


def _is_same(ours: object, theirs: object) -> bool:
    """Whether two values are the same, and of the same kind: 1 is not 1.0, which would mean another type of column."""
    return type(ours) is type(theirs) and ours == theirs
