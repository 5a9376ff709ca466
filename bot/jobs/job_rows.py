"""The rows of followed jobs: read when a turn comes, and kept for those whose next turn will be soon."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from bot.jobs.followed import Followed
from bot.store import Store

KEPT = 3200
"""How many rows are kept in memory between two turns of their jobs: some 2 KB each."""


class JobRows:
    """Gives each turn its job's row. Turns that begin while a read goes on share the next one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[Followed, None] = OrderedDict()
        """Those with a row that have no turn, the one whose turn was the longest time ago first."""
        self._wanted: list[Followed] = []
        self._reading: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None
        """The read that begins when that one ends."""

    async def read(self, followed: Followed, lease: str) -> bool:
        """Have the job's row in `followed.row`; False if the job is not under this lease any more."""
        self._kept.pop(followed, None)
        if followed.row is None:
            self._wanted.append(followed)
            if self._next is None:
                self._next = asyncio.create_task(self._read(lease, after=self._reading), name="read-jobs")
            await asyncio.shield(self._next)  # it is other turns' as well
        return followed.row is not None

    async def _read(self, lease: str, *, after: asyncio.Task[None] | None) -> None:
        if after is not None and not after.done():
            await asyncio.wait({after})
        wanted, self._wanted = self._wanted, []
        self._reading, self._next = self._next, None
        rows = await self._store.jobs.under(lease, [each.id for each in wanted])
        for each in wanted:
            if (row := rows.get(each.id)) is not None:
                each.job = row

    def keep(self, followed: Followed) -> None:
        """Keep the row of a job whose turn has ended; of the one whose turn was the longest time ago it is let go."""
        self._kept[followed] = None
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)[0].forget_row()

    def clear(self) -> None:
        """Keep nothing: no job is followed any more."""
        self._kept.clear()
