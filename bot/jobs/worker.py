"""The worker follows every open job to its end. It reaches Discord only through a `Surface`.

One process holds a lease on each job it follows. When a job is due, one *turn* is taken: `submitting`, `polling` or
`delivering`, by its state, each in a lane of its own (`lanes`). The loop awaits only the store; calls to Discord or
Cannon Studio happen in turns. A failing turn never stops the others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field

import structlog
from structlog.contextvars import bind_contextvars

from bot.account.api_keys import ApiKeys
from bot.domain.models import Card, Job, JobState, new_id
from bot.errors import StoreError
from bot.jobs.follow.agenda import GATHER_S, Agenda, WorkerProgress
from bot.jobs.follow.lanes import REMOTE_STATES, Followed, Lane, LaneName
from bot.jobs.follow.webhook_hints import HintPace
from bot.jobs.turns.delivering import Delivering
from bot.jobs.turns.key_waits import KeyWaits
from bot.jobs.turns.polling import Polling
from bot.jobs.turns.submitting import Submitting
from bot.jobs.turns.transitions import OwnErrors
from bot.runtime.clock import Clock
from bot.runtime.logs import QuietErrors
from bot.runtime.machine import permanent, release_memory
from bot.runtime.pace import ROUNDING_S
from bot.store import Claimed, CommitUnknown, FirstAttempts, Store

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


log = structlog.get_logger(__name__)

LEASE_S, RENEW_S = 60.0, 15.0
"""How long a lease lasts, and how often it is renewed, of the only process: its next start ends it."""
SHARED_LEASE_S, SHARED_RENEW_S = 20.0, 4.0
"""The same where others may take over."""
BACK_S = 10.0
"""How long a process whose renewal was late takes nothing over: the database may have been away for all."""
CLAIM_EVERY_S = 15.0
"""Interval of looking for unleased jobs; new ones are signalled by `wake`."""
RETRY_S = 1.0
"""Retry interval after database errors."""
CLAIM_REST_S = 1.0
"""After this time a process takes what it left to others: one of them may be gone."""
CLAIMED_MAX = 2000
"""Jobs claimed per transaction: 4 ms of the event loop."""
TURN_S = 3600.0
"""Timeout of a turn, far above what a result's files take: a longer one hangs by a bug."""


class LeaseKeeper:
    """Renews this process's lease, and ends those of dead processes."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._leases, self._clock = store.leases, clock
        self._lease_s, self.renew_s = (SHARED_LEASE_S, SHARED_RENEW_S) if store.is_shared else (LEASE_S, RENEW_S)
        self._renewed_at, self._back_at = clock.monotonic(), -BACK_S
        self._may_take_over = False

    async def renew(self, token: str) -> bool:
        """Return whether the lease existed. If not, it is new, or another process took its jobs over."""
        now = self._clock.monotonic()
        if now - self._renewed_at >= self._lease_s:
            self._back_at = now
        renewal = await self._leases.hold(token, self._lease_s)
        self._renewed_at, self._may_take_over = self._clock.monotonic(), renewal.may_take_over
        return renewal.existed

    async def take_over(self, token: str) -> bool:
        """Free the jobs of dead processes, for all that live; return whether there were any."""
        if not self._may_take_over or self._clock.monotonic() - self._back_at < BACK_S:
            return False
        taken = await self._leases.take_over(token)
        for each in taken:
            log.warning("worker.took_over", jobs=each.jobs, of=each.process, after=round(each.silent_s, 1))
        return bool(taken)


@dataclass
class Worker:
    """Claims jobs, renews the lease, and starts due turns.

    `maintain` wakes `maintenance`; `claimed` receives the claimed jobs; `announce_free` has all processes claim.
    """

    store: Store
    _: KW_ONLY
    keys: ApiKeys
    agenda: Agenda
    key_waits: KeyWaits
    submitting: Submitting
    polling: Polling
    delivering: Delivering
    own_errors: OwnErrors
    maintain: Callable[[], None]
    claimed: Callable[[Sequence[Claimed]], None]
    announce_free: Callable[[], None]
    clock: Clock
    _lease: str = field(default_factory=new_id, init=False)
    _lease_due: float = field(default=0.0, init=False)
    is_running: bool = field(default=False, init=False)
    """Whether it takes turns by itself."""
    may_hold_more: bool = field(default=False, init=False)
    """Whether a claim may have been committed whose jobs this process does not know."""
    _has_shared: bool = field(default=False, init=False)
    """Whether the last claim left a part to other processes."""
    _turns: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _ended_in_step: list[tuple[Followed, float | None]] | None = field(default=None, init=False)
    """During `step`: ended jobs and their waits."""
    _stopping: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._rows, self._leases = JobRows(self.store), LeaseKeeper(self.store, self.clock)
        self._hint_pace = HintPace(self.agenda, self.clock)
        self._quiet = QuietErrors(self.clock)
        now = self._turned = self.clock.monotonic()
        self.progress = WorkerProgress(beat=now, next_beat=now, turned=now, startable_at=None)
        """Replaced as a whole, so that other threads may read it."""

    # ------------------------------------------------------------------ signals

    @property
    def lease(self) -> str:
        """The lease of this process's jobs."""
        return self._lease

    @property
    def followed(self) -> int:
        """The number of followed jobs."""
        return len(self.agenda.jobs)

    def wake(self) -> None:
        """Handle a job that is new or may start."""
        self.agenda.claim_soon()
        self.maintain()

    def hint(self, job_id: str) -> bool:
        """Poll this job soon. A hint, never the truth. False if not followed."""
        followed = self.agenda.jobs.get(job_id)
        if followed is None:
            return False
        self._hint_pace.note(followed)
        return True

    def decided(self, job_id: str) -> None:
        """Take the turn of a parked job that was decided. One that is not followed is due by its row."""
        followed = self.agenda.jobs.get(job_id)
        if followed is None:
            self.wake()
        elif followed.busy:
            followed.decided = True  # its turn may have read the row before
        else:
            self._take_now(followed)

    def resume(self, guild_id: int, slot: str | None = None) -> None:
        """Let the guild's waiting jobs try now. `slot` is the working key's; None: no key's."""
        if slot is not None:
            self.key_waits.end_pauses(slot)
        for followed in list(self.agenda.jobs.values()):
            if followed.guild_id == guild_id and not followed.is_overdue and not followed.busy:
                self.agenda.set_due(followed, self._soonest_s(followed, followed.active_s))
        self.wake()

    def _soonest_s(self, followed: Followed, age_s: float) -> float:
        """Return the seconds until a turn may begin: a request's next poll waits as long as the API asks."""
        if followed.state not in REMOTE_STATES:
            return 0.0
        return max(0.0, followed.again_at(age_s) - self.clock.monotonic())

    def _take_now(self, followed: Followed) -> None:
        self.agenda.set_due(followed)
        self.agenda.changed.set()

    # ------------------------------------------------------------------ the loop

    async def run(self) -> None:
        """Follow jobs until cancelled or stopped; no job's error ends this."""
        self.is_running = True
        while not self._stopping:
            self.agenda.changed.clear()
            try:
                await self._renew_lease()
                await self._claim()
            except Exception as error:  # noqa: BLE001 - the loop must continue; it is logged there
                self._quiet.note(log, "worker.claim_failed", "", error)
                self.agenda.claim_due = self._lease_due = self.clock.monotonic() + RETRY_S
            self._start_due()
            now = self.clock.monotonic()
            idle_s = self._idle_s(now)
            self.progress = WorkerProgress(
                beat=now, next_beat=now + idle_s, turned=self._turned, startable_at=self.agenda.startable_at()
            )
            await self.clock.wait(self.agenda.changed, idle_s)

    async def step(self) -> int:
        """Give each job due now one turn and return how many. For tests: `run` by hand."""
        await self._renew_lease()
        self.agenda.claim_due = 0.0
        await self._claim()
        count = 0
        ended: list[tuple[Followed, float | None]] = []
        self._ended_in_step = ended
        try:
            self._start_due()
            while self._turns:
                done, _ = await asyncio.wait(self._turns)
                count += len(done)
                for turn in done:
                    turn.result()
                self._start_due()
        finally:
            self._ended_in_step = None
            for followed, wait_s in ended:
                self._let_rest(followed, wait_s)
        return count

    async def stop(self, *, grace_s: float = 8.0) -> None:
        """Start no new turn, let running ones end for up to `grace_s` seconds, and drop the lease."""
        self._stopping, self.is_running = True, False
        self.agenda.changed.set()
        if self._turns:
            _, late = await asyncio.wait(self._turns, timeout=grace_s)
            for turn in late:
                turn.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self.agenda.clear()
        with contextlib.suppress(StoreError):  # the rest must be closed all the same
            await self.store.leases.drop(self._lease)
            self.announce_free()

    def _idle_s(self, now: float) -> float:
        due = [self.agenda.claim_due, self._lease_due]
        next_turn = self.agenda.next_at()
        if next_turn is not None:
            due.append(next_turn)
        return max(0.0, min(due) - now)

    async def _renew_lease(self) -> None:
        if not self.may_hold_more and self.clock.monotonic() < self._lease_due:
            return
        if self.may_hold_more or (not await self._leases.renew(self._lease) and self.agenda.jobs):
            await self._lose_all()
        self._lease_due = self.clock.monotonic() + self._leases.renew_s
        if await self._leases.take_over(self._lease):
            self.announce_free()

    async def _lose_all(self) -> None:
        """Start over after the lease expired and another process took it, or it may have jobs that are not followed.

        The new token keeps old turns from changing a job that is claimed again.
        """
        log.warning("worker.lease_lost", jobs=len(self.agenda.jobs))
        await self.store.leases.drop(self._lease, outcome="lost")
        self._lease = new_id()
        self.agenda.clear()
        self._rows.clear()
        await self._leases.renew(self._lease)
        self.may_hold_more = False
        self.agenda.claim_due = 0.0

    async def _claim(self) -> None:
        if self.clock.monotonic() < self.agenda.claim_due:
            return
        shares, self._has_shared = self.store.is_shared and not self._has_shared, False
        self.agenda.claim_due = self.clock.monotonic() + CLAIM_EVERY_S
        claimed = await self._claim_some(shares=shares)
        if claimed >= CLAIMED_MAX:  # after a start; they then live as long as the process
            with permanent():
                while await self._claim_some(shares=shares) >= CLAIMED_MAX:
                    await self._renew_lease()
            release_memory()  # left over from the rows
        if shares and claimed:
            self._has_shared = True
            self.agenda.claim_due = min(self.agenda.claim_due, self.clock.monotonic() + CLAIM_REST_S)

    async def _claim_some(self, *, shares: bool) -> int:
        try:
            claimed = await self.store.leases.claim(
                self._lease, limit=CLAIMED_MAX, shares=shares, by_card=self.store.is_shared
            )
        except CommitUnknown:
            self.may_hold_more = True
            raise
        guild_ids, waits = dict[int, int](), dict[float | None, float | None]()  # SQLite makes an object for each row
        now = self.clock.monotonic()
        for each in claimed:
            followed = self._followed(each, guild_ids.setdefault(each.guild_id, each.guild_id), now)
            followed.poll_after_s = waits.setdefault(each.poll_after_s, each.poll_after_s)
            if each.state in REMOTE_STATES:  # another process may just have polled it
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
            self._rows.keep(followed)
        return followed

    # ------------------------------------------------------------------ turns

    def _start_due(self) -> None:
        now = self.clock.monotonic()
        for name, lane in self.agenda.lanes.items():
            while (followed := self.agenda.take_due(name, now)) is not None:
                self._hint_pace.begin(followed)
                turn = asyncio.create_task(self._turn(lane, followed, now), name=f"turn-{followed.id}")
                self._turns.add(turn)
                turn.add_done_callback(self._turn_done)

    def _turn_done(self, turn: asyncio.Task[None]) -> None:
        self._turns.discard(turn)
        self.agenda.changed.set()

    async def _turn(self, lane: Lane, followed: Followed, started: float) -> None:
        lane.began(started, self.clock.monotonic())
        is_progress = False
        try:
            wait_s, is_progress = await self._turn_within_limits(followed)
        finally:
            self._turned = self.clock.monotonic()
            lane.done(followed, self._turned, is_progress=is_progress)
        if self._ended_in_step is not None:
            self._ended_in_step.append((followed, wait_s))
        else:
            self._let_rest(followed, wait_s)

    async def _turn_within_limits(self, followed: Followed) -> tuple[float | None, bool]:
        try:
            async with asyncio.timeout(TURN_S):
                if not await self._rows.read(followed, self._lease):
                    log.warning("worker.lost_job", job=followed.id, state=followed.state)
                    return None, True
                job = followed.job
                # In each log line of this task:
                bind_contextvars(job=job.id, guild=job.guild_id, card=job.card_id, trace=job.trace)
                if followed.is_begun and not await self.submitting.confirm(followed):
                    return None, True
                wait_s = await self._take_turn(followed)
                return await self.own_errors.forget(followed, wait_s), True
        except Exception as error:  # noqa: BLE001 - counted and logged there
            return await self.own_errors.note(followed, error), False

    def _let_rest(self, followed: Followed, wait_s: float | None) -> None:
        followed.busy = False
        if not self.agenda.has(followed):
            return
        if wait_s is None or followed.state.ended:
            self.agenda.drop(followed.id)
            return
        if followed.row is not None:
            self._rows.keep(followed)
        wait_s = 0.0 if followed.decided else self._hint_pace.wait_s(followed, wait_s)
        followed.decided = False
        self.agenda.set_due(followed, wait_s)

    async def _take_turn(self, followed: Followed) -> float | None:
        job = followed.job
        if job.state is JobState.READY:
            return await self.delivering.take_turn(followed)
        key = await self.keys.for_job(job)
        if key is None:
            return await self.key_waits.wait(followed)
        followed.blocked_at = None
        early_s = self._soonest_s(followed, 0.0)
        if early_s > ROUNDING_S:  # after an error of the bot, for example
            return early_s
        if rest_s := self.key_waits.rest_s(key, job):
            return await self.key_waits.rest(followed, key, rest_s)
        if job.state is JobState.SUBMITTING:
            return await self.submitting.take_turn(followed, key)
        return await self.polling.take_turn(followed, key)


@dataclass(frozen=True)
class AnsweredCards:
    """Notes that Discord has a card, in one transaction with the first attempts of its jobs that this process sends.

    Those jobs are never claimed: a claim, and the note of the attempt, would be a wait for the disk each.
    """

    store: Store
    worker: Worker
    language_of: Callable[[Card], Awaitable[str]]

    async def note(self, card: Card, jobs: Sequence[Job], *, message_id: int, channel_id: int) -> bool:
        """Note the card's message; return whether all of `jobs` are sent by this process at once."""
        first = await self._first_attempts(jobs) if self.worker.is_running else None
        language = "" if first is None else await self.language_of(card)
        try:
            begun = await self.store.cards.mark_answered(card.guild_id, card.id, message_id, channel_id, first)
        except (CommitUnknown, asyncio.CancelledError):
            self.worker.may_hold_more = self.worker.may_hold_more or first is not None
            raise
        for job in begun:  # nothing is awaited before: what is leased has to be followed
            self._follow(job, language)
        return len(begun) == len(jobs) > 0

    async def _first_attempts(self, jobs: Sequence[Job]) -> FirstAttempts | None:
        """Return the attempts for which the lane has room now: jobs that wait for a turn can still be cancelled."""
        room = self.worker.agenda.lanes[LaneName.SUBMIT].room(jobs[0].guild_id) if jobs else 0
        chosen = [job for job in jobs[:room] if not job.in_doubt and await self.worker.submitting.may_begin(job)]
        if not chosen:
            return None
        return FirstAttempts(job_ids=[job.id for job in chosen], lease=self.worker.lease, key_id=chosen[0].key_id)

    def _follow(self, job: Job, language: str) -> None:
        followed = Followed(job.id, job.guild_id, job.card_id, job.state, due=0.0, active_s=job.active_s)
        followed.job, followed.is_begun, followed.language = job, True, language
        self.worker.agenda.set_due(followed, GATHER_S)
        self.worker.agenda.changed.set()
