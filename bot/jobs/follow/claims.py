"""Which jobs this process follows: it holds a lease on them, and claims what is free."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

import structlog

from bot.domain.models import Job, JobState, new_id
from bot.jobs.follow.agenda import Agenda
from bot.jobs.follow.lanes import REMOTE_STATES, Followed
from bot.runtime.clock import Clock
from bot.runtime.machine import permanent, release_memory
from bot.store import Claimed, CommitUnknown, FirstAttempts, Store

log = structlog.get_logger(__name__)

CLAIM_EVERY_S = 15.0
"""Interval of looking for free jobs; new ones are signalled by `wake`."""
CLAIMED_MAX = 2000
"""Jobs claimed per transaction: 4 ms of the event loop."""

KEPT = 3200
"""Cached rows between turns, some 2 KB each."""


class JobRows:
    """Reads rows for turns; turns that begin during a read share the next one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[Followed, None] = OrderedDict()
        """Cached and idle, least recently used first."""
        self._wanted: list[Followed] = []
        self._reading: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None
        """The read that follows the running one."""

    async def read(self, followed: Followed, lease: str) -> bool:
        """Set `followed.row`; False if the job is no longer under this lease."""
        self._kept.pop(followed, None)
        if followed.row is None:
            self._wanted.append(followed)
            if self._next is None:
                self._next = asyncio.create_task(self._read(lease, after=self._reading), name="read-jobs")
            await asyncio.shield(self._next)  # shared with other turns
        return followed.row is not None

    async def _read(self, lease: str, *, after: asyncio.Task[None] | None) -> None:
        if after is not None and not after.done():
            await asyncio.wait({after})
        wanted, self._wanted = self._wanted, []
        self._reading, self._next = self._next, None
        rows = await self._store.leases.under(lease, [each.id for each in wanted])
        for each in wanted:
            if (row := rows.get(each.id)) is not None:
                each.job = row

    def keep(self, followed: Followed) -> None:
        """Cache the row of an ended turn, evicting the least recently used."""
        self._kept[followed] = None
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)[0].forget_row()

    def clear(self) -> None:
        self._kept.clear()


class Claims:
    """Claims jobs for the agenda under this process's token, their lease.

    `claimed` receives the claimed jobs; `announce_free` has free jobs claimed.
    """

    renew_s = math.inf

    def __init__(
        self,
        store: Store,
        agenda: Agenda,
        clock: Clock,
        *,
        claimed: Callable[[Sequence[Claimed]], None],
        announce_free: Callable[[], None],
    ) -> None:
        self.store, self.agenda, self.clock = store, agenda, clock
        self.claimed, self.announce_free = claimed, announce_free
        self.lease = new_id()
        """The token of this process's jobs."""
        self.due = 0.0
        """When to show that this process lives, monotonic seconds."""
        self.may_hold_more = False
        """Whether a claim may have been committed whose jobs this process does not know."""
        self.rows = JobRows(store)

    async def read(self, followed: Followed) -> bool:
        """Set `followed.row`; False if the job is no longer this process's."""
        return await self.rows.read(followed, self.lease)

    def first_attempts(self, jobs: Sequence[Job]) -> FirstAttempts:
        """Return the claim of a card's jobs that this process sends at once, with one key."""
        return FirstAttempts(job_ids=[job.id for job in jobs], lease=self.lease, key_id=jobs[0].key_id)

    async def renew(self) -> None:
        """Show that this process lives, and start over after a claim whose outcome is unknown."""
        if not self.may_hold_more and self.clock.monotonic() < self.due:
            return
        if self.may_hold_more:
            await self._lose_all()
        await self.hold()
        self.due = self.clock.monotonic() + self.renew_s

    async def hold(self) -> None:
        """Do what shows others that this process lives: alone, nothing."""

    async def _lose_all(self) -> None:
        """Free this process's jobs; the new token keeps old turns from changing one that is claimed again."""
        log.warning("worker.lease_lost", jobs=len(self.agenda.jobs))
        await self.store.leases.drop(self.lease)
        self.lease = new_id()
        self.agenda.clear()
        self.rows.clear()
        self.may_hold_more = False
        self.agenda.claim_due = 0.0

    async def leave(self) -> None:
        """Free what has no turn now, for others at once; the lease is kept for the turns."""
        await self.renew()
        await self.free(self.agenda.jobs.values())

    async def free(self, jobs: Iterable[Followed]) -> None:
        """Free those of these jobs that have no turn now."""
        idle = [each.id for each in jobs if not (each.busy or each.is_begun)]
        if not idle:
            return
        await self.store.leases.free(self.lease, idle)
        for job_id in idle:
            self.agenda.drop(job_id)
        self.announce_free()

    async def drop(self) -> None:
        """Free this process's jobs."""
        await self.store.leases.drop(self.lease)
        self.announce_free()

    async def claim(self) -> None:
        if self.clock.monotonic() < self.agenda.claim_due:
            return
        self.agenda.claim_due = self.clock.monotonic() + CLAIM_EVERY_S
        claimed = await self._claim_some()
        if claimed >= CLAIMED_MAX:  # after a start; they then live as long as the process
            with permanent():
                while await self._claim_some() >= CLAIMED_MAX:
                    await self.renew()
            release_memory()  # left over from the rows

    async def claim_free(self) -> list[Claimed]:
        return await self.store.leases.claim(self.lease, limit=CLAIMED_MAX)

    async def _claim_some(self) -> int:
        try:
            claimed = await self.claim_free()
        except CommitUnknown:
            self.may_hold_more = True
            raise
        guild_ids, waits = dict[int, int](), dict[float | None, float | None]()  # SQLite makes an object for each row
        now = self.clock.monotonic()
        for each in claimed:
            followed = self._followed(each, guild_ids.setdefault(each.guild_id, each.guild_id), now)
            followed.poll_after_s = waits.setdefault(each.poll_after_s, each.poll_after_s)
            if each.state in REMOTE_STATES:  # the one before may just have polled it
                followed.polled_at = now
                followed.due = max(followed.due, followed.again_at(each.active_s))
            self.agenda.put(followed)
        self.claimed(claimed)
        return len(claimed)

    def _followed(self, claimed: Claimed, guild_id: int, now: float) -> Followed:
        left_s = max(0.0, claimed.next_at - self.clock.wall())
        due = now + min(left_s, claimed.wait_s)  # the clock may have been set back
        card_id = claimed.card_id if claimed.state is JobState.READY else ""
        followed = Followed(claimed.id, guild_id, card_id, claimed.state, due=due, active_s=claimed.active_s)
        followed.is_overdue = claimed.is_overdue
        if claimed.job is not None:
            followed.job = claimed.job
            self.rows.keep(followed)
        return followed
