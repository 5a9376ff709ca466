"""The schemas of both engines are one: what the two catalogs say is the same, but for what the engines differ in."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import pytest

from bot.fleet.postgresql import schema
from bot.store.engine.schema import migrations

if TYPE_CHECKING:
    import psycopg

TYPES = {"INTEGER": "bigint", "REAL": "double precision", "TEXT": "text", "BLOB": "bytea"}
ROWID = {("jobs", "rowid")}
"""Columns that PostgreSQL has in addition, and which are unique: what SQLite has in every table and queries sort by."""
GIVEN = {("shards", "id")}
"""Columns that SQLite would number, and PostgreSQL would not: every statement gives the number."""
ANY_CASE = {("presets", "name"): "presets_in_any_case"}
"""Columns that SQLite compares without regard to case, and the index that stands in for it."""
FIRST = 31
"""PostgreSQL's first migration, which is all of SQLite's up to there."""
OWN_TRIGGERS = re.compile(r"\w+_tell_\w+|\w+_never_truncates?|jobs_run_\w+")
"""Those that PostgreSQL has in addition: of notifications, of a statement that SQLite lacks, of `RUNNING_JOBS`."""
RUNNING_JOBS = "running_jobs"
"""A view of SQLite, and a table of PostgreSQL with these indexes, which SQLite has in `jobs`."""
RUNNING_INDEXES = {"jobs_free", "jobs_lease"}
PARTITIONED = {"archived_jobs", "archived_ledger"}
"""Tables that PostgreSQL has in a partition for each month, and SQLite whole."""


class Column(NamedTuple):
    """What both catalogs say about a column."""

    type: str
    is_nullable: bool
    default: str | None
    is_numbered: bool
    """Whether the database gives it a number if the statement does not."""


class ForeignKey(NamedTuple):
    """The columns, the table that they name a row of, its columns, and what is done when that row is deleted."""

    columns: tuple[str, ...]
    table: str
    named: tuple[str, ...]
    on_delete: str


ON_DELETE = {"a": "NO ACTION", "c": "CASCADE", "n": "SET NULL", "r": "RESTRICT", "d": "SET DEFAULT"}


# ---------------------------------------------------------------------- SQLite's catalog


def sqlite_tables(db: sqlite3.Connection) -> dict[str, str]:
    """Return the tables and the statements that make them."""
    return dict(
        db.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'table'"
            " AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'job_grams%'"
        )
    )


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


def sqlite_key(db: sqlite3.Connection, table: str) -> list[str]:
    rows = db.execute(f"PRAGMA table_info({table})").fetchall()
    return [row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]]


def sqlite_uniques(db: sqlite3.Connection, table: str) -> set[tuple[str, ...]]:
    names = [name for _, name, _, origin, _ in db.execute(f"PRAGMA index_list({table})") if origin == "u"]
    return {tuple(row[2] for row in db.execute(f"PRAGMA index_info({name})")) for name in names}


def sqlite_foreign_keys(db: sqlite3.Connection, table: str) -> set[ForeignKey]:
    rows = db.execute(f"PRAGMA foreign_key_list({table})").fetchall()
    assert {row[5] for row in rows} <= {"NO ACTION"}  # of updates
    found = set()
    for _, group in groupby(sorted(rows), key=lambda row: row[0]):
        columns = list(group)
        of = columns[0]
        found.add(ForeignKey(tuple(row[3] for row in columns), of[2], tuple(row[4] for row in columns), of[6]))
    return found


def sqlite_checks(sql: str) -> Iterator[str]:
    """Yield the conditions of a CREATE TABLE."""
    for match in re.finditer(r"\bCHECK \(", sql):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        yield sql[match.end() : end - 1]


def translated(sql: str) -> str:
    """Return a condition or an index as PostgreSQL says it."""
    sql = re.sub(r"json_valid\((\w+)\)", r"\1 IS JSON", sql)
    sql = re.sub(r"json_extract\((\w+), '\$\[0\]'\)", r"\1::jsonb ->> 0", sql)
    return re.sub(r"(\w+ IS NULL),", r"(\1),", sql)


# ---------------------------------------------------------------------- PostgreSQL's catalog


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


def _constraints(db: psycopg.Connection, table: str, kind: str) -> list[tuple[list[str], str, list[str], str]]:
    names = """
        (SELECT array_agg(attname::text ORDER BY place) FROM unnest({key}) WITH ORDINALITY AS key (number, place)
            JOIN pg_attribute ON attrelid = {table} AND attnum = number)
    """
    return db.execute(
        f"""
        SELECT {names.format(key="conkey", table="conrelid")}, nullif(confrelid, 0)::regclass::text,
            {names.format(key="confkey", table="confrelid")}, confdeltype::text
        FROM pg_constraint WHERE conrelid = %s::regclass AND contype = %s AND confupdtype IN (' ', 'a')
            AND NOT condeferrable AND convalidated
        """,
        (table, kind),
    ).fetchall()


def postgres_key(db: psycopg.Connection, table: str) -> list[str]:
    return _constraints(db, table, "p")[0][0]


def postgres_uniques(db: psycopg.Connection, table: str) -> set[tuple[str, ...]]:
    return {tuple(columns) for columns, *_ in _constraints(db, table, "u")}


def postgres_foreign_keys(db: psycopg.Connection, table: str) -> set[ForeignKey]:
    return {
        ForeignKey(tuple(columns), named, tuple(others), ON_DELETE[on_delete])
        for columns, named, others, on_delete in _constraints(db, table, "f")
    }


def postgres_checks(db: psycopg.Connection, table: str) -> list[str]:
    rows = db.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", (table,)
    )
    return sorted(row[0] for row in rows)


def postgres_indexes(db: psycopg.Connection, schema: str) -> dict[str, str]:
    """Return the indexes that are of no constraint, as the server writes them."""
    rows = db.execute(
        """
        SELECT relname, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON oid = indexrelid
        WHERE relnamespace = %s::regnamespace
            AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
        """,
        (schema,),
    )
    return {name: re.sub(rf" ON (ONLY )?{schema}\.", " ON ", made) for name, made in rows}


# ---------------------------------------------------------------------- the comparison


def test_both_have_the_same_tables(sqlite: sqlite3.Connection, postgres: psycopg.Connection) -> None:
    assert postgres_tables(postgres) == {*sqlite_tables(sqlite), RUNNING_JOBS}
    views = {row[0] for row in sqlite.execute("SELECT name FROM sqlite_schema WHERE type = 'view'")}
    rows = postgres.execute("SELECT viewname FROM pg_views WHERE schemaname = 'public'")
    assert {row[0] for row in rows} == views - {RUNNING_JOBS}


def test_only_the_archive_is_partitioned(postgres: psycopg.Connection) -> None:
    rows = postgres.execute("SELECT partrelid::regclass::text, pg_get_partkeydef(partrelid) FROM pg_partitioned_table")
    assert dict(rows.fetchall()) == dict.fromkeys(PARTITIONED, "LIST (month)")


def test_each_migration_since_the_first_is_in_both_folders() -> None:
    assert [each.version for each in schema.migrations()] == [each.version for each in migrations()[FIRST - 1 :]]


def test_columns_have_the_same_type_default_and_nullability(
    sqlite: sqlite3.Connection, postgres: psycopg.Connection
) -> None:
    numbered = Column("bigint", is_nullable=False, default=None, is_numbered=True)
    for table in sqlite_tables(sqlite):
        own = {column: numbered for of, column in ROWID if of == table}
        assert postgres_columns(postgres, table) == sqlite_columns(sqlite, table) | own, table


@pytest.mark.parametrize(
    ("of_sqlite", "of_postgres"),
    [(sqlite_key, postgres_key), (sqlite_uniques, postgres_uniques), (sqlite_foreign_keys, postgres_foreign_keys)],
    ids=["primary keys", "unique columns", "foreign keys"],
)
def test_constraints_are_the_same(
    sqlite: sqlite3.Connection,
    postgres: psycopg.Connection,
    of_sqlite: Callable[[sqlite3.Connection, str], object],
    of_postgres: Callable[[psycopg.Connection, str], object],
) -> None:
    for table in sqlite_tables(sqlite):
        expected = of_sqlite(sqlite, table)
        if of_sqlite is sqlite_uniques:
            expected |= {(column,) for of, column in ROWID if of == table}
        assert of_postgres(postgres, table) == expected, table


def test_checks_are_the_same(sqlite: sqlite3.Connection, postgres: psycopg.Connection) -> None:
    """PostgreSQL is given SQLite's conditions, and writes them in its own way as it does those of its schema."""
    for table, sql in sqlite_tables(sqlite).items():
        postgres.execute(f"CREATE TEMP TABLE given (LIKE {table})")
        for condition in sqlite_checks(sql):
            postgres.execute(f"ALTER TABLE given ADD CHECK ({translated(condition)})")
        assert postgres_checks(postgres, table) == postgres_checks(postgres, "given"), table
        postgres.execute("DROP TABLE given")


def test_indexes_are_the_same(sqlite: sqlite3.Connection, postgres: psycopg.Connection) -> None:
    """Those of SQLite end with the table's rowid, though nobody has written it; PostgreSQL's do where queries sort."""
    there = postgres_indexes(postgres, "public")
    for name in ANY_CASE.values():
        del there[name]
    postgres.execute("CREATE SCHEMA given")
    rowids = {}
    for table in sqlite_tables(sqlite):
        postgres.execute(f"CREATE TABLE given.{table} (LIKE public.{table})")
        numbered = [name for name, column in postgres_columns(postgres, table).items() if column.is_numbered]
        rowids[table] = numbered[0] if numbered else None
    postgres.execute("SET LOCAL search_path = given")
    tables = {}
    for name, table, sql in sqlite.execute(
        "SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
    ):
        postgres.execute(translated(sql))
        tables[name] = table
    expected = postgres_indexes(postgres, "given")
    postgres.execute("SET LOCAL search_path = public")

    assert there.keys() == expected.keys()
    for name in RUNNING_INDEXES:
        assert f" ON {RUNNING_JOBS} " in there.pop(name)
    for name, made in there.items():
        rowid = rowids[tables[name]]
        without = re.sub(rf", {rowid}\)", ")", made, count=1)
        assert expected[name] in {made, without}


def test_names_without_regard_to_case_are_unique(sqlite: sqlite3.Connection, postgres: psycopg.Connection) -> None:
    found = {
        (table, column)
        for table, sql in sqlite_tables(sqlite).items()
        for column in re.findall(r"(\w+) TEXT[^,]* COLLATE NOCASE", sql)
    }
    assert found == set(ANY_CASE)
    indexes = postgres_indexes(postgres, "public")
    for (table, column), name in ANY_CASE.items():
        key = ", ".join(each if each != column else f"lower({each})" for each in sqlite_key(sqlite, table))
        assert indexes[name] == f"CREATE UNIQUE INDEX {name} ON {table} USING btree ({key})"


def test_triggers_have_the_same_names(sqlite: sqlite3.Connection, postgres: psycopg.Connection) -> None:
    """What they do is played in test_both_triggers.py."""
    rows = postgres.execute("SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal").fetchall()
    there = {row for row in rows if not OWN_TRIGGERS.fullmatch(row[0])}
    made = sqlite.execute("SELECT name, tbl_name FROM sqlite_schema WHERE type = 'trigger'")
    assert there == {(name, table) for name, table in made if not name.startswith("job_texts_")}
