"""PostgreSQL gets the tables of SQLite, translated; triggers are written twice, under the same names."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING, NamedTuple

import pytest

from bot.errors import StoreError
from bot.fleet.postgresql import schema

if TYPE_CHECKING:
    import psycopg

TYPES = {"INTEGER": "bigint", "REAL": "double precision", "TEXT": "text", "BLOB": "bytea"}
ROWID = {("jobs", "rowid")}
"""Columns that PostgreSQL has in addition: what SQLite has in every table and queries sort by."""
GIVEN = {("outbox", "decision_id")}
"""Columns that SQLite would number, and PostgreSQL would not: every statement gives the number."""
OWN_TRIGGERS = re.compile(r"\w+_tell_\w+|\w+_never_truncates?|jobs_run_\w+")
"""Those that PostgreSQL has in addition: of notifications, of a statement that SQLite lacks, of `RUNNING_JOBS`."""
RUNNING_JOBS = "running_jobs"
"""A view of SQLite, and a table of PostgreSQL."""


class Column(NamedTuple):
    """What both catalogs say about a column."""

    type: str
    is_nullable: bool
    default: str | None
    is_numbered: bool
    """Whether the database gives it a number if the statement does not."""


def sqlite_tables(db: sqlite3.Connection) -> dict[str, str]:
    """Return the tables and the statements that make them."""
    return dict(db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"))


def sqlite_columns(db: sqlite3.Connection, table: str) -> dict[str, Column]:
    return {
        name: Column(
            type=TYPES[type_],
            is_nullable=not (not_null or key),
            default=default,
            is_numbered=type_ == "INTEGER" and bool(key and not not_null) and (table, name) not in GIVEN,
        )
        for _, name, type_, not_null, default, key in db.execute(f"PRAGMA table_info({table})")
    }


def postgres_tables(db: psycopg.Connection) -> set[str]:
    return {row[0] for row in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def postgres_columns(db: psycopg.Connection, table: str) -> dict[str, Column]:
    rows = db.execute(
        """
        SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull, pg_get_expr(adbin, adrelid),
            attidentity = 'd', coalesce(collname, '')
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        LEFT JOIN pg_collation ON pg_collation.oid = attcollation
        WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
        """,
        (table,),
    ).fetchall()
    assert all(collation == ("C" if type_ == "text" else "") for _, type_, _, _, _, collation in rows)
    return {
        name: Column(type_, is_nullable, None if default is None else default.removesuffix("::text"), is_numbered)
        for name, type_, is_nullable, default, is_numbered, _ in rows
    }


def test_both_have_the_same_tables(sqlite: sqlite3.Connection, postgres: psycopg.Connection) -> None:
    assert postgres_tables(postgres) == {*sqlite_tables(sqlite), RUNNING_JOBS}
    views = {row[0] for row in sqlite.execute("SELECT name FROM sqlite_schema WHERE type = 'view'")}
    rows = postgres.execute("SELECT viewname FROM pg_views WHERE schemaname = 'public'")
    assert {row[0] for row in rows} == views - {RUNNING_JOBS}


def test_columns_have_the_same_type_default_and_nullability(
    sqlite: sqlite3.Connection, postgres: psycopg.Connection
) -> None:
    numbered = Column("bigint", is_nullable=False, default=None, is_numbered=True)
    for table in sqlite_tables(sqlite):
        own = {column: numbered for of, column in ROWID if of == table}
        assert postgres_columns(postgres, table) == sqlite_columns(sqlite, table) | own, table


def test_triggers_have_the_same_names(sqlite: sqlite3.Connection, postgres: psycopg.Connection) -> None:
    """What they do is played in test_both_triggers.py."""
    rows = postgres.execute("SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal").fetchall()
    there = {row for row in rows if not OWN_TRIGGERS.fullmatch(row[0])}
    made = sqlite.execute("SELECT name, tbl_name FROM sqlite_schema WHERE type = 'trigger'")
    assert there == {(name, table) for name, table in made if not name.startswith("job_texts_")}


@pytest.mark.parametrize(
    "changed",
    [
        "CREATE TABLE schema_version (version BIGINT)",
        "CREATE TABLE schema_number AS SELECT 1 AS version",
        "CREATE TABLE schema_number AS SELECT 1 AS version; INSERT INTO meta VALUES ('schema', 'of another commit')",
    ],
)
def test_a_database_from_before_the_first_schema_is_refused_and_left_alone(
    postgres: psycopg.Connection, changed: str
) -> None:
    postgres.execute(changed)
    before = postgres_tables(postgres)
    with pytest.raises(StoreError, match=r"Finish or cancel its jobs .* run `cannon-bot backup`"):
        schema.refuse_unsuitable(postgres, "postgresql:///bot")
    assert postgres_tables(postgres) == before
