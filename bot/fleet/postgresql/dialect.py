"""Translates the repositories' SQLite dialect to PostgreSQL.

Each statement is translated once and cached. Not a parser: it covers the forms that the repositories use, and every
store test runs on both databases.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from bot.store.sql import EVERYTHING, WriteScope

WRITE_LOCK = 0x0C4A_9909
"""The advisory lock of everything: a write of one scope shares it with others."""
HOST_LOCK = 0x0C4A_990D
"""The advisory lock of the host's rows, which the trigger of the host's totals takes, too. A guild's lock is its id."""
IDLE_IN_TRANSACTION_S = 2
"""Ends idle transactions: a paused process would hold locks that others wait for."""
LOCK_S = 10
"""Timeout of a lock of a scope, or of a row."""
LIMITS = (
    f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_IN_TRANSACTION_S}s'; "
    f"SET LOCAL lock_timeout = '{LOCK_S}s'; SET LOCAL jit = off"
)
"""Settings of each transaction: a pooler takes none at the start of a session, and may give the next one another."""
RUN = "pg_stat_get_bgwriter_stat_reset_time()::text"
"""Another one after a crash or on a promoted standby, where numbers of lost transactions are used again; the same after
a restart."""

NOW = "SELECT extract(epoch FROM clock_timestamp())::double precision"
"""The server's time, Unix seconds, even after waiting for the lock."""


def locks_of(scope: WriteScope) -> tuple[int, ...]:
    """Return the scope's advisory locks in order: who has the host's waits for no guild's."""
    own = () if scope.guild_id is None else (scope.guild_id,)
    return (*own, HOST_LOCK) if scope.host else own


_FOUND = f"pg_current_xact_id()::text AS id, {RUN} AS run"


SESSION = 0x0C4E
"""The space of the locks that say that a session lives: each has that of its process on the server."""


def begin_write(scope: WriteScope, session: int = 0) -> str:
    """Return what begins a transaction that writes in the scope, and gives its id, and whether the session is lost.

    READ COMMITTED: it sees everything in its scope that was committed before it had the locks. Nobody else ever has the
    lock of a living session: who gets it knows that it ended. `session` is 0 where none need live.
    """
    if scope.is_everything:
        waits = f"pg_advisory_xact_lock({WRITE_LOCK})"
    else:
        own = (f"pg_advisory_xact_lock({lock})" for lock in locks_of(scope))
        waits = ", ".join((f"pg_advisory_xact_lock_shared({WRITE_LOCK})", *own))
    is_lost = f"pg_try_advisory_xact_lock_shared({SESSION}, {session})" if session else "false"
    return f"BEGIN ISOLATION LEVEL READ COMMITTED; {LIMITS}; SELECT {waits}, {_FOUND}, {is_lost} AS is_lost"


_BEGIN_READ = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {LIMITS}"
_WHOLE = {
    "BEGIN IMMEDIATE": begin_write(EVERYTHING),
    "BEGIN": _BEGIN_READ,
}

_QUOTED = re.compile(r"('(?:[^']|'')*')")
_PLACEHOLDER = re.compile(r"\?|(?<![:\w]):([a-z_]\w*)(\s+IS( NOT)? NULL\b)?")
_ANY_PLACE = r"(%s|%\(\w+\)s)"
_MISSING = "{} IS NULL"
"""The parameter that says whether another is NULL: PostgreSQL infers no type from `$1 IS NULL`."""
_EACH = r"json_each\(((?:%\(\w+\)s|[^()])+)\)"
_LEAST_OF_TWO = {"max": "greatest", "min": "least"}

_WORDS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    # What only PostgreSQL has to do, as several write there at a time.
    (re.compile(r"/\*shared (.+?) \*/", re.DOTALL), r"\1"),
    # An order's first rows would be found by reading all rows.
    (
        re.compile(rf"\b((?:WHERE|AND) (?:jobs\.)?id) IN \((\s*SELECT (?:[^()]|\([^()]*\))*\bLIMIT {_ANY_PLACE}\s*)\)"),
        r"\1 = ANY (ARRAY (\2))",
    ),
    # A comparison with NULL.
    (re.compile(rf"\bIS NOT {_ANY_PLACE}"), r"IS DISTINCT FROM \1"),
    (re.compile(rf"\bIS {_ANY_PLACE}(?! NULL)"), r"IS NOT DISTINCT FROM \1"),
    # JSON is stored as text; members' texts are read by a function that handles what PostgreSQL rejects.
    (re.compile(r"json_extract\(([\w.]+), '\$\.(\w+)'\)"), r"(read_json(\1) ->> '\2')"),
    (re.compile(r"json_extract\(([\w.]+), '\$\[(\d+)\]'\)"), r"(\1::jsonb ->> \2)"),
    (re.compile(r"(?<![\w.])([\w.]+) (->>?) '"), r"read_json(\1) \2 '"),
    (re.compile(rf"{_EACH} AS (\w+)"), r"jsonb_array_elements_text(\1::jsonb) WITH ORDINALITY AS \2 (value, key)"),
    (re.compile(_EACH), r"jsonb_array_elements_text(\1::jsonb) AS each (value)"),
    # SQLite joins in the order of CROSS JOIN, and skips the index of `+column`.
    (re.compile(r"\bCROSS JOIN (\w+(?: AS \w+)?)(\s+)ON\b"), r"JOIN \1\2ON"),
    (re.compile(r"\b(WHERE|AND|OR|ON)(\s+)\+(?=[a-z])"), r"\1\2"),
    (re.compile(r"\bLIMIT -1\b"), "LIMIT ALL"),
    (re.compile(rf"\bLIMIT {_ANY_PLACE}"), r"LIMIT nullif(\1::bigint, -1)"),
    (re.compile(r"\bAS INTEGER\)"), "AS BIGINT)"),
)


_SCHEMA_WORDS = (
    (re.compile(r"/\*postgresql (.+?) \*/", re.DOTALL), r"\1"),
    (re.compile(r"\bjson_valid\((\w+)\)"), r"\1 IS JSON"),
    (re.compile(r"\bjson_extract\((\w+), '\$\[0\]'\)"), r"\1::jsonb ->> 0"),
    (re.compile(r"\bCAST\(at AS INTEGER\)"), "floor(at)::BIGINT"),  # a cast rounds
    (re.compile(r"\bINTEGER PRIMARY KEY( AUTOINCREMENT)?"), "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"),
    (re.compile(r"\bINTEGER\b"), "BIGINT"),
    (re.compile(r"\bREAL\b"), "DOUBLE PRECISION"),
    (re.compile(r"\bBLOB\b"), "BYTEA"),
    (re.compile(r" COLLATE NOCASE\b"), ""),
    (re.compile(r"^((?:ALTER TABLE \w+ ADD COLUMN|   ) \w+ TEXT)\b", re.MULTILINE), r'\1 COLLATE "C"'),
    (re.compile(r"^\) STRICT(, WITHOUT ROWID)?", re.MULTILINE), ")"),
)


def translated_schema(text: str) -> str:
    """Translate tables, indexes and views of SQLite. Texts are compared by their bytes, as SQLite does."""
    for pattern, instead in _SCHEMA_WORDS:
        text = pattern.sub(instead, text)
    return _least_of_two(text)


class Statement(NamedTuple):
    """A PostgreSQL statement with psycopg's placeholders."""

    text: str
    has_places: bool
    may_miss: tuple[str, ...] = ()
    """The parameters tested for NULL."""

    def with_missing(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**parameters, **{_MISSING.format(name): parameters[name] is None for name in self.may_miss}}


@lru_cache(maxsize=2048)
def translated(sql: str) -> Statement:
    if (whole := _WHOLE.get(sql)) is not None:
        return Statement(whole, has_places=False)
    parts = _QUOTED.split(sql)
    has_places, may_miss = False, dict[str, None]()
    for place in range(0, len(parts), 2):
        may_miss |= {match[1]: None for match in _PLACEHOLDER.finditer(parts[place]) if match[2] is not None}
        parts[place], count = _PLACEHOLDER.subn(_placeholder, parts[place].replace("%", "%%"))
        has_places = has_places or count > 0
    for place in range(1, len(parts), 2):
        parts[place] = parts[place].replace("%", "%%")
    text = "".join(parts)
    for pattern, instead in _WORDS:
        text = pattern.sub(instead, text)
    text = _least_of_two(text)
    return Statement(text if has_places else text.replace("%%", "%"), has_places, tuple(may_miss))


def _placeholder(match: re.Match[str]) -> str:
    if match[1] is None:
        return "%s"
    if match[2] is None:
        return f"%({match[1]})s"
    return f"{'' if match[3] is None else 'NOT '}%({_MISSING.format(match[1])})s"


def _least_of_two(text: str) -> str:
    """Write non-aggregate `max(a, b)` as `greatest(a, b)`, and `min(a, b)` as `least(a, b)`."""
    for match in reversed(list(re.finditer(r"\b(max|min)\(", text))):
        depth, is_several, place = 1, False, match.end()
        while depth:
            mark = text[place]
            depth += (mark == "(") - (mark == ")")
            is_several = is_several or (mark == "," and depth == 1)
            place += 1
        if is_several:
            text = text[: match.start()] + _LEAST_OF_TWO[match[1]] + text[match.end() - 1 :]
    return text
