from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.server.weeks import posted_next
from bot.store import Store

GUILD = 700


async def due(store: Store) -> list[tuple[int, int]]:
    return await store.weekly.due(limit=9)


async def test_it_is_due_after_the_current_week_once_and_until_it_is_noted(store: Store, clock: Any):
    await store.weekly.set_channel(GUILD, 55)
    assert await due(store) == []
    clock.now = posted_next(clock.now, dt.UTC) - 1
    assert await due(store) == []
    clock.now += 1
    assert await due(store) == [(GUILD, 55)]
    await store.weekly.postpone(GUILD, 60.0)
    assert await due(store) == []
    clock.now += 60
    assert await due(store) == [(GUILD, 55)]
    await store.weekly.postpone(GUILD, None)
    assert await due(store) == []
    clock.now = posted_next(clock.now, dt.UTC)
    assert await due(store) == [(GUILD, 55)]


async def test_another_channel_keeps_when_it_is_due_and_off_forgets_it(store: Store, clock: Any):
    await store.weekly.set_channel(GUILD, 55)
    clock.now = posted_next(clock.now, dt.UTC)
    await store.weekly.set_channel(GUILD, 56)
    assert await due(store) == [(GUILD, 56)]
    await store.weekly.set_channel(GUILD, None)
    assert await due(store) == []
    assert await store.weekly.channel_of(GUILD) is None


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
async def test_the_time_is_the_servers(store: Store, clock: Any, zone: str):
    await store.settings.change(GUILD, lambda rules: replace(rules, timezone=zone))
    rules = await store.settings.get(GUILD)
    await store.weekly.set_channel(GUILD, 55)
    clock.now = posted_next(clock.now, rules.zone) - 1
    assert await due(store) == []
    clock.now += 1
    assert len(await due(store)) == 1


async def test_a_server_that_removed_the_bot_is_not_due(store: Store, clock: Any):
    await store.weekly.set_channel(GUILD, 55)
    clock.now = posted_next(clock.now, dt.UTC)
    await store.absent_guilds.note(GUILD)
    assert await due(store) == []
