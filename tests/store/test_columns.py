from __future__ import annotations

import sqlite3
from dataclasses import fields, replace
from typing import Any

import pytest

from bot.domain.models import Card, Job
from bot.store import Store
from bot.store.engine.columns import Table
from bot.store.jobs.rows import CARDS, CHANGEABLE, JOBS

pytestmark = pytest.mark.sqlite_only(
    "SQLite's own description of columns and its trace: postgresql/test_both_schemas.py has PostgreSQL's"
)

# What is of no concern to whoever holds a card or a job: one statement writes it, another asks for it.
APART = {
    "cards": {"dropped_at", "ping_due_at", "pinged_at", "undrawn"},
    "jobs": {"allowed", "claimed_by"},
}


READ_ANEW: dict[str, set[str]] = {"cards": set(), "jobs": {"subject"}}


@pytest.mark.parametrize(("name", "table", "type_"), [("cards", CARDS, Card), ("jobs", JOBS, Job)])
async def test_the_columns_are_those_of_the_schema_and_the_fields(
    store: Store, name: str, table: Table[Any], type_: type
) -> None:
    info = await store._database.read(lambda db: db.execute(f"PRAGMA table_info({name})").fetchall())
    names = [column.name for column in table.columns]
    assert len(names) == len(set(names))
    assert set(names) | APART[name] == {row["name"] for row in info}
    assert not set(names) & APART[name]
    read = [column.field for column in table.columns if column.is_read]
    assert len(read) == len(set(read))
    assert set(read) | READ_ANEW[name] == {each.name for each in fields(type_)}
    assert not set(read) & READ_ANEW[name]


def test_the_worker_changes_neither_what_a_job_is_nor_what_the_store_keeps_true() -> None:
    identity = {"id", "guild_id", "card_id", "held", "idempotency_key", "author_id", "books", "after_ids"}
    assert not CHANGEABLE & {*identity, "state", "lease", "raised", "recheck_at"}


async def test_an_update_writes_what_differs_alone(store: Store, accepted: Any) -> None:
    """Each column that is set has its indexes written anew, be its value the same."""
    _, (job,) = await accepted(store)
    seen: list[str] = []

    def change(db: sqlite3.Connection) -> None:
        db.set_trace_callback(seen.append)
        JOBS.update(db, replace(job, attempts=3, error="Nothing."), job)
        JOBS.update(db, job, job)
        db.set_trace_callback(None)

    await store._database.write(change)
    (update,) = [statement for statement in seen if statement.startswith("UPDATE")]
    assert update.startswith("UPDATE jobs SET attempts = 3, error = 'Nothing.' WHERE id = ")
    assert await store.jobs.get(job.guild_id, job.id) == replace(job, attempts=3, error="Nothing.")
