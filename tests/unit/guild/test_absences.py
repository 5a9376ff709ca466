"""Which servers are taken for absent, where a process is told of some only."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import StoreError
from bot.server.absences import Absences
from tests.support.rig import ManualClock


class Rows:
    """Two servers that have something to lose: 40 is on shard 0 of two, 41 on shard 1."""

    def __init__(self) -> None:
        self.absent: set[int] = set()
        self.absent_guilds = self

    async def concerned(self) -> list[int]:
        return [40, 41]

    async def note(self, guild_id: int) -> int:
        self.absent.add(guild_id)
        return 0

    async def remove(self, guild_id: int) -> None:
        self.absent.discard(guild_id)


async def busy() -> list[int]:
    raise StoreError("The database is busy.")


def on(shard_id: int) -> Any:
    return lambda guild_id: guild_id % 2 == shard_id


async def test_a_shard_says_nothing_of_the_servers_of_others() -> None:
    rows: Any = Rows()
    absences = Absences(rows, ManualClock())
    await absences.compare([40], on(0))
    assert rows.absent == set()
    await absences.compare([], on(1))
    assert rows.absent == {41}
    await absences.compare([41], on(1))
    assert rows.absent == set()


async def test_the_servers_of_all_shards_are_compared_once_the_database_answers() -> None:
    rows: Any = Rows()
    absences = Absences(rows, ManualClock())
    concerned, rows.concerned = rows.concerned, busy
    for shard_id in (0, 1):
        with pytest.raises(StoreError):
            await absences.compare([], on(shard_id))
    rows.concerned = concerned
    await absences.returned(7)
    assert rows.absent == {40, 41}
