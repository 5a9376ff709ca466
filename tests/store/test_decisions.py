from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.store import Decision, Record, Store

GUILD = 700
Open = Callable[..., Awaitable[Store]]


async def test_a_decision_comes_back_as_it_was_noted_also_after_a_restart(open_store: Open, clock: Any) -> None:
    store = await open_store()
    await store.decisions.add(GUILD, Record(by_id=7, kind="limit", text="set a limit", about={"limit": 3, "who": None}))
    [noted] = await store.decisions.all(GUILD)
    assert noted == Decision(
        id=noted.id, guild_id=GUILD, at=clock.now, by_id=7, kind="limit", text="set a limit", about=noted.about
    )
    assert dict(noted.about) == {"limit": 3, "who": None}
    await store.close()
    assert await (await open_store()).decisions.all(GUILD) == [noted]


async def test_the_record_is_newest_first_and_can_be_cut(store: Store, clock: Any) -> None:
    noted = []
    for number in range(4):
        clock.now += number % 2  # two of each moment
        await store.decisions.add(GUILD, Record(by_id=1, kind="block", text=str(number)))
        noted.append((await store.decisions.all(GUILD))[0])
    await store.decisions.add(GUILD + 1, Record(by_id=1, kind="block", text="elsewhere"))
    assert [each.text for each in noted] == ["0", "1", "2", "3"]
    assert await store.decisions.all(GUILD) == noted[::-1]
    assert await store.decisions.all(GUILD, limit=2) == [noted[3], noted[2]]
    assert await store.decisions.all(GUILD, since=noted[3].at) == [noted[3]]
    assert await store.decisions.all(GUILD, since=clock.now + 1) == []


@pytest.mark.parametrize(
    "sql",
    ["UPDATE decisions SET text = 'other'", "UPDATE decisions SET at = at", "DELETE FROM decisions",
     "INSERT OR REPLACE INTO decisions SELECT id, guild_id, at, by_id, kind, 'other', about FROM decisions"],
)  # fmt: skip
async def test_nothing_changes_a_line_of_the_record(store: Store, sql: str) -> None:
    await store.decisions.add(GUILD, Record(by_id=1, kind="key", text="changed the key"))
    [noted] = await store.decisions.all(GUILD)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        await store._database.write(lambda db: db.execute(sql).rowcount)
    assert await store.decisions.all(GUILD) == [noted]
