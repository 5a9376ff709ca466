"""The schema on PostgreSQL: its migrations have the numbers of SQLite's, and begin with the whole of the 31st."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, LiteralString

import psycopg

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.runtime.progress import Progress, no_progress
from bot.store import texts
from bot.store.engine.schema import Migration

OLDEST_POSTGRES = 160000
"""The first with `IS JSON` (https://www.postgresql.org/docs/16/functions-json.html)."""
_MIGRATION_LOCK = 0x0C4A_990A
_FILE = re.compile(r"(\d{3})_\w+\.sql")
_VERSION_TABLE = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)"


@cache
def migrations() -> tuple[Migration, ...]:
    """Return the steps that come with this package, in order."""
    folder = resources.files("bot.store") / "migrations" / "postgresql"
    found = sorted((each for each in folder.iterdir() if _FILE.fullmatch(each.name)), key=lambda each: each.name)
    return tuple(Migration(int(each.name[:3]), each.read_text(encoding="utf-8")) for each in found)


def refuse_unsuitable(db: psycopg.Connection[Any], name: str) -> None:
    """Raise StoreError for a server that is too old and for a database that is not in UTF-8."""
    if db.info.server_version < OLDEST_POSTGRES:
        version = db.info.parameter_status("server_version") or str(db.info.server_version)
        oldest = str(OLDEST_POSTGRES // 10000)
        raise StoreError(texts.server_too_old(name, version, oldest), exit_code=RESTART_CANNOT_HELP)
    if (encoding := db.info.parameter_status("server_encoding")) != "UTF8":
        raise StoreError(texts.server_not_utf8(name, str(encoding)), exit_code=RESTART_CANNOT_HELP)


def version_of(db: psycopg.Connection[Any]) -> int:
    """Return the number of the last step that the database has had; 0 for one without the bot's tables."""
    if not _is_true(db, "SELECT to_regclass('schema_version') IS NOT NULL"):
        return 0
    row = db.execute("SELECT version FROM schema_version").fetchone()
    return 0 if row is None else int(row[0])


def migrate(
    db: psycopg.Connection[Any], name: str, steps: Sequence[Migration], progress: Progress = no_progress
) -> None:
    """Bring the schema up to date, each step with its number in one transaction; other processes wait meanwhile.

    Raises StoreError for another program's database and for one of a newer bot, psycopg.Error.
    """
    known = steps[-1].version
    if version_of(db) == known:
        return
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", [_MIGRATION_LOCK])
        version = version_of(db)
        if version > known:
            raise StoreError(texts.newer_schema(name, version, known), exit_code=RESTART_CANNOT_HELP)
        if version == 0 and _has_tables(db):
            raise StoreError(texts.not_ours(name), exit_code=RESTART_CANNOT_HELP)
        db.execute(_VERSION_TABLE)
        waiting = [step for step in steps if step.version > version]
        for place, step in enumerate(waiting):
            progress(texts.MIGRATING, place, len(waiting))
            db.execute(step.sql)
        db.execute("DELETE FROM schema_version")
        db.execute("INSERT INTO schema_version (version) VALUES (%s)", [known])


def _has_tables(db: psycopg.Connection[Any]) -> bool:
    return _is_true(db, "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = current_schema())")


def _is_true(db: psycopg.Connection[Any], query: LiteralString) -> bool:
    row = db.execute(query).fetchone()
    return row is not None and bool(row[0])
