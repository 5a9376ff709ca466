"""What is kept, or counted, by member is in one table: each row's promise is tried, and no column is missing there."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.store import Store
from bot.store.engine.connection import connect
from bot.store.guild.of_members import OF_MEMBERS, Fate, OfMember
from bot.store.sql import Connection
from tests.store.conftest import GUILD, HandClock, Made
from tests.support.new_file import write_empty_database

MEMBER, MARK = 123_456_789_012_345_678, "123456789012345678"
MONTH_S = 32 * 86_400.0
OF_A_JOB = {"jobs", "cards", "ledger", "running_totals", "job_texts"}
THERE = {
    Fate.DELETED: (False, False), Fate.BLANKED: (False, False), Fate.NUMBERED: (True, False),
    Fate.REWRITTEN: (True, False), Fate.LAPSES: (True, False), Fate.KEPT: (True, True),
}  # fmt: skip
"""Whether the member or their words are there after the erasure, and when the month has ended."""
NOBODYS = {"api_changes", "api_facts", "histograms", "meta"}
NO_WORDS = {
    "action", "after_ids", "asked", "basis", "card_id", "claimed_by", "emoji", "event_id", "id", "idempotency_key",
    "job_id", "kind", "last4", "lease", "locale", "operation", "outcome", "parent_id", "payer", "per",
    "period", "place", "plan", "price_kind", "price_size", "prizes", "remote_id", "repeats_key", "schedule_id", "scope",
    "scopes", "shootout", "shown", "state", "step", "variation", "verdict", "voice_id", "waits_for", "who",
    "prices.model", "questions.reason", "questions.subject",
}  # fmt: skip
"""Texts of the bot's, of Discord's, and of the vendor's: states, kinds, ids."""


@pytest.fixture
def done(store: Store, made: Made, clock: HandClock) -> Callable[[], Any]:
    async def pay() -> Any:
        card = made.card(GUILD, author_id=MEMBER, role_ids=(MEMBER,))
        _, (job,), _ = await store.cards.accept(card, [made.job(card, 0, "10")], lambda _: None)
        await store.jobs.change(job, JobState.DELIVERED, settle=job.held, message_id=9)
        clock.now += 1
        return job

    return pay


def plant(db: Connection, kept: OfMember, job: Any) -> None:
    """Write the member's id or word into the column: of the job's own rows, else of a new row of the table."""
    columns = {row["name"]: row for row in db.execute(f"PRAGMA table_info({kept.table})").fetchall()}
    value: Any = MEMBER
    if columns[kept.column]["type"] == "TEXT":
        values = {"shootouts.data": f'[{{"model": "{MARK}"}}]', "decisions.about": f'{{"member": {MARK}}}'}
        value = values.get(f"{kept.table}.{kept.column}", f'{{"prompt": "<@{MARK}>"}}')
    if kept.table in {"jobs", "cards"}:
        db.execute(f"UPDATE {kept.table} SET {kept.column} = ?", (value,))
    elif kept.table == "job_texts":
        db.execute("UPDATE jobs SET input = ?", (value,))
    elif kept.table != "running_totals":
        row = {"id": 9, "guild_id": GUILD, "job_id": job.id, "card_id": job.card_id, "until": 1.0, "verdict": "publish"}
        row |= {"scope": "member", "period": "day", "state": "ended", "number": -1, "kind": "key", "grant_id": 9}
        row |= {"about": "{}", "note": "", "expires_at": 1.0, kept.column: value}
        defaults = {"TEXT": "{}", "INTEGER": 1, "REAL": 1.0}
        row |= {n: defaults[c["type"]] for n, c in columns.items() if c["notnull"] and n not in row}
        row |= {"kind": "review", "subject": job.id} if kept.table == "questions" else {}
        row = {name: each for name, each in row.items() if name in columns}
        if kept.table == "guild_keys":
            row |= {"own": int(kept.column == "guild_id"), "retired_at": 1.0}
        row |= {"job_id": None, "kind": "grant"} if kept.table == "ledger" else {}
        marks = ", ".join("?" * len(row))
        db.execute(f"INSERT INTO {kept.table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


async def is_there(store: Store, kept: OfMember) -> bool:
    rows = await store._database.read(lambda db: db.execute(f"SELECT {kept.column} FROM {kept.table}").fetchall())
    return any(MARK in str(row[0]) for row in rows)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("kept", OF_MEMBERS, ids=lambda kept: f"{kept.table}.{kept.column}")
async def test_erasure_does_with_each_what_the_table_says(
    store: Store, clock: HandClock, done: Callable[[], Any], kept: OfMember
):
    job = await done()
    await store._database.write(lambda db: db.execute("PRAGMA ignore_check_constraints = 1"))
    if (kept.table, kept.column) == ("shootouts", "data"):
        await store._database.write(lambda db: db.execute("UPDATE jobs SET shootout = 'ended', model = ?", (MARK,)))
    await store._database.write(lambda db: plant(db, kept, job))
    if kept.table != "former_members":
        assert await is_there(store, kept)
    await store.privacy.erase(GUILD, MEMBER)
    now = await is_there(store, kept)
    clock.now += MONTH_S
    while await store.former_members.replace_due():
        pass
    assert (now, await is_there(store, kept)) == THERE[kept.fate]
    assert kept.reason or kept.fate is not Fate.KEPT


def test_the_table_names_each_column_with_a_member_s_id_or_words(tmp_path: Path):
    write_empty_database(tmp_path / "empty.db")
    with contextlib.closing(connect(tmp_path / "empty.db")) as db:
        db.row_factory = sqlite3.Row
        tables = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%STRICT%'").fetchall()
        columns = [(t["name"], c) for t in tables for c in db.execute(f"PRAGMA table_info({t['name']})").fetchall()]
    names = re.compile("member|author|_by$|^by_|scope_id")
    found = {(t, c["name"]) for t, c in columns if c["type"] == "TEXT" or names.search(c["name"])}
    named = {(each.table, each.column) for each in OF_MEMBERS}
    whole = NOBODYS | {each.table for each in OF_MEMBERS if each.fate is Fate.DELETED}
    assert {f"{t}.{c}" for t, c in found - named if t not in whole and not {c, f"{t}.{c}"} & NO_WORDS} == set()
