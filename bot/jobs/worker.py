"""The worker: follows every open job of the store to its end. It does not know Discord, it is given a `Surface`.

One process holds a lease on each job it follows. When a job is due, one *turn* is taken: `submitting`, `polling` or
`delivering`, by the job's state. A turn that fails never stops the others.
"""

from __future__ import annotations

import asyncio

import structlog

from bot.domain.models import Job, JobState, new_id
from bot.guild.api_keys import ApiKeys
from bot.jobs.agenda import REMOTE_STATES, Agenda, Followed
from bot.jobs.delivering import Delivering
from bot.jobs.key_waits import KeyWaits
from bot.jobs.maintenance import Maintenance
from bot.jobs.polling import Polling
from bot.jobs.submitting import Submitting
from bot.runtime.clock import Clock
from bot.store import Store

log = structlog.get_logger(__name__)

LEASE_S = 60.0
"""A lease not renewed for this long is free for another process."""
LEASE_RENEW_S = 15.0
CLAIM_EVERY_S = 15.0
"""How often to look for jobs that nobody follows; new ones announce themselves by `wake`."""
TURNS_AT_ONCE = 64
DELIVERIES_AT_ONCE = 4
TURN_FAILED_S = 30.0
TURN_FAILED_MAX_S = 600.0


class Worker:
    """The loop: claims jobs, keeps the lease, and starts a turn for each job that is due."""

    def __init__(
        self,
        store: Store,
        *,
        keys: ApiKeys,
        agenda: Agenda,
        key_waits: KeyWaits,
        submitting: Submitting,
        polling: Polling,
        delivering: Delivering,
        maintenance: Maintenance,
        clock: Clock,
    ) -> None:
        self._store = store
        self._keys = keys
        self._agenda = agenda
        self._key_waits = key_waits
        self._submitting = submitting
        self._polling = polling
        self._delivering = delivering
        self._maintenance = maintenance
        self._clock = clock
        self._lease = new_id()
        self._lease_due = 0.0
        self._turns: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(TURNS_AT_ONCE)
        self._delivery_slots = asyncio.Semaphore(DELIVERIES_AT_ONCE)
        self._stopping = False
        self.beat = clock.monotonic()
        """When the loop last went round, monotonic seconds: for the health check."""

    # ------------------------------------------------------------------ what others say

    @property
    def followed(self) -> int:
        """How many jobs this process follows now."""
        return len(self._agenda.jobs)

    def wake(self) -> None:
        """There is a new job: claim it soon."""
        self._agenda.claim_soon()

    def hint(self, job_id: str) -> bool:
        """Somebody says that this job has changed: poll it now. A hint, never the truth. False if not followed."""
        followed = self._agenda.jobs.get(job_id)
        if followed is None:
            return False
        if followed.busy:
            followed.hinted = True  # it may come before the answer that it is about
        elif followed.job.state in REMOTE_STATES:
            self._take_now(followed)
        return True

    def decided(self, job_id: str) -> None:
        """Somebody has decided about a parked job: take its turn now. One that is not followed is due by its row."""
        followed = self._agenda.jobs.get(job_id)
        if followed is None:
            self.wake()
        elif followed.busy:
            followed.decided = True  # its turn may have read the row before
        else:
            self._take_now(followed)

    def resume(self, guild_id: int, slot: str | None = None) -> None:
        """What waits in the guild may try now. `slot` is that of a key which works, or works again; None: of none."""
        if slot is not None:
            self._key_waits.end_pauses(slot)
        for followed in list(self._agenda.jobs.values()):
            job = followed.job
            if job.guild_id == guild_id and job.overdue_at is None and not followed.busy:
                self._agenda.set_due(followed)
        self.wake()

    def _take_now(self, followed: Followed) -> None:
        self._agenda.set_due(followed)
        self._agenda.changed.set()

    # ------------------------------------------------------------------ the loop

    async def run(self) -> None:
        """Follow jobs until cancelled or stopped; nothing that one job does ends this."""
        while not self._stopping:
            self._agenda.changed.clear()
            try:
                await self._renew_lease()
                await self._claim()
            except Exception:
                log.exception("worker.claim_failed")
                self._agenda.claim_due = self._clock.monotonic() + CLAIM_EVERY_S
            self._start_due()
            self.beat = self._clock.monotonic()
            await self._clock.wait(self._agenda.changed, self._idle_s())

    async def step(self) -> int:
        """Take every turn that is due now and return how many there were. For tests: `run` by hand."""
        await self._renew_lease()
        self._agenda.claim_due = 0.0
        await self._claim()
        self._start_due()
        turns = list(self._turns)
        if turns:
            done, _ = await asyncio.wait(turns)
            for turn in done:
                turn.result()
        return len(turns)

    async def stop(self, *, grace_s: float = 8.0) -> None:
        """Take no new turn, let running ones end for up to `grace_s` seconds, and drop the lease."""
        self._stopping = True
        self._agenda.changed.set()
        if self._turns:
            _, late = await asyncio.wait(self._turns, timeout=grace_s)
            for turn in late:
                turn.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._agenda.clear()
        await self._store.jobs.drop_lease(self._lease)

    def _idle_s(self) -> float:
        due = [self._agenda.claim_due, self._lease_due]
        next_job = self._agenda.next_due()
        if next_job is not None and not self._slots.locked():
            due.append(next_job)
        return max(0.0, min(due) - self._clock.monotonic())

    async def _renew_lease(self) -> None:
        if self._clock.monotonic() >= self._lease_due:
            if not await self._store.jobs.hold_lease(self._lease, self._clock.wall() + LEASE_S) and self._agenda.jobs:
                await self._lose_all()
            self._lease_due = self._clock.monotonic() + LEASE_RENEW_S

    async def _lose_all(self) -> None:
        """Start from nothing: the lease had expired and was ended by another. Turns that still run can change nothing.

        The token is a new one, so that a turn of before cannot change a job that is claimed again.
        """
        log.warning("worker.lease_lost", jobs=len(self._agenda.jobs))
        await self._store.jobs.drop_lease(self._lease)
        self._lease = new_id()
        self._agenda.clear()
        await self._store.jobs.hold_lease(self._lease, self._clock.wall() + LEASE_S)
        self._agenda.claim_due = 0.0

    async def _claim(self) -> None:
        if self._clock.monotonic() < self._agenda.claim_due:
            return
        self._agenda.claim_due = self._clock.monotonic() + CLAIM_EVERY_S
        try:
            await self._maintenance.run_once()
        except Exception:
            # What is done now and then must never keep a job from being followed.
            log.exception("maintenance.failed")
        while claimed := await self._store.jobs.claim(self._lease, now=self._clock.wall(), limit=200):
            for job in claimed:
                self._agenda.put(Followed(job, self._first_due(job), active_s=job.active_s))

    def _first_due(self, job: Job) -> float:
        left_s = max(0.0, job.next_at - self._clock.wall())
        return self._clock.monotonic() + min(left_s, job.wait_s)  # the clock may have been set back

    # ------------------------------------------------------------------ turns

    def _start_due(self) -> None:
        now = self._clock.monotonic()
        while not self._slots.locked() and (followed := self._agenda.take_due(now)) is not None:
            turn = asyncio.create_task(self._turn(followed), name=f"turn-{followed.job.id}")
            self._turns.add(turn)
            turn.add_done_callback(self._turn_done)

    def _turn_done(self, turn: asyncio.Task[None]) -> None:
        self._turns.discard(turn)
        self._agenda.changed.set()

    async def _turn(self, followed: Followed) -> None:
        async with self._slots:
            try:
                wait_s = await self._take_turn(followed)
            except Exception:
                # One job's surprise is its own: it rests, the others go on.
                log.exception("worker.turn_failed", job=followed.job.id, state=followed.job.state)
                followed.failures += 1
                wait_s = min(TURN_FAILED_S * followed.failures, TURN_FAILED_MAX_S)
            self._end_turn(followed, wait_s)

    def _end_turn(self, followed: Followed, wait_s: float | None) -> None:
        followed.busy = False
        if not self._agenda.has(followed):
            return
        if wait_s is None or followed.job.state.ended:
            self._agenda.drop(followed.job.id)
            return
        if followed.decided or (followed.hinted and followed.job.state in REMOTE_STATES):
            wait_s = 0.0
        followed.hinted = followed.decided = False
        self._agenda.set_due(followed, wait_s)

    async def _take_turn(self, followed: Followed) -> float | None:
        """Do what the job's state calls for; return seconds until the next turn, None to let go of it."""
        job = followed.job
        if job.state is JobState.READY:
            async with self._delivery_slots:
                return await self._delivering.take_turn(followed)
        key = await self._keys.for_job(job)
        if key is None:
            return await self._key_waits.wait(followed)
        followed.blocked_at = None
        if pause_s := self._key_waits.pause_left_s(key, job):
            return pause_s
        if job.state is JobState.SUBMITTING:
            return await self._submitting.take_turn(followed, key)
        return await self._polling.take_turn(followed, key)
