"""PostgreSQL's schema and its text index."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, LiteralString

import psycopg
import structlog

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.fleet.postgresql.dialect import LIMITS, translated_schema
from bot.runtime.progress import Progress, no_progress
from bot.store import texts
from bot.store.engine.schema import POSTGRESQL, Migration, read_migrations
from bot.store.sql import Connection, Row

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
    if _has_table(db, _TABLE_BEFORE):
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


log = structlog.get_logger(__name__)

INDEX = "job_texts_words"
PENDING_KB = 256
"""Pending entries before they are merged. With PostgreSQL's own 4 MB, the merging insertion takes four times as long,
and every write of the fleet waits for it."""
PATTERN_CHARS = 32
"""Characters looked up per word: more would hardly exclude more rows."""
PATTERNS_MAX = 8
SCANNED = 50_000
"""Newest texts of a guild in which words are looked for that the index does not have. The server does so in 0.1 s."""
FETCHED = 200
"""Lines fetched at once: a page of results seldom needs more."""

_EXTENSION = "pg_trgm"
_INDEX_LOCK = 0x0C4A_990C
_IS_THERE = "SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(%s) AND indisvalid)"
_SCHEMA = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = %s"
# The database's locale, which a column's own collation would override.
_TEXT = 'text COLLATE "default"'
_KNOWS_LETTERS = """
SELECT lower('IЖ' COLLATE "default") = 'iж' AND cardinality({schema}.show_trgm('жжж')) > 0
"""
_CREATE = f"""
CREATE INDEX {INDEX} ON job_texts USING gin ({_TEXT} {{schema}}.gin_trgm_ops)
    WITH (gin_pending_list_limit = {PENDING_KB})
"""
_LINES = """
SELECT number, text FROM job_texts WHERE guild_id = ? {conditions} ORDER BY number DESC LIMIT ?
"""
_NEWEST_LINES = f"""
SELECT number, text FROM (
    SELECT number, text FROM job_texts WHERE guild_id = ? ORDER BY number DESC LIMIT {SCANNED}
) AS newest WHERE true {{conditions}} ORDER BY number DESC LIMIT ?
"""  # noqa: S608 - a constant number
_HAS, _HAS_AS_IT_IS = f" AND {_TEXT} ILIKE ?", f" AND {_TEXT} LIKE ?"

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_INDEXED = re.compile(r"[^\W_]{3}")
_NOT_WILD = re.compile(r"[^%_\\]|\\.")
_OTHER_CASE = "σΣ"
"""Letters with another lower case form, here the last in a word."""
_DOTTED = "i"
"""Turkish has another small letter for I."""


def prepare(db: psycopg.Connection[Any]) -> bool:
    """Create the index, and return whether it exists. Raises psycopg.Error if the connection is lost.

    Once, while other starting processes wait: a second per 10,000 jobs. Not in a database with the locale `C`,
    which knows only English letters.
    """
    if _text_index_is_true(db, _IS_THERE, [INDEX]):
        return True
    try:
        with db.transaction():
            db.execute(f"{LIMITS}; SET LOCAL lock_timeout = 0")
            db.execute("SELECT pg_advisory_xact_lock(%s)", [_INDEX_LOCK])
            return _text_index_is_true(db, _IS_THERE, [INDEX]) or _made(db)
    except psycopg.DatabaseError as error:
        if db.closed:
            raise
        log.warning("database.words_not_indexed", error=error.diag.message_primary)
        return False


def _made(db: psycopg.Connection[Any]) -> bool:
    db.execute(f"CREATE EXTENSION IF NOT EXISTS {_EXTENSION}".encode())
    row = db.execute(_SCHEMA, [_EXTENSION]).fetchone()
    schema = "" if row is None else str(row[0])  # quoted if necessary
    if not _text_index_is_true(db, _KNOWS_LETTERS.format(schema=schema)):
        log.warning("database.words_not_indexed", error="the locale of the database knows no letters beyond ASCII")
        return False
    db.execute(_CREATE.format(schema=schema).encode())
    return True


def _text_index_is_true(db: psycopg.Connection[Any], query: str, parameters: list[object] | None = None) -> bool:
    row = db.execute(query.encode(), parameters).fetchone()
    return row is not None and bool(row[0])


class TextSearch:
    """Looks for words in texts of jobs, on the server and inside a transaction: by the index, or in the newest."""

    def __init__(self, *, is_indexed: bool) -> None:
        self._is_indexed = is_indexed

    def lines(self, db: Connection, guild_id: int, words: Iterable[str], *, limit: int) -> Iterator[Row] | None:
        """Yield number and text of the guild's candidate jobs for all these words, newest first, at most `limit`.

        Without the index, and if no word has three letters in a row, of its newest SCANNED jobs. None if there is
        nothing to look for. Lazily read from the transaction's only such cursor.
        """
        words = tuple(words)
        if self._is_indexed and (patterns := patterns_of(words)):
            return _read(db, _LINES, guild_id, patterns, limit)
        patterns = patterns_of(words, of_index=False, knows_letters=self._is_indexed)
        return _read(db, _NEWEST_LINES, guild_id, patterns, limit) if patterns else None


def patterns_of(words: Iterable[str], *, of_index: bool = True, knows_letters: bool = True) -> list[str]:
    """Return ILIKE patterns that match every text with all these words, ignoring case.

    `of_index`: of words that the index has. False matches are possible: letters whose case mapping differs in
    PostgreSQL and Python are wildcards, and without `knows_letters` all that have a case and are not ASCII.
    """
    wanted = _INDEXED if of_index else _NOT_WILD
    stored = (word[:PATTERN_CHARS] for word in words if not _UNSTORABLE.search(word))
    bodies = {"".join(_as_pattern(letter, knows_letters) for letter in word) for word in stored}
    found = sorted((body for body in bodies if wanted.search(body)), key=len, reverse=True)
    return [f"%{body}%" for body in found[:PATTERNS_MAX]]


def _as_pattern(letter: str, knows_letters: bool) -> str:
    if letter in "\\%_":
        return f"\\{letter}"
    if letter in _OTHER_CASE:
        return "_"
    small = letter.lower()
    if not knows_letters and small != letter.upper() and (not letter.isascii() or small == _DOTTED):
        return "%"
    return letter if len(small) == 1 and small == letter.casefold() else "%"


def _read(db: Connection, lines: str, guild_id: int, patterns: Sequence[str], limit: int) -> Iterator[Row]:
    # ILIKE takes five times as long where it finds nothing.
    conditions = "".join(_HAS_AS_IT_IS if each.lower() == each.upper() else _HAS for each in patterns)
    # Otherwise it is planned for a tenth of the lines, and reads all rows without the words.
    db.execute("SET LOCAL cursor_tuple_fraction = 1")
    query = lines.format(conditions=conditions)
    db.execute(f"DECLARE lines NO SCROLL CURSOR FOR {query}", [guild_id, *patterns, limit])
    while rows := db.execute(f"FETCH {FETCHED} FROM lines").fetchall():
        yield from rows
