"""A database with any number of jobs that Cannon Studio works on: copies of a few that were accepted as in life."""

from __future__ import annotations

import sqlite3

JOBS_PER_CARD = 20
_NEW_CARD = {"id": "printf('C%09d', number)", "interaction_id": "1000000 + number"}
_NEW_JOB = {
    "id": "printf('J%09d', number)",
    "card_id": f"printf('C%09d', number / {JOBS_PER_CARD})",
    "position": f"number % {JOBS_PER_CARD}",
    "idempotency_key": "printf('outstanding-%09d', number)",
    "remote_id": "printf('req_%09d', number)",
}
_NEW_HOLD = {"job_id": "printf('J%09d', number)"}


def multiply(db: sqlite3.Connection, jobs: int) -> None:
    """Add so many jobs, in turn for each guild that has one; each is as that one is, with its credits held."""
    db.execute("CREATE TEMP TABLE numbers (number INTEGER PRIMARY KEY)")
    db.executemany("INSERT INTO numbers VALUES (?)", ((number,) for number in range(jobs)))
    db.execute(
        "CREATE TEMP TABLE models AS SELECT min(id) AS job_id, card_id,"
        " row_number() OVER (ORDER BY guild_id) - 1 AS turn FROM jobs GROUP BY guild_id"
    )
    guilds = db.execute("SELECT count(*) FROM models").fetchone()[0]
    in_turn = f"models.turn = number / {JOBS_PER_CARD} % {guilds}"
    cards = f"models.turn = number % {guilds} AND number < {-(-jobs // JOBS_PER_CARD)}"
    _copy(db, "cards", _NEW_CARD, cards, "models.card_id = old.id")
    _copy(db, "jobs", _NEW_JOB, in_turn, "models.job_id = old.id")
    _copy(db, "ledger", {**_NEW_HOLD, "id": "NULL"}, in_turn, "models.job_id = old.job_id")
    db.execute("DROP TABLE temp.models")
    db.execute("DROP TABLE temp.numbers")


def _copy(db: sqlite3.Connection, table: str, new: dict[str, str], which: str, of: str) -> None:
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(new.get(name, f"old.{name}") for name in names)
    db.execute(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {values}"
        f" FROM numbers JOIN models ON {which} JOIN {table} AS old ON {of} ORDER BY number"
    )
