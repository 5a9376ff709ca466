"""Which jobs this process follows: it holds a lease on them, claims what is free, and frees what the dead had."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence

import structlog

from bot.domain.models import Job, JobState, new_id
from bot.jobs.follow.agenda import Agenda
from bot.jobs.follow.lanes import REMOTE_STATES, Followed
from bot.runtime.clock import Clock
from bot.runtime.machine import permanent, release_memory
from bot.store import Claimed, CommitUnknown, FirstAttempts, Store
from bot.store.processes import BACK_S, was_cut_off

log = structlog.get_logger(__name__)

LEASE_S, RENEW_S = 60.0, 15.0
"""How long a lease lasts, and how often it is renewed: the next start ends it."""
CLAIM_EVERY_S = 15.0
"""Interval of looking for unleased jobs; new ones are signalled by `wake`."""
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


class LeaseKeeper:
    """Renews this process's lease, and ends those of the dead."""

    def __init__(self, store: Store, clock: Clock, *, lease_s: float = LEASE_S, renew_s: float = RENEW_S) -> None:
        self._leases, self._clock = store.leases, clock
        self._lease_s, self._renew_s = lease_s, renew_s
        self.next_s = self._renew_s
        """In how many seconds to renew: sooner if another's lease ends then."""
        self._renewed_at, self._back_at = clock.monotonic(), -BACK_S
        self._may_take_over = False

    async def renew(self, token: str) -> bool:
        """Return whether the lease existed. If not, it is new, or its jobs were taken over."""
        now = self._clock.monotonic()
        if was_cut_off(now - self._renewed_at, self._lease_s):
            self._back_at = now
        renewal = await self._leases.hold(token, self._lease_s)
        self.next_s = min(self._renew_s, renewal.next_look_s or self._renew_s)
        self._renewed_at, self._may_take_over = self._clock.monotonic(), renewal.may_take_over
        return renewal.existed

    async def take_over(self, token: str) -> bool:
        """Free the jobs of the dead, for all that live; return whether there were any."""
        if not self._may_take_over or self._clock.monotonic() - self._back_at < BACK_S:
            return False
        taken = await self._leases.take_over(token)
        for each in taken:
            log.warning("worker.took_over", jobs=each.jobs, of=each.process, after=round(each.silent_s, 1))
        return bool(taken)


class Claims:
    """Claims jobs for the agenda under this process's lease, and renews that.

    `claimed` receives the claimed jobs; `announce_free` has free jobs claimed.
    """

    lease_s, renew_s = LEASE_S, RENEW_S
    by_card = False
    """Whether whole cards are claimed."""

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
        """The lease of this process's jobs."""
        self.due = 0.0
        """When to renew it, monotonic seconds."""
        self.may_hold_more = False
        """Whether a claim may have been committed whose jobs this process does not know."""
        self.rows = JobRows(store)
        self._keeper = LeaseKeeper(store, clock, lease_s=self.lease_s, renew_s=self.renew_s)

    async def read(self, followed: Followed) -> bool:
        """Set `followed.row`; False if the job is no longer this process's."""
        return await self.rows.read(followed, self.lease)

    def first_attempts(self, jobs: Sequence[Job]) -> FirstAttempts:
        """Return the claim of a card's jobs that this process sends at once, with one key."""
        return FirstAttempts(job_ids=[job.id for job in jobs], lease=self.lease, key_id=jobs[0].key_id)

    async def renew(self) -> bool:
        """Renew the lease, and take over from the dead; return whether that was due."""
        if not self.may_hold_more and self.clock.monotonic() < self.due:
            return False
        if self.may_hold_more or (not await self._keeper.renew(self.lease) and self.agenda.jobs):
            await self._lose_all()
        self.due = self.clock.monotonic() + self._keeper.next_s
        if await self._keeper.take_over(self.lease):
            self.announce_free()
        return True

    async def _lose_all(self) -> None:
        """Start over after the lease expired and was taken over, or it may have jobs that are not followed.

        The new token keeps old turns from changing a job that is claimed again.
        """
        log.warning("worker.lease_lost", jobs=len(self.agenda.jobs))
        await self.store.leases.drop(self.lease)
        self.lease = new_id()
        self.agenda.clear()
        self.rows.clear()
        await self._keeper.renew(self.lease)
        self.may_hold_more = False
        self.agenda.claim_due = 0.0

    async def leave(self) -> None:
        """Free what others can have while turns end; alone, nothing."""

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

    async def _claim_some(self) -> int:
        try:
            claimed = await self.store.leases.claim(self.lease, limit=CLAIMED_MAX, by_card=self.by_card)
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
