"""Keeps connected exactly the shards of which this process has the locks.

The server ends the session of the locks once it was silent for `SILENCE_S`; the process counts from before its last
statement, so it stops some seconds before. Only while the database is away its shards stay connected: without one it
can do nothing but say so (docs/decisions/0043-whether-the-database-works.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.errors import RESTART_MAY_HELP, StartError, StoreError
from bot.fleet.host import texts
from bot.fleet.postgresql.shard_locks import BACK_S, SILENCE_S, HeldShards, ShardLocks
from bot.fleet.runtime_shards import RuntimeShards
from bot.runtime.clock import Clock

log = structlog.get_logger(__name__)

LOOK_S = 1.0
"""Interval of statements on the session, which find what is free."""
MARGIN_S = 2.0
"""Safety margin before the server can end a silent session."""
AWAY_S = 5.0
"""How long a failed statement shows that the database is away, if no other session can be had."""
CLOSED_S = 1.0
"""Timeout of a close: Discord need not answer, and later messages are dropped."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """Both clocks: one stops while a machine sleeps, the other may be set back."""

    monotonic: float
    wall: float

    @classmethod
    def of(cls, clock: Clock) -> _Moment:
        return cls(clock.monotonic(), clock.wall())

    def age_s(self, clock: Clock) -> float:
        return max(clock.monotonic() - self.monotonic, clock.wall() - self.wall)


class ShardKeeper:
    """Takes locks, opens their shards, closes lost or surplus ones."""

    def __init__(
        self,
        locks: ShardLocks,
        connections: RuntimeShards,
        *,
        shard_count: int,
        clock: Clock,
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        """`tell` signals other processes that shards are free, or that one more process wants some."""
        self._locks = locks
        self._connections = connections
        self._shard_count = shard_count
        self._clock = clock
        self._tell = tell
        self._held: frozenset[int] = frozenset()
        self._session = 0
        """The session of their locks."""
        self._processes = self._among = 1
        """How many processes share the shards, and how many did before the last session was lost."""
        self._open: set[int] = set()
        self._asked: _Moment | None = None
        """Before the last successful statement."""
        self._away: _Moment | None = None
        """When the database was seen to be away, if the last statement failed."""
        self._back_at: _Moment | None = None
        """When the last session but the first began, if any."""
        self._is_leaving = False
        self._woken = asyncio.Event()
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def held(self) -> frozenset[int]:
        """The shards this process holds now."""
        return self._held if self._left_s() > 0 else frozenset()

    def part_of(self, calls: int) -> int:
        """Return this process's part of so many calls: one without the database."""
        return max(1, calls // self._processes) if self._left_s() > 0 else 1

    def holds(self, shard_id: int) -> bool:
        return shard_id in self._held and self._left_s() > 0

    def keeps(self, shard_id: int) -> bool:
        """Whether its connection stays: else it must neither be connected nor its events be acted on."""
        return shard_id in self._held and (self._heard_s() > 0 or self._is_away)

    @property
    def _is_away(self) -> bool:
        return self._away is not None and self._away.age_s(self._clock) < AWAY_S

    @property
    def is_ready(self) -> bool:
        """Whether this process takes part, and all its shards are connected."""
        return self._left_s() > 0 and all(map(self._connections.is_shard_ready, self._held))

    def wake(self) -> None:
        """Check at once: the fleet's shards changed."""
        self._woken.set()

    async def run(self) -> None:
        """Keep the shards until cancelled. Raises StartError once the fleet has another number of shards."""
        self._tell()
        while not self._is_leaving:
            self._woken.clear()
            await self.turn()
            await self._clock.wait(self._woken, LOOK_S)

    async def turn(self) -> None:
        """Look once and act on the result. Raises StartError."""
        asked = _Moment.of(self._clock)
        if self._asked is not None and self._session != self._locks.session:
            self._back_at, self._among = asked, self._processes
        is_back = self._back_at is not None and self._back_at.age_s(self._clock) < BACK_S
        answer = asyncio.ensure_future(
            self._locks.keep(self._held, self._shard_count, among=self._among if is_back else 1)
        )
        answered = asyncio.Event()
        answer.add_done_callback(lambda _: answered.set())
        try:
            while not answer.done():
                await self._clock.wait(answered, LOOK_S if self._open else None)
                if not answer.done():  # an answer may be a new session
                    await self._close_unless_kept()
        except asyncio.CancelledError:
            answer.cancel()
            raise
        try:
            held = answer.result()
        except StoreError as error:
            log.warning("shards.not_asked", error=error, left_s=round(self._left_s(), 1))
            if self._locks.is_away:
                self._note_away()
            await self._close_unless_kept()
            return
        await self._obey(held, asked)
        if self._left_s() > 0:
            self._away = None

    def _note_away(self) -> None:
        """Note it if this process was awake since its locks ended: it has then seen each second that it is away."""
        if self._heard_s() > 0 or self._is_away:
            self._away = _Moment.of(self._clock)

    async def stop(self) -> None:
        """Close all shards, release them at once, and keep none any more."""
        self._is_leaving = True
        self._woken.set()
        mine = self._open | self._held
        self._held = frozenset()
        await self._close(mine, for_good=True)
        try:
            await self._locks.leave()
        except StoreError as error:  # the session ends
            log.warning("shards.not_left", error=error)
        self._tell()

    async def _obey(self, held: HeldShards, asked: _Moment) -> None:
        if held.shard_count != self._shard_count:
            raise StartError(
                texts.OTHER_SHARD_COUNT(is_now=held.shard_count, ours=self._shard_count), exit_code=RESTART_MAY_HELP
            )
        lost, gained = self._held - held.ids, held.ids - self._held
        if lost:
            log.warning("shards.lost", shards=sorted(lost))
        await self._drop(lost)
        if self._is_leaving:  # this answer was on its way
            return
        self._held, self._asked, self._session = held.ids, asked, held.session
        self._processes = held.processes
        if self._left_s() <= 0:  # the answer took too long to be valid
            await self._close_unless_kept()
            return
        if lost or gained:
            log.info("shards.held", shards=sorted(held.ids), of=held.shard_count, processes=held.processes)
        for shard_id in sorted(held.ids - self._open):
            self._open.add(shard_id)
            self._connections.open_shard(shard_id)
        if held.surplus:
            await self._give_up(held.surplus)

    async def _give_up(self, count: int) -> None:
        ranked = sorted(self._held, key=lambda shard_id: (self._connections.is_shard_ready(shard_id), -shard_id))
        given = frozenset(ranked[:count])
        await self._drop(given)
        try:
            await self._locks.release(given)
        except StoreError as error:  # the next turn gets them back
            log.warning("shards.not_released", error=error)
            return
        log.info("shards.released", shards=sorted(given))
        self._tell()

    async def _drop(self, shard_ids: frozenset[int]) -> None:
        self._held -= shard_ids
        await self._close(shard_ids, for_good=True)

    async def _close_unless_kept(self) -> None:
        """Close all before others may have them. Discord's sessions are kept: the shards may stay ours."""
        if self._open and self._heard_s() <= 0 and not self._is_away:
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
        """Return for how many seconds the shards are surely this process's: none once the session was lost."""
        return self._heard_s() if self._session == self._locks.session else 0.0

    def _heard_s(self) -> float:
        """Return how many seconds are left of those in which it need not hear from the database."""
        return 0.0 if self._asked is None else SILENCE_S - MARGIN_S - self._asked.age_s(self._clock)
