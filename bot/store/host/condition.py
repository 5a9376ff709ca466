"""Diagnostics of the database: sizes, versions, counts, last errors. No member's texts."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path
from typing import Any

from bot.errors import StoreError
from bot.settings import PostgresUrl
from bot.store.by_name import server_module
from bot.store.engine.schema import migrations
from bot.store.host.jobs import reading
from bot.store.sql import Connection
from bot.store.vault.secret_box import key_file_of

_OLDEST_DUE = """
SELECT min(next_at) FROM jobs WHERE state IN ('submitting', 'queued', 'processing', 'ready')
"""


def condition(database: Path | PostgresUrl, now: float) -> dict[str, Any]:
    """Return JSON diagnostics of a database that a bot may be using. Raises no database errors.

    `now` is in Unix seconds, sizes in bytes.
    """
    if isinstance(database, PostgresUrl):
        try:
            on_server: dict[str, Any] = server_module("server").condition(database, now)
        except StoreError as error:
            return {"address": str(database), "error": error.sentence}
        return on_server
    found: dict[str, Any] = {
        "sqlite": sqlite3.sqlite_version,
        "path": str(database),
        "exists": database.exists(),
        "bytes": _size(database),
        "log_bytes": _size(database.with_name(f"{database.name}-wal")),
        "schema_known": len(migrations()),
        "key_file": _rights(key_file_of(database)),
    }
    if not database.exists():
        return found
    try:
        with reading(database) as db:
            found |= {
                "schema": int(db.execute("PRAGMA user_version").fetchone()[0]),
                **inside(db, now),
            }
    except (StoreError, sqlite3.Error) as error:
        found["error"] = error.sentence if isinstance(error, StoreError) else str(error)
    return found


def inside(db: Connection, now: float) -> dict[str, Any]:
    oldest = db.execute(_OLDEST_DUE).fetchone()[0]
    return {
        "jobs": {row[0]: row[1] for row in db.execute("SELECT state, count(*) FROM jobs GROUP BY state")},
        "oldest_due_s": None if oldest is None else round(max(0.0, now - oldest), 1),
        "refused_keys": db.execute(
            "SELECT count(*) FROM guild_keys WHERE own = 0 AND refused_at IS NOT NULL"
        ).fetchone()[0],
    }


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.exists() else None


def _rights(key_file: Path) -> str | None:
    return f"mode {stat.S_IMODE(key_file.stat().st_mode):o}" if key_file.exists() else None
