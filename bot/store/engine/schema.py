"""Numbered SQL migrations, each applied atomically with its number.

`NNN_what.sql` is for both databases, in SQLite's words; what only one of them needs is beside it, in
`NNN_what.sqlite.sql` and `NNN_what.postgresql.sql`. Released ones are never edited.
"""

from __future__ import annotations

import functools
import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.runtime.progress import Progress, no_progress
from bot.store import texts

APPLICATION_ID = 0x43424F31
"""`CBO1`: written into the file's header, so that another program's database is not mistaken for ours."""
APPLICATION_ID_BEFORE = 0x43424F54
"""Of databases from before the first schema that is kept."""
SQLITE, POSTGRESQL = "sqlite", "postgresql"

_FILE_NAME = re.compile(r"(\d{3})_\w+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration, after which `PRAGMA user_version` is `version`."""

    version: int
    sql: str


def read_migrations(engine: str, translate: Callable[[str], str]) -> tuple[Migration, ...]:
    """Read the engine's migrations, in order: of each what is for both, translated, then what is the engine's own."""
    texts_of = _texts()
    return tuple(
        Migration(int(match[1]), translate(text) + texts_of.get(f"{name.removesuffix('.sql')}.{engine}.sql", ""))
        for name, text in texts_of.items()
        if (match := _FILE_NAME.fullmatch(name))
    )


def _texts() -> dict[str, str]:
    """Return all files, by name in order."""
    folder = files("bot.store").joinpath("migrations")
    found = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".sql")}
    return dict(sorted(found.items()))


@functools.cache
def _fingerprint(version: int) -> str:
    """Return a hash of the schema's files for both databases, without comments and spacing."""
    made_by = "".join(text for name, text in _texts().items() if int(name[:3]) <= version)
    return hashlib.sha256("".join(re.sub("--.*", "", made_by).split()).encode()).hexdigest()[:16]


def note_fingerprint(version: int) -> str:
    """Return the statement that stores which schema a database has got."""
    return f"""
    INSERT INTO meta (name, value) VALUES ('schema', '{_fingerprint(version)}')
    ON CONFLICT (name) DO UPDATE SET value = excluded.value
    """  # noqa: S608 - a hash


def is_another_schema(db: Any, version: int) -> bool:
    """Whether a database of this version has another schema than this version's, as commits between releases have."""
    row = db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    return row is None or row[0] != _fingerprint(version)


@functools.cache
def migrations() -> tuple[Migration, ...]:
    """Read this version's migrations of SQLite, in order."""
    found = read_migrations(SQLITE, str)
    if not found or [migration.version for migration in found] != list(range(1, len(found) + 1)):
        raise StoreError(texts.MIGRATIONS_MISSING, exit_code=RESTART_CANNOT_HELP)
    return found


@functools.cache
def guild_tables() -> tuple[str, ...]:
    """Return the tables that have rows of guilds, children before their parents."""
    made = re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", "".join(step.sql for step in migrations()), re.DOTALL)
    return tuple(name for name, columns in reversed(made) if "\n    guild_id " in columns)


def version_of(db: sqlite3.Connection) -> int:
    """Return the schema's version, 0 for an empty database."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def refuse_strangers(db: sqlite3.Connection, name: str, known: int) -> None:
    """Raise StoreError for another program's database, one from before, or a newer bot's. Writes nothing."""
    # One snapshot for all: another program may be initialising the file now.
    db.execute("BEGIN")
    try:
        application_id = db.execute("PRAGMA application_id").fetchone()[0]
        is_empty = db.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is None
        version = version_of(db)
        is_other = application_id == APPLICATION_ID and 0 < version <= known and is_another_schema(db, version)
    finally:
        if db.in_transaction:  # SQLite itself ends a failed one
            db.execute("ROLLBACK")
    if application_id == APPLICATION_ID_BEFORE or is_other:
        raise StoreError(texts.FROM_BEFORE(name=name), exit_code=RESTART_CANNOT_HELP)
    if application_id != APPLICATION_ID and not (is_empty and application_id == 0):
        raise StoreError(texts.NOT_OURS(name=name), exit_code=RESTART_CANNOT_HELP)
    if version > known:
        raise StoreError(texts.NEWER_SCHEMA(name=name, version=version, known=known), exit_code=RESTART_CANNOT_HELP)


def migrate(db: sqlite3.Connection, steps: Sequence[Migration], progress: Progress = no_progress) -> None:
    """Migrate the schema. Safe for concurrent processes; a failed step leaves nothing behind.

    Foreign keys are off during a step, so that it may rebuild a table, and are checked before the commit
    (sqlite.org/lang_altertable.html, section 7). The caller turns them on afterwards.
    """
    db.execute("PRAGMA foreign_keys = OFF")
    first = version_of(db)
    while (version := version_of(db)) < len(steps):
        progress(texts.MIGRATING, version - first, len(steps) - first)
        if not _step(db, steps):
            break


def _step(db: sqlite3.Connection, steps: Sequence[Migration]) -> bool:
    """Apply the next step, or all to an empty file; False if another program has applied the last.

    A new database is one transaction, because each waits for the disk.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(db)
        if version >= len(steps):
            return False
        for step in steps if version == 0 else steps[version : version + 1]:
            for statement in statements(step.sql):
                db.execute(statement)
            if db.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise sqlite3.IntegrityError(f"migration {step.version} leaves rows without their parents")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {step.version}")
        db.execute(note_fingerprint(step.version))
        db.execute("COMMIT")
        return True
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def statements(sql: str) -> Iterator[str]:
    """Split a script at line-ending semicolons; `executescript` commits implicitly."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
