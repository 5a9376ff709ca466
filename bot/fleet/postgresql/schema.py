"""PostgreSQL's schema."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, LiteralString

import psycopg

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.fleet.postgresql.dialect import LIMITS, translated_schema
from bot.runtime.progress import Progress, no_progress
from bot.store import texts
from bot.store.engine.schema import POSTGRESQL, Migration, is_another_schema, note_fingerprint, read_migrations

OLDEST_POSTGRES = 160000
"""The first with `IS JSON` (https://www.postgresql.org/docs/16/functions-json.html)."""
_MIGRATION_LOCK = 0x0C4A_990A
_VERSION_TABLE = "CREATE TABLE IF NOT EXISTS schema_number (version BIGINT NOT NULL)"
_TABLE_BEFORE = "schema_version"
"""Of databases from before the first schema that is kept."""


@cache
def migrations() -> tuple[Migration, ...]:
    """Return this version's migrations, in order."""
    return read_migrations(POSTGRESQL, translated_schema)


def refuse_unsuitable(db: psycopg.Connection[Any], name: str) -> None:
    """Raise StoreError for an old server, a database not in UTF-8, or one from before. Writes nothing."""
    if db.info.server_version < OLDEST_POSTGRES:
        version = db.info.parameter_status("server_version") or str(db.info.server_version)
        oldest = str(OLDEST_POSTGRES // 10000)
        raise StoreError(texts.SERVER_TOO_OLD(name=name, version=version, oldest=oldest), exit_code=RESTART_CANNOT_HELP)
    if (encoding := db.info.parameter_status("server_encoding")) != "UTF8":
        raise StoreError(texts.SERVER_NOT_UTF8(name=name, encoding=str(encoding)), exit_code=RESTART_CANNOT_HELP)
    is_ours = 0 < (ours := version_of(db)) <= migrations()[-1].version
    if _has_table(db, _TABLE_BEFORE) or (is_ours and is_another_schema(db, ours)):
        raise StoreError(texts.FROM_BEFORE(name=name), exit_code=RESTART_CANNOT_HELP)


def version_of(db: psycopg.Connection[Any]) -> int:
    """Return the database's schema version; 0 without the bot's tables."""
    if not _has_table(db, "schema_number"):
        return 0
    row = db.execute("SELECT version FROM schema_number").fetchone()
    return 0 if row is None else int(row[0])


def migrate(
    db: psycopg.Connection[Any], name: str, steps: Sequence[Migration], progress: Progress = no_progress
) -> None:
    """Migrate the schema, each step with its number in one transaction; other processes wait.

    Raises StoreError for another program's database or a newer bot's, psycopg.Error.
    """
    known = steps[-1].version
    if version_of(db) == known:
        return
    with db.transaction():
        db.execute(LIMITS)
        db.execute("SELECT pg_advisory_xact_lock(%s)", [_MIGRATION_LOCK])
        version = version_of(db)
        if version > known:
            raise StoreError(texts.NEWER_SCHEMA(name=name, version=version, known=known), exit_code=RESTART_CANNOT_HELP)
        if version == 0 and _has_tables(db):
            raise StoreError(texts.NOT_OURS(name=name), exit_code=RESTART_CANNOT_HELP)
        db.execute(_VERSION_TABLE)
        waiting = [step for step in steps if step.version > version]
        for place, step in enumerate(waiting):
            progress(texts.MIGRATING, place, len(waiting))
            db.execute(step.sql)
        db.execute(note_fingerprint(known))
        db.execute("DELETE FROM schema_number")
        db.execute("INSERT INTO schema_number (version) VALUES (%s)", [known])


def _has_tables(db: psycopg.Connection[Any]) -> bool:
    return _is_true(db, "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = current_schema())")


def _has_table(db: psycopg.Connection[Any], name: str) -> bool:
    row = db.execute("SELECT to_regclass(%s) IS NOT NULL", [name]).fetchone()
    return row is not None and bool(row[0])


def _is_true(db: psycopg.Connection[Any], query: LiteralString) -> bool:
    row = db.execute(query).fetchone()
    return row is not None and bool(row[0])
