"""The repositories' SQL, which is SQLite's, in PostgreSQL's words: everything in which the two differ.

Each statement is translated once, by its text. It is no parser of SQL: it knows the forms that the repositories use,
and every test of the store runs on both databases.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

WRITE_LOCK = 0x0C4A_9909
"""The number of the advisory lock that the one transaction which writes has."""

NOW = "SELECT extract(epoch FROM clock_timestamp())::double precision"
"""The server's time, Unix seconds, also within a transaction that has waited for its lock."""

_BEGIN_WRITE = f"BEGIN; SELECT pg_advisory_xact_lock({WRITE_LOCK}), pg_current_xact_id()::text"
"""READ COMMITTED: what follows sees all that was committed before the lock was had."""
_BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WHOLE = {"BEGIN IMMEDIATE": _BEGIN_WRITE, "BEGIN": _BEGIN_READ}

_QUOTED = re.compile(r"('(?:[^']|'')*')")
_PLACEHOLDER = re.compile(r"\?|(?<![:\w]):([a-z_]\w*)")
_LEAST_OF_TWO = {"max": "greatest", "min": "least"}

_JSON = r"(%s|%\(\w+\)s|[\w.]+)"

_WORDS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    # An update of the first rows of an order would read all rows to find them.
    (re.compile(r"\bWHERE id IN \((\s*SELECT (?:[^()]|\([^()]*\))*\bLIMIT %s\s*)\)"), r"WHERE id = ANY (ARRAY (\1))"),
    # A parameter has the type of its first use, and NULL has none.
    (
        re.compile(r"\((%\(\w+\)s) IS NULL OR ([\w.]+ (?:= \1|IN \(SELECT value FROM json_each\(\1\)\)))\)"),
        r"(\2 OR \1 IS NULL)",
    ),
    # A comparison that NULL takes part in.
    (re.compile(r"\bIS NOT (%s|%\(\w+\)s)"), r"IS DISTINCT FROM \1"),
    (re.compile(r"\bIS (%s|%\(\w+\)s)(?! NULL)"), r"IS NOT DISTINCT FROM \1"),
    # JSON is stored as text.
    (re.compile(r"json_extract\(([\w.]+), '\$\.(\w+)'\)"), r"(\1::jsonb ->> '\2')"),
    (re.compile(r"json_extract\(([\w.]+), '\$\[(\d+)\]'\)"), r"(\1::jsonb ->> \2)"),
    (re.compile(r"([\w.]+) (->>?) '"), r"\1::jsonb \2 '"),
    (
        re.compile(rf"json_each\({_JSON}\) AS (\w+)"),
        r"jsonb_array_elements_text(\1::jsonb) WITH ORDINALITY AS \2 (value, key)",
    ),
    (re.compile(rf"json_each\({_JSON}\)"), r"jsonb_array_elements_text(\1::jsonb) AS each (value)"),
    # SQLite joins in the order of the words CROSS JOIN, and does without an index for `+column`.
    (re.compile(r"\bCROSS JOIN (\w+(?: AS \w+)?)(\s+)ON\b"), r"JOIN \1\2ON"),
    (re.compile(r"\b(WHERE|AND|OR|ON)(\s+)\+(?=[a-z])"), r"\1\2"),
    (re.compile(r"\bLIMIT -1\b"), "LIMIT ALL"),
    (re.compile(r"\bLIMIT (%s|%\(\w+\)s)"), r"LIMIT nullif(\1::bigint, -1)"),
    (re.compile(r"\bAS INTEGER\)"), "AS BIGINT)"),
)


@lru_cache(maxsize=2048)
def translated(sql: str) -> tuple[str, bool]:
    """Return the statement in PostgreSQL's dialect, with psycopg's placeholders, and whether it has any."""
    if (whole := _WHOLE.get(sql)) is not None:
        return whole, False
    parts = _QUOTED.split(sql)
    has_places = False
    for place in range(0, len(parts), 2):
        parts[place], count = _PLACEHOLDER.subn(_placeholder, parts[place].replace("%", "%%"))
        has_places = has_places or count > 0
    for place in range(1, len(parts), 2):
        parts[place] = parts[place].replace("%", "%%")
    text = "".join(parts)
    for pattern, instead in _WORDS:
        text = pattern.sub(instead, text)
    text = _least_of_two(text)
    return (text if has_places else text.replace("%%", "%")), has_places


def _placeholder(match: re.Match[str]) -> str:
    return "%s" if match[1] is None else f"%({match[1]})s"


def _least_of_two(text: str) -> str:
    """Write `max(a, b)`, which is no aggregate, as `greatest(a, b)`, and `min(a, b)` as `least(a, b)`."""
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
