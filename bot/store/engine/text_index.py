"""Trigram index over `job_texts`, for word search.

FTS5 with the tokenizer `trigram` (sqlite.org/fts5.html), without the text, maintained by triggers. Without FTS5 a
search scans the newest jobs only. docs/decisions/0009-writes-share-a-commit.md says more.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable

from bot.store.sql import Connection, Row

OLDEST_FTS5 = (3, 34, 0)
"""The first with the tokenizer."""
GRAM_CHARS = 3
GRAMS_MAX = 24
"""Trigrams looked up per search: more would hardly exclude more rows."""
MERGED_PAGES = 100
"""Index pages rewritten per transaction: some ten milliseconds."""
_PRIVATE_USE, _PRIVATE_USES = 0xE000, 6400
"""Unicode's Private Use Area: three of its characters encode a guild in the index."""

_INDEX = """
CREATE VIRTUAL TABLE job_grams USING fts5(text, tokenize = 'trigram', detail = none, columnsize = 0, content = '')
"""
_GUILD_OF = "||".join(
    f"char({_PRIVATE_USE} + {{row}}guild_id / {_PRIVATE_USES**power} % {_PRIVATE_USES})" for power in range(GRAM_CHARS)
)
_TEXT_OF = f"{_GUILD_OF} || {{row}}text"
_ADD = f"INSERT INTO job_grams (rowid, text) VALUES (NEW.number, {_TEXT_OF.format(row='NEW.')});"  # noqa: S608 - ours
_REMOVE = f"""
INSERT INTO job_grams (job_grams, rowid, text) VALUES ('delete', OLD.number, {_TEXT_OF.format(row="OLD.")});
"""  # noqa: S608 - ours
MATCHING = """
SELECT job_texts.number, job_texts.text
FROM job_grams CROSS JOIN job_texts ON job_texts.number = job_grams.rowid AND job_texts.guild_id = :guild_id
WHERE job_grams MATCH :match ORDER BY job_grams.rowid DESC LIMIT :limit
"""
_TRIGGERS = {
    "job_texts_indexed": f"AFTER INSERT ON job_texts BEGIN {_ADD} END",
    "job_texts_reindexed": f"AFTER UPDATE OF text ON job_texts BEGIN {_REMOVE} {_ADD} END",
    "job_texts_unindexed": f"AFTER DELETE ON job_texts BEGIN {_REMOVE} END",
}
_FILL = f"INSERT INTO job_grams (rowid, text) SELECT number, {_TEXT_OF.format(row='')} FROM job_texts"  # noqa: S608 - ours


def prepare(db: sqlite3.Connection) -> None:
    """Create or complete the index; remove its triggers if SQLite has no FTS5.

    It is rebuilt if an SQLite without FTS5 has used the file. `db` is in no transaction.
    """
    if not _has(db, "job_texts"):  # a test's schema
        return
    can = _can_index(db)
    if can == all(_has(db, name) for name in _TRIGGERS):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        _make(db) if can else _leave(db)
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


class Fts5Index:
    """The index, inside a transaction."""

    def lines(self, db: Connection, guild_id: int, words: Iterable[str], *, limit: int) -> Iterable[Row] | None:
        """Return number and text of the guild's candidate jobs for all these words, newest first, at most `limit`.

        None if no word has three letters. Read lazily.
        """
        match = match_of(guild_id, words)
        return None if match is None else db.execute(MATCHING, {"guild_id": guild_id, "match": match, "limit": limit})


def is_kept(db: sqlite3.Connection) -> bool:
    return _can_index(db) and all(_has(db, name) for name in _TRIGGERS)


def match_of(guild_id: int, words: Iterable[str]) -> str | None:
    """Return the FTS query for candidate rows of the guild; None if the words are too short.

    No match is missed; false matches are possible.
    """
    grams = [word[start : start + GRAM_CHARS] for word in words for start in range(len(word) - GRAM_CHARS + 1)]
    known = [gram for gram in dict.fromkeys(grams) if "\0" not in gram]
    if not known:
        return None
    guild = "".join(chr(_PRIVATE_USE + guild_id // _PRIVATE_USES**power % _PRIVATE_USES) for power in range(GRAM_CHARS))
    quoted = ('"' + gram.replace('"', '""') + '"' for gram in (guild, *itertools.islice(known, GRAMS_MAX)))
    return " AND ".join(quoted)


def refresh(db: sqlite3.Connection) -> None:
    """Make this connection read the index's current segments.

    SQLite's integrity check uses the segments that the connection last read, and calls the index malformed if
    another connection has merged them since (3.46.1 does); a search reads them again.
    """
    if _has(db, "job_grams") and _can_index(db):
        db.execute("SELECT rowid FROM job_grams WHERE job_grams MATCH 'any' LIMIT 1").fetchone()


def forget_removed(db: sqlite3.Connection, *, is_first: bool) -> bool:
    """Purge removed entries from one part of the index; return whether there is more.

    Deletion only marks entries. `is_first` restarts; one call is one transaction's part.
    """
    before = db.total_changes
    pages = -MERGED_PAGES if is_first else MERGED_PAGES
    db.execute("INSERT INTO job_grams (job_grams, rank) VALUES ('merge', ?)", (pages,))
    return db.total_changes - before > 1  # sqlite.org/fts5.html#the_merge_command


def _can_index(db: sqlite3.Connection) -> bool:
    has_fts5 = db.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchone() is not None
    return has_fts5 and sqlite3.sqlite_version_info >= OLDEST_FTS5


def _has(db: sqlite3.Connection, name: str) -> bool:
    return db.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (name,)).fetchone() is not None


def _make(db: sqlite3.Connection) -> None:
    if _has(db, "job_grams"):
        db.execute("DROP TABLE job_grams")
    db.execute(_INDEX)
    db.execute(_FILL)
    for name, what in _TRIGGERS.items():
        db.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {what}")


def _leave(db: sqlite3.Connection) -> None:
    for name in _TRIGGERS:
        db.execute(f"DROP TRIGGER IF EXISTS {name}")
