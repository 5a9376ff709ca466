"""When the shards of one process of a fleet identify: in their turn among all, and within the day's budget."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Protocol

import structlog

from bot.runtime.clock import Clock
from bot.store.host.fleet import IdentifyTurn

log = structlog.get_logger(__name__)

LATE_S = 0.4
"""How late after its time an identify may be: the spacing of the times has as much to spare."""
TRIES = 3
"""After so many times that came too late, because the database is slow, one is used all the same: Discord then answers
that the session is invalid, and the shard asks again."""
IN_TURN_S = 30.0
"""How long a shard waits for its time while it is connected: discord.py closes a connection that is silent for 60 s."""
TOLD_S = 15.0
"""A longer wait is logged."""


class NotNowError(Exception):
    """The shard may not identify now: it is another process's, or its time is too far away to stay connected."""


class IdentifyRows(Protocol):
    """What is asked of the store: `bot.store.host.fleet.Fleet`."""

    async def identify_wait_s(self, shard_id: int) -> float:
        """Return in how many seconds the shard may probably identify."""
        ...

    async def reserve_identify(self, process: str, shard_id: int, *, at_most_s: float) -> IdentifyTurn | None:
        """Reserve the shard's identify; None if the process does not hold it."""
        ...


class Identifies:
    """Of the shards of this process that would have to wait for each other, one connects at a time."""

    def __init__(self, rows: IdentifyRows, *, process: str, clock: Clock, max_concurrency: int = 1) -> None:
        self._rows = rows
        self._process = process
        self._clock = clock
        self._max_concurrency = max_concurrency
        self._buckets: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.left = math.nan
        """How many identifies were left of Discord's day when one was reserved last."""

    @contextlib.asynccontextmanager
    async def turn(self, shard_id: int) -> AsyncIterator[None]:
        """Enter when the shard should connect to identify; the block ends once it has."""
        async with self._buckets[shard_id % self._max_concurrency]:
            while (wait_s := await self._rows.identify_wait_s(shard_id)) > IN_TURN_S / 2:
                if wait_s > TOLD_S:
                    log.warning("identify.waits", shard=shard_id, seconds=math.ceil(wait_s))
                await self._clock.wait(asyncio.Event(), wait_s)
            yield

    async def take(self, shard_id: int) -> None:
        """Return when the shard has to identify, at once. Raises NotNowError, StoreError."""
        for tries in range(TRIES):
            asked = self._clock.monotonic()
            turn = await self._rows.reserve_identify(self._process, shard_id, at_most_s=IN_TURN_S)
            if turn is None or not turn.is_reserved:
                raise NotNowError
            self.left = turn.left
            # The database read its clock after `asked`, and before now: the time is between these two and the wait.
            await self._clock.wait(asyncio.Event(), turn.wait_s)
            late_s = self._clock.monotonic() - asked - turn.wait_s
            if late_s <= LATE_S or tries == TRIES - 1:
                return
