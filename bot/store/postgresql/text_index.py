"""An index of three-letter sequences over `job_texts`, by PostgreSQL's own extension pg_trgm.

It is trusted (https://www.postgresql.org/docs/current/pgtrgm.html): whoever may create something in the database may
have it. Where the server lacks it, or the role that right, a search looks through the newest jobs alone, as on an
SQLite without FTS5. docs/decisions/0032-words-are-found-by-an-index.md
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
import structlog

from bot.store.sql import Connection, Row

log = structlog.get_logger(__name__)

INDEX = "job_texts_words"
PENDING_KB = 256
"""How much is added before it is sorted in. With PostgreSQL's own 4 MB, the one insertion whose turn it is takes four
times as long, and every write of the fleet waits for it."""
PATTERN_CHARS = 32
"""So much of a word is looked up: more would hardly exclude more rows."""
PATTERNS_MAX = 8
FETCHED = 200
"""How many lines are read at once: a page of results seldom needs more."""

_EXTENSION = "pg_trgm"
_INDEX_LOCK = 0x0C4A_990C
_IS_THERE = "SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(%s) AND indisvalid)"
_SCHEMA = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = %s"
# By the locale of the database, which a column's own collation would hide.
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
_HAS = f" AND {_TEXT} ILIKE ?"

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_INDEXED = re.compile(r"[^\W_]{3}")
_OTHER_CASE = "σΣ"
"""Letters that another small one than their own stands for too, here the last in a word."""


def prepare(db: psycopg.Connection[Any]) -> bool:
    """Have the index there, and return whether it is. Raises psycopg.Error if the connection is lost.

    It is made once, while other processes that start wait: in a second for each 10,000 jobs. It is not made in a
    database with the locale `C`, to which words of other languages than English are no words.
    """
    if _is_true(db, _IS_THERE, [INDEX]):
        return True
    try:
        with db.transaction():
            db.execute("SET LOCAL lock_timeout = 0")
            db.execute("SELECT pg_advisory_xact_lock(%s)", [_INDEX_LOCK])
            return _is_true(db, _IS_THERE, [INDEX]) or _made(db)
    except psycopg.DatabaseError as error:
        if db.closed:
            raise
        log.warning("database.words_not_indexed", error=error.diag.message_primary)
        return False


def _made(db: psycopg.Connection[Any]) -> bool:
    db.execute(f"CREATE EXTENSION IF NOT EXISTS {_EXTENSION}".encode())
    row = db.execute(_SCHEMA, [_EXTENSION]).fetchone()
    schema = "" if row is None else str(row[0])  # quoted where it has to be
    if not _is_true(db, _KNOWS_LETTERS.format(schema=schema)):
        log.warning("database.words_not_indexed", error="the locale of the database knows no letters beyond ASCII")
        return False
    db.execute(_CREATE.format(schema=schema).encode())
    return True


def _is_true(db: psycopg.Connection[Any], query: str, parameters: list[object] | None = None) -> bool:
    row = db.execute(query.encode(), parameters).fetchone()
    return row is not None and bool(row[0])


class TrigramIndex:
    """The index, for a search in a transaction of a database that has it."""

    def lines(self, db: Connection, guild_id: int, words: Iterable[str], *, limit: int) -> Iterator[Row] | None:
        """Yield number and text of the guild's jobs that may have all these words, newest first, at most `limit`.

        None if no word has three letters in a row. They are read as far as they are taken, from a cursor of the
        transaction, which has no other such search.
        """
        patterns = patterns_of(words)
        return _read(db, [guild_id, *patterns, limit]) if patterns else None


def patterns_of(words: Iterable[str]) -> list[str]:
    """Return patterns of ILIKE, of which each is in every text that has all these words in any case.

    A text that has the patterns may lack the words: letters of which PostgreSQL and Python know different cases are
    left open in them.
    """
    stored = (word[:PATTERN_CHARS] for word in words if not _UNSTORABLE.search(word))
    bodies = {"".join(map(_as_pattern, word)) for word in stored}
    indexed = sorted((body for body in bodies if _INDEXED.search(body)), key=len, reverse=True)
    return [f"%{body}%" for body in indexed[:PATTERNS_MAX]]


def _as_pattern(letter: str) -> str:
    if letter in "\\%_":
        return f"\\{letter}"
    if letter in _OTHER_CASE:
        return "_"
    small = letter.lower()
    return letter if len(small) == 1 and small == letter.casefold() else "%"


def _read(db: Connection, parameters: list[object]) -> Iterator[Row]:
    query = _LINES.format(conditions=_HAS * (len(parameters) - 2))
    # Else it is planned for a tenth of the lines: all others that have not the words would be read for the few that do.
    db.execute("SET LOCAL cursor_tuple_fraction = 1")
    db.execute(f"DECLARE lines NO SCROLL CURSOR FOR {query}", parameters)
    while rows := db.execute(f"FETCH {FETCHED} FROM lines").fetchall():
        yield from rows
