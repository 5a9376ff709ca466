"""Keeps the shards of one process of a fleet: those, and only those, that it holds under a live lease.

The lease is a row that is renewed every few seconds (`bot.store.host.fleet`). Its time is the database's; the process
counts from before it asked, so it knows of an earlier end than the database does, and stops some seconds before that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.errors import RESTART_MAY_HELP, StartError, StoreError
from bot.fleet import texts
from bot.runtime.clock import Clock
from bot.store.host.fleet import LEASE_S, HeldShards

log = structlog.get_logger(__name__)

RENEW_S, RETRY_S = 4.0, 1.0
MARGIN_S = 5.0
"""How long before its lease can end for others a process stops, if it could not renew it."""
BACK_S = 10.0
"""For how long a process that was cut off ends no other's lease: the database was perhaps away for all."""
CLOSED_S = 2.0
"""How long a close may take: Discord need not answer it, and what comes from then on is dropped."""


class Leases(Protocol):
    """What the keeper asks of the store: `bot.store.host.fleet.Fleet`."""

    async def keep(self, process: str, *, is_back: bool) -> HeldShards:
        """Renew the lease, and claim what is missing of an even share."""
        ...

    async def release(self, process: str, shard_ids: frozenset[int]) -> None:
        """Let others have these shards."""
        ...

    async def leave(self, process: str) -> None:
        """End the membership."""
        ...


class Connections(Protocol):
    """What the keeper does with shards: `bot.fleet.runtime_shards`."""

    def open_shard(self, shard_id: int) -> None:
        """Begin to connect a shard, and keep it connected. It resumes the session that it has, if any."""
        ...

    async def close_shard(self, shard_id: int, *, for_good: bool) -> None:
        """Close a shard. Unless it is `for_good`, its session and its servers are kept for another `open_shard`."""
        ...

    def is_shard_ready(self, shard_id: int) -> bool:
        """Whether the shard is connected, and all its servers are known."""
        ...


@dataclass(frozen=True, slots=True)
class _Moment:
    """A reading of both clocks: the one stands still while a machine sleeps, the other may be set back."""

    monotonic: float
    wall: float

    @classmethod
    def of(cls, clock: Clock) -> _Moment:
        return cls(clock.monotonic(), clock.wall())

    def age_s(self, clock: Clock) -> float:
        return max(clock.monotonic() - self.monotonic, clock.wall() - self.wall)


class ShardKeeper:
    """Renews the lease, opens what it gets, closes what it loses or others should have."""

    def __init__(
        self,
        leases: Leases,
        connections: Connections,
        *,
        process: str,
        shard_count: int,
        clock: Clock,
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        """`tell` lets other processes know that there are shards to have, or one more process that wants some."""
        self._leases = leases
        self._connections = connections
        self._process = process
        self._shard_count = shard_count
        self._clock = clock
        self._tell = tell
        self._held: frozenset[int] = frozenset()
        self._open: set[int] = set()
        self._asked: _Moment | None = None
        """From before the last renewal that succeeded."""
        self._back_at: _Moment | None = None
        """When the lease was renewed too late, if it ever was."""
        self._woken = asyncio.Event()
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def held(self) -> frozenset[int]:
        """The shards that this process holds now."""
        return self._held if self._left_s() > 0 else frozenset()

    def holds(self, shard_id: int) -> bool:
        """Whether this process holds the shard: else it must neither connect it nor act on what comes from it."""
        return shard_id in self._held and self._left_s() > 0

    @property
    def is_ready(self) -> bool:
        """Whether this process takes part, and all shards that it holds are connected."""
        return self._left_s() > 0 and all(map(self._connections.is_shard_ready, self._held))

    def wake(self) -> None:
        """Something has changed for the shards of the fleet: look at once."""
        self._woken.set()

    async def run(self) -> None:
        """Keep the shards until cancelled. Raises StartError once the fleet has another number of shards."""
        self._tell()
        while True:
            self._woken.clear()
            pause_s = RENEW_S if await self.turn() else RETRY_S
            await self._clock.wait(self._woken, min(pause_s, self._left_s()) if self._open else pause_s)

    async def turn(self) -> bool:
        """Renew the lease once, and do what follows from it; False if the database did not. Raises StartError."""
        asked = _Moment.of(self._clock)
        if self._asked is not None and self._left_s() <= 0:
            self._back_at = asked
        is_back = self._back_at is not None and self._back_at.age_s(self._clock) < BACK_S
        answer = asyncio.ensure_future(self._leases.keep(self._process, is_back=is_back))
        answered = asyncio.Event()
        answer.add_done_callback(lambda _: answered.set())
        try:
            while not answer.done():
                await self._clock.wait(answered, self._left_s() if self._open else None)
                if self._left_s() <= 0:
                    await self._suspend()
        except asyncio.CancelledError:
            answer.cancel()
            raise
        try:
            held = answer.result()
        except StoreError as error:
            log.warning("shards.not_renewed", error=error.sentence, left_s=round(self._left_s(), 1))
            return False
        await self._obey(held, asked)
        return True

    async def stop(self) -> None:
        """Close all shards, and let others have them at once."""
        mine = self._open | self._held
        self._held = frozenset()
        await self._close(mine, for_good=True)
        try:
            await self._leases.leave(self._process)
        except StoreError as error:  # the lease ends by itself
            log.warning("shards.not_left", error=error.sentence)
        self._tell()

    async def _obey(self, held: HeldShards, asked: _Moment) -> None:
        if held.shard_count != self._shard_count:
            raise StartError(texts.other_shard_count(held.shard_count, self._shard_count), exit_code=RESTART_MAY_HELP)
        if held.was_lost:  # others may have had them meanwhile: no session of ours is any good
            await self._drop(self._held)
        lost, gained = self._held - held.ids, held.ids - self._held
        await self._drop(lost)
        self._held, self._asked = held.ids, asked
        if self._left_s() <= 0:  # the answer took too long: the next one is about what is true now
            await self._suspend()
            return
        if lost or gained:
            log.info("shards.held", shards=sorted(held.ids), of=held.shard_count, gateways=held.gateways)
        for shard_id in sorted(held.ids - self._open):
            self._open.add(shard_id)
            self._connections.open_shard(shard_id)
        if held.surplus:
            await self._give_up(held.surplus)

    async def _give_up(self, count: int) -> None:
        """Close so many shards and release them: first those that are not connected yet."""
        ranked = sorted(self._held, key=lambda shard_id: (self._connections.is_shard_ready(shard_id), -shard_id))
        given = frozenset(ranked[:count])
        await self._drop(given)
        try:
            await self._leases.release(self._process, given)
        except StoreError as error:  # the next turn has them again
            log.warning("shards.not_released", error=error.sentence)
            return
        log.info("shards.released", shards=sorted(given))
        self._tell()

    async def _drop(self, shard_ids: frozenset[int]) -> None:
        """Close shards that are, or will be, another process's."""
        self._held -= shard_ids
        await self._close(shard_ids, for_good=True)

    async def _suspend(self) -> None:
        """Close all before others may have them. Their sessions are kept: the lease may still be ours."""
        if self._open:
            log.warning("shards.suspended", shards=sorted(self._open))
            await self._close(frozenset(self._open), for_good=False)

    async def _close(self, shard_ids: set[int] | frozenset[int], *, for_good: bool) -> None:
        self._open -= shard_ids
        tasks = [
            asyncio.ensure_future(self._connections.close_shard(shard_id, for_good=for_good)) for shard_id in shard_ids
        ]
        if tasks:
            self._closing.update(tasks)
            for task in tasks:
                task.add_done_callback(self._closing.discard)
            await asyncio.wait(tasks, timeout=CLOSED_S)

    def _left_s(self) -> float:
        """Return for how many seconds this process may act on its lease."""
        return 0.0 if self._asked is None else LEASE_S - MARGIN_S - self._asked.age_s(self._clock)
