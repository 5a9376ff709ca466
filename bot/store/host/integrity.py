"""Read-only checks for `cannon-bot check`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from bot.errors import StoreError
from bot.runtime.machine import read_only
from bot.runtime.progress import Progress, no_progress
from bot.store import texts
from bot.store.engine import schema
from bot.store.engine.connection import connect, damage
from bot.store.engine.sqlite_errors import explained
from bot.store.host.moved import refuse_moved
from bot.store.money.totals import wrong_guilds
from bot.store.sql import Connection
from bot.store.vault import secret_box as sealed
from bot.store.vault.secret_box import KEY_PURPOSE, SecretBox, key_file_of, load_box

_RULES = {
    texts.ENDED_WITH_OPEN_HOLD: """
        SELECT count(*) FROM jobs WHERE state IN ('delivered', 'failed', 'cancelled', 'refused', 'expired', 'held')
        AND NOT EXISTS (SELECT 1 FROM ledger WHERE job_id = jobs.id AND kind IN ('settle', 'release'))""",
    texts.WITHOUT_HOLD: """
        SELECT count(*) FROM jobs
        WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE job_id = jobs.id AND kind = 'hold')""",
    texts.SETTLED_AND_RELEASED: """
        SELECT count(*) FROM (
            SELECT 1 FROM ledger WHERE kind IN ('settle', 'release') GROUP BY job_id HAVING count(*) > 1)""",
    texts.OPEN_BUT_RECHECKED: """
        SELECT count(*) FROM jobs WHERE recheck_at IS NOT NULL
        AND state NOT IN ('delivered', 'failed', 'cancelled', 'refused', 'expired', 'held')""",
    texts.ADJUSTED_WITH_OPEN_HOLD: """
        SELECT count(*) FROM ledger WHERE kind = 'adjust' AND job_id IS NOT NULL
        AND job_id NOT IN (SELECT job_id FROM ledger WHERE kind IN ('settle', 'release'))""",
}


def problems_of(db: sqlite3.Connection, box: SecretBox | None, progress: Progress = no_progress) -> list[str]:
    """Return a sentence per problem: SQLite's checks, the ledger, the secrets."""
    if found := damage(db, progress):
        return [texts.DAMAGED(name=texts.THE_FILE, reason=found)]
    orphans = len(db.execute("PRAGMA foreign_key_check").fetchall())
    return ([texts.ORPHANS(count=orphans)] if orphans else []) + problems_of_rows(db, box)


def problems_of_rows(db: Connection, box: SecretBox | None) -> list[str]:
    """Return a sentence per problem that databases don't detect: the ledger, the secrets."""
    problems = []
    for rule, query in _RULES.items():
        if count := db.execute(query).fetchone()[0]:
            problems.append(texts.RULE_BROKEN(count=count, rule=rule))
    problems += [
        texts.TOTALS_DIFFER(guild_id=guild_id) if guild_id else texts.HOST_TOTALS_DIFFER
        for guild_id in wrong_guilds(db)
    ]
    return problems if box is None else problems + _unreadable_keys(db, box)


def problems_of_file(path: Path, secret_keys: Sequence[str], now: float, progress: Progress = no_progress) -> list[str]:
    """Check a database file that may be in use; a missing file is fine, because the bot creates it.

    `now` is the Unix time in seconds. Nothing is migrated, created or repaired.
    """
    try:
        if not path.exists():
            if (key_file := key_file_of(path)).exists():
                load_box(secret_keys, key_file, needed=())
            return []
        with explained(path):
            db = connect(read_only(path))
            try:
                return _look(db, path, secret_keys, now, progress)
            finally:
                db.close()
    except StoreError as error:
        return [error.sentence]


def _look(db: sqlite3.Connection, path: Path, secret_keys: Sequence[str], now: float, progress: Progress) -> list[str]:
    known = len(schema.migrations())
    schema.refuse_strangers(db, str(path), known)
    if schema.version_of(db) < known:
        # This version's queries may not work before the next start migrates it.
        found = damage(db, progress)
        return [texts.DAMAGED(name=str(path), reason=found)] if found else []
    refuse_moved(db, path)
    return _problems(db, path, secret_keys, now, progress)


def _problems(
    db: sqlite3.Connection, path: Path, secret_keys: Sequence[str], now: float, progress: Progress
) -> list[str]:
    needed = sealed.needed_fingerprints(db, now)
    key_file = key_file_of(path)
    if not secret_keys and not key_file.exists():
        return problems_of(db, None, progress) + ([texts.secret_key_missing(needed)] if needed else [])
    try:
        box = load_box(secret_keys, key_file, needed=needed)
    except StoreError as error:
        return [*problems_of(db, None, progress), error.sentence]
    return problems_of(db, box, progress)


def _unreadable_keys(db: Connection, box: SecretBox) -> list[str]:
    problems = []
    for guild_id, secret in db.execute("SELECT guild_id, secret FROM guild_keys WHERE secret IS NOT NULL"):
        try:
            box.open(KEY_PURPOSE, guild_id, secret)
        except StoreError as error:
            problems.append(texts.OF_GUILD(guild_id=guild_id, sentence=error.sentence))
    return problems
