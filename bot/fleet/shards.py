"""The shards of this process in a fleet: joins it, and connects the keeper with the turns to identify."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

import discord
import structlog

from bot.app.connection.start import Gateway
from bot.delivery.channels.facts import DISCORD_ERRORS
from bot.errors import RESTART_MAY_HELP, StartError, StoreError
from bot.fleet.host import texts
from bot.fleet.postgresql.shard_locks import ShardLocks
from bot.fleet.rows import SessionStarts
from bot.fleet.runtime_shards import Identifies, RuntimeShards
from bot.fleet.shard_keeper import ShardKeeper
from bot.fleet.signals import Signals
from bot.store import Store

log = structlog.get_logger(__name__)

CHANGED = "shards.changed"
"""The signal that shards are free, or that one more process wants some."""

WATCH_S, ASK_AGAIN_TURNS = 60.0, 60
"""How often the identifies left are read; every sixtieth time Discord is asked."""


class FleetShards:
    """Runs this process's shards of the fleet."""

    def __init__(
        self,
        client: RuntimeShards,
        store: Store,
        *,
        signals: Signals,
        locks: ShardLocks,
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
        wanted: int | None,
    ) -> None:
        """`wanted`: the host's number of shards, None for Discord's recommendation; `spawn` runs the keeper."""
        self._client = client
        self._rows = store.rows(SessionStarts)
        self._locks = locks
        self._signals = signals
        self._clock = client.clock
        self._spawn = spawn
        self._wanted = wanted
        self._keeper: ShardKeeper | None = None
        self._identifies: Identifies | None = None

    @property
    def held(self) -> int:
        return 0 if self._keeper is None else len(self._keeper.held)

    @property
    def identifies_left(self) -> float:
        """Identifies left today, as far as known; NaN if unknown."""
        return float("nan") if self._identifies is None else self._identifies.left

    @property
    def is_ready(self) -> bool:
        """Whether this process takes part, and all its shards, if any, are connected."""
        return self._keeper is not None and self._keeper.is_ready

    def holds(self, shard_id: int) -> bool:
        return self._keeper is not None and self._keeper.holds(shard_id)

    def part_of(self, calls: int) -> int:
        """Return this process's part of so many calls: all of them before it joins."""
        return calls if self._keeper is None else self._keeper.part_of(calls)

    async def begin(self, gateway: Gateway) -> None:
        """Join the fleet, and start keeping shards. Raises StartError if the others have another number of shards."""
        recommended = gateway.shards
        await self._rows.note_limit(gateway.limit)
        try:
            count = await self._locks.join(wanted=self._wanted, recommended=recommended)
        except StoreError as error:
            raise StartError(error.sentence, exit_code=error.exit_code) from error
        if self._wanted is not None and count != self._wanted:
            raise StartError(texts.OTHER_SHARD_COUNT(is_now=count, ours=self._wanted), exit_code=RESTART_MAY_HELP)
        if count < recommended:
            log.warning("shards.few", shards=count, recommended=recommended)
        self._keeper = ShardKeeper(
            self._locks,
            self._client,
            shard_count=count,
            clock=self._clock,
            tell=lambda: self._signals.send(CHANGED),
        )
        self._identifies = Identifies(
            self._rows,
            shards=count,
            holds=self._keeper.holds,
            clock=self._clock,
            max_concurrency=max(1, gateway.limit["max_concurrency"]),
        )
        self._signals.listen(CHANGED, self._keeper.wake)
        self._client.lead_shards(count, gateway.address, keeps=self._keeper.keeps, identifying=self._identifies)
        self._spawn(self._keep(self._keeper), "shards")
        self._spawn(self._watch(self._identifies), "identifies")

    async def take_identify(self, shard_id: int) -> None:
        """Wait until the shard has to identify: for `before_identify_hook`."""
        await cast("Identifies", self._identifies).take(shard_id)

    async def stop(self) -> None:
        """Close all shards, release them at once, and keep none any more."""
        if self._keeper is not None:
            await self._keeper.stop()

    async def _keep(self, keeper: ShardKeeper) -> None:
        try:
            await keeper.run()
        except Exception as error:  # noqa: BLE001 - `connect` raises it: without its keeper a process must not continue
            self._client.fail(error)

    async def _watch(self, identifies: Identifies) -> None:
        never, turns = asyncio.Event(), 0
        while True:
            turns += 1
            try:
                identifies.left = await self._rows.identifies_left()
                if turns % ASK_AGAIN_TURNS == 0:
                    await self._rows.note_limit((await self._client.ask_gateway()).limit)
            except (StoreError, discord.GatewayNotFound, *DISCORD_ERRORS) as error:
                log.info("identifies.not_known", error=type(error).__name__)
            await self._clock.wait(never, WATCH_S)
