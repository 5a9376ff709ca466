"""A database with any number of jobs that Cannon Studio works on: copies of a few that were accepted as in life."""

from __future__ import annotations

from bot.store.sql import Connection

_NUMBERED = 1_000_000_000
"""What is added to a number for an id, so that all have the same length."""
CARD = {"id": f"'C' || ({_NUMBERED} + number)", "interaction_id": "1000000 + number"}
JOB = {
    "id": f"'J' || ({_NUMBERED} + number)",
    "card_id": f"'C' || ({_NUMBERED} + number)",
    "position": "0",
    "idempotency_key": f"'outstanding-' || ({_NUMBERED} + number)",
    "remote_id": f"'req_' || ({_NUMBERED} + number)",
}
HOLD = {"job_id": f"'J' || ({_NUMBERED} + number)"}
_COUNTED = frozenset({"rowid", "number"})
"""Columns that the database fills by itself."""


def multiply(db: Connection, jobs: int) -> None:
    """Add so many jobs, in turn for each guild that has one; each is as that one is, with its credits held.

    Each is on a card of its own, as the pictures of members are.
    """
    db.execute("CREATE TEMP TABLE numbers (number INTEGER PRIMARY KEY)")
    db.executemany("INSERT INTO numbers VALUES (?)", ((number,) for number in range(jobs)))
    db.execute(
        "CREATE TEMP TABLE models AS SELECT id AS job_id, card_id, row_number() OVER (ORDER BY guild_id) - 1 AS turn"
        " FROM jobs WHERE id IN (SELECT min(id) FROM jobs GROUP BY guild_id)"
    )
    guilds = db.execute("SELECT count(*) FROM models").fetchone()[0]
    in_turn = f"models.turn = number % {guilds}"
    _copy(db, "cards", CARD, in_turn, "models.card_id = old.id")
    _copy(db, "jobs", JOB, in_turn, "models.job_id = old.id")
    _copy(db, "ledger", HOLD, in_turn, "models.job_id = old.job_id", _COUNTED | {"id"})
    db.execute("DROP TABLE models")
    db.execute("DROP TABLE numbers")


def _copy(
    db: Connection, table: str, new: dict[str, str], which: str, of: str, without: frozenset[str] = _COUNTED
) -> None:
    names = [name for name in db.execute(f"SELECT * FROM {table} LIMIT 1").fetchone().keys() if name not in without]  # noqa: SIM118 - a row iterates over its values
    values = ", ".join(new.get(name, f"old.{name}") for name in names)
    db.execute(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {values}"
        f" FROM numbers JOIN models ON {which} JOIN {table} AS old ON {of} ORDER BY number"
    )
