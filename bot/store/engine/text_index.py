"""An index of three-letter sequences over `job_texts`: a search of words reads the jobs that have them, not all.

It is FTS5's with the tokenizer `trigram` (sqlite.org/fts5.html): which sequence is in which row, and no text. Triggers
keep it. An SQLite without it, or with an older one, does without: a search then looks through the newest jobs alone.
docs/decisions/0032-words-are-found-by-an-index.md says more.
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
"""So many sequences of a search are looked up: more would hardly exclude more rows."""
MERGED_PAGES = 100
"""How much of the index is rewritten in one transaction: some ten milliseconds."""
_PRIVATE_USE, _PRIVATE_USES = 0xE000, 6400
"""The characters that mean nothing (Unicode's Private Use Area): three of them name a guild in the index."""

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
    """Have the index there, kept and complete, or nothing that keeps it where SQLite has no FTS5.

    It is filled anew if this file was meanwhile used by an SQLite that could not keep it. `db` is in no transaction.
    """
    if not _has(db, "job_texts"):  # a schema of a test
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
    """The index, for a search in a transaction of a file that has it."""

    def lines(self, db: Connection, guild_id: int, words: Iterable[str], *, limit: int) -> Iterable[Row] | None:
        """Return number and text of the guild's jobs that may have all these words, newest first, at most `limit`.

        None if no word has three letters. They are read as far as they are taken.
        """
        match = match_of(guild_id, words)
        return None if match is None else db.execute(MATCHING, {"guild_id": guild_id, "match": match, "limit": limit})


def is_kept(db: sqlite3.Connection) -> bool:
    """Whether the index is there and can be read."""
    return _can_index(db) and all(_has(db, name) for name in _TRIGGERS)


def match_of(guild_id: int, words: Iterable[str]) -> str | None:
    """Return the index's query for the guild's rows that may have all these words; None if the words are too short.

    Each row that has them is found; one that is found may have their sequences in another order.
    """
    grams = [word[start : start + GRAM_CHARS] for word in words for start in range(len(word) - GRAM_CHARS + 1)]
    known = [gram for gram in dict.fromkeys(grams) if "\0" not in gram]
    if not known:
        return None
    guild = "".join(chr(_PRIVATE_USE + guild_id // _PRIVATE_USES**power % _PRIVATE_USES) for power in range(GRAM_CHARS))
    quoted = ('"' + gram.replace('"', '""') + '"' for gram in (guild, *itertools.islice(known, GRAMS_MAX)))
    return " AND ".join(quoted)


def refresh(db: sqlite3.Connection) -> None:
    """Have this connection know the index as it is in the transaction it is in.

    SQLite's check of the file goes by the segments that the connection last read of, and calls the index malformed if
    another connection has merged them since (3.46.1 does); a search reads of them again.
    """
    if _has(db, "job_grams") and _can_index(db):
        db.execute("SELECT rowid FROM job_grams WHERE job_grams MATCH 'any' LIMIT 1").fetchone()


def forget_removed(db: sqlite3.Connection, *, is_first: bool) -> bool:
    """Rewrite a part of the index without what was removed; return whether there is more to rewrite.

    What is removed is first only marked so. `is_first` begins anew; one call is one part, for one transaction.
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
