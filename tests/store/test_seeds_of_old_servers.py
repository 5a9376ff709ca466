"""Emojis under results are new servers' from the start; a server that was there keeps what it had."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.domain.server.reaction_rules import Seeding
from bot.store import Store
from tests.support import old_database

pytestmark = pytest.mark.sqlite_only("a file of an older version: PostgreSQL begins with the schema of 31")


NEW = 999_999


async def test_old_servers_keep_their_seeds_and_new_ones_get_a_few(
    path: Path, open_store: Callable[..., Awaitable[Store]]
):
    old_database.write_database(path)
    guilds = {row[0] for row in old_database.rows(path, "SELECT guild_id FROM cards")}
    stored = dict(old_database.rows(path, "SELECT guild_id, seeds FROM reaction_settings"))
    without = guilds - stored.keys()
    assert without, "the file has a server that never touched its reactions"
    [seeded, *_] = stored
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE reaction_settings SET seeds = 1 WHERE guild_id = ?", (seeded,))
    store = await open_store(secret_keys=[old_database.SECRET_KEY])
    found: dict[int, Any] = {guild_id: (await store.reactions.get(guild_id)).seeds for guild_id in {*guilds, NEW}}
    assert found[seeded] is Seeding.ALL
    assert {found[guild_id] for guild_id in without} == {Seeding.OFF}
    assert found[NEW] is Seeding.FEW
    assert await store.check() == []
