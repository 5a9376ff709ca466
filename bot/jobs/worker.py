"""The worker follows every open job to its end. It reaches Discord only through a `Surface`.

It has the jobs that `claims` brings it. When a job is due, one *turn* is taken: `submitting`, `polling` or
`delivering`, by its state, each in a lane of its own (`lanes`). The loop awaits only the store; calls to Discord or
Cannon Studio happen in turns. A failing turn never stops the others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from structlog.contextvars import bind_contextvars

from bot.account.api_keys import ApiKeys
from bot.domain.models import Card, Job, JobState
from bot.errors import StoreError
from bot.jobs.follow.agenda import GATHER_S, Agenda
from bot.jobs.follow.claims import Claims
from bot.jobs.follow.lanes import REMOTE_STATES, Followed, Lane, LaneName
from bot.jobs.turns.delivering import Delivering
from bot.jobs.turns.key_waits import KeyWaits
from bot.jobs.turns.polling import Polling
from bot.jobs.turns.submitting import Submitting
from bot.jobs.turns.transitions import OwnErrors
from bot.runtime.clock import Clock
from bot.runtime.logs import QuietErrors
from bot.runtime.pace import ROUNDING_S
from bot.server.settings import Languages
from bot.store import CommitUnknown, FirstAttempts, Store

log = structlog.get_logger(__name__)

RETRY_S = 1.0
"""Retry interval after database errors."""
HAND_OVER_S = 0.5
"""Interval at which a stopping worker hands over jobs whose turns have ended."""
TURN_S = 3600.0
"""Timeout of a turn, far above what a result's files take: a longer one hangs by a bug."""


@dataclass(kw_only=True)
class Worker:
    """Has jobs claimed, and starts due turns. `maintain` wakes `maintenance`."""

    keys: ApiKeys
    agenda: Agenda
    claims: Claims
    key_waits: KeyWaits
    submitting: Submitting
    polling: Polling
    delivering: Delivering
    own_errors: OwnErrors
    maintain: Callable[[], None]
    clock: Clock
    is_running: bool = field(default=False, init=False)
    """Whether it takes turns by itself."""
    _turns: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _ended_in_step: list[tuple[Followed, float | None]] | None = field(default=None, init=False)
    """During `step`: ended jobs and their waits."""
    _stopping: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._quiet = QuietErrors(self.clock)
        self.beat = self.next_beat = self.clock.monotonic()
        """When the loop last ran, and has to run again; read by other threads."""

    # ------------------------------------------------------------------ signals

    @property
    def followed(self) -> int:
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
        self.agenda.hint(followed)
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
                await self.claims.renew()
                await self.claims.claim()
            except Exception as error:  # noqa: BLE001 - the loop must continue; it is logged there
                self._quiet.note(log, "worker.claim_failed", "", error)
                self.agenda.claim_due = self.claims.due = self.clock.monotonic() + RETRY_S
            self._start_due()
            self.beat = self.clock.monotonic()
            idle_s = self._idle_s(self.beat)
            self.next_beat = self.beat + idle_s
            await self.clock.wait(self.agenda.changed, idle_s)

    async def step(self) -> int:
        """Give each job due now one turn and return how many. For tests: `run` by hand."""
        await self.claims.renew()
        self.agenda.claim_due = 0.0
        await self.claims.claim()
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
        """Start no new turn, hand idle jobs over, let running turns end for up to `grace_s` seconds, drop the rest."""
        self._stopping, self.is_running = True, False
        self.agenda.changed.set()
        until = asyncio.get_running_loop().time() + grace_s
        with contextlib.suppress(StoreError, TimeoutError):  # the rest must be closed all the same
            async with asyncio.timeout_at(until):
                while self._turns:
                    await self.claims.leave()
                    if self._turns:  # else they ended meanwhile
                        await asyncio.wait(self._turns, timeout=HAND_OVER_S)
        late = [*self._turns]
        for turn in late:
            turn.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        self.agenda.clear()
        with contextlib.suppress(StoreError):  # the rest must be closed all the same
            await self.claims.drop()

    def _idle_s(self, now: float) -> float:
        due = [self.agenda.claim_due, self.claims.due]
        next_turn = self.agenda.next_at()
        if next_turn is not None:
            due.append(next_turn)
        return max(0.0, min(due) - now)

    # ------------------------------------------------------------------ turns

    def _start_due(self) -> None:
        now = self.clock.monotonic()
        for name in self.agenda.open:
            lane = self.agenda.lanes[name]
            while (followed := self.agenda.take_due(name, now)) is not None:
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
            lane.done(followed, self.clock.monotonic(), is_progress=is_progress)
        if self._ended_in_step is not None:
            self._ended_in_step.append((followed, wait_s))
        else:
            self._let_rest(followed, wait_s)

    async def _turn_within_limits(self, followed: Followed) -> tuple[float | None, bool]:
        try:
            async with asyncio.timeout(TURN_S):
                if not await self.claims.read(followed):
                    await self.submitting.transitions.lost(followed)
                    return None, True
                job = followed.job
                # In each log line of this task:
                bind_contextvars(job=job.id, guild=job.guild_id, card=job.card_id)
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
            self.claims.rows.keep(followed)
        wait_s = 0.0 if followed.decided else self.agenda.hinted_wait_s(followed, wait_s)
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
    languages: Languages

    async def note(self, card: Card, jobs: Sequence[Job], *, message_id: int, channel_id: int) -> bool:
        """Note the card's message; return whether all of `jobs` are sent by this process at once."""
        first = await self._first_attempts(jobs) if self.worker.is_running else None
        language = "" if first is None else await self.languages.of(card)
        try:
            begun = await self.store.cards.mark_answered(card.guild_id, card.id, message_id, channel_id, first)
        except (CommitUnknown, asyncio.CancelledError):
            self.worker.claims.may_hold_more = self.worker.claims.may_hold_more or first is not None
            raise
        for job in begun:  # nothing is awaited before: what is claimed has to be followed
            self._follow(job, language)
        return len(begun) == len(jobs) > 0

    async def _first_attempts(self, jobs: Sequence[Job]) -> FirstAttempts | None:
        """Return the attempts for which the lane has room now: jobs that wait for a turn can still be cancelled."""
        room = self.worker.agenda.lanes[LaneName.SUBMIT].room(jobs[0].guild_id) if jobs else 0
        chosen = [job for job in jobs[:room] if not job.in_doubt and await self.worker.submitting.may_begin(job)]
        if not chosen:
            return None
        return self.worker.claims.first_attempts(chosen)

    def _follow(self, job: Job, language: str) -> None:
        followed = Followed(job.id, job.guild_id, job.card_id, job.state, due=0.0, active_s=job.active_s)
        followed.job, followed.is_begun, followed.language = job, True, language
        self.worker.agenda.set_due(followed, GATHER_S)
        self.worker.agenda.changed.set()
